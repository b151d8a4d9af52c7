from typing import Literal

AdjustmentAnswerState = Literal["approved", "proposed", "rejected"]

ADJUSTMENT_ANSWER_STATE_VALUES: set[AdjustmentAnswerState] = {
    "approved",
    "proposed",
    "rejected",
}


def check_adjustment_answer_state(value: str) -> AdjustmentAnswerState:
    if value in ADJUSTMENT_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ADJUSTMENT_ANSWER_STATE_VALUES!r}")
