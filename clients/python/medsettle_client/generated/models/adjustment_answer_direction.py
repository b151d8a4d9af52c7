from typing import Literal

AdjustmentAnswerDirection = Literal["credit", "debit"]

ADJUSTMENT_ANSWER_DIRECTION_VALUES: set[AdjustmentAnswerDirection] = {
    "credit",
    "debit",
}


def check_adjustment_answer_direction(value: str) -> AdjustmentAnswerDirection:
    if value in ADJUSTMENT_ANSWER_DIRECTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ADJUSTMENT_ANSWER_DIRECTION_VALUES!r}")
