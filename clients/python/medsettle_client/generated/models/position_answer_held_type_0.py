from typing import Literal

PositionAnswerHeldType0 = Literal["blocked", "negative", "no_account"]

POSITION_ANSWER_HELD_TYPE_0_VALUES: set[PositionAnswerHeldType0] = {
    "blocked",
    "negative",
    "no_account",
}


def check_position_answer_held_type_0(value: str) -> PositionAnswerHeldType0:
    if value in POSITION_ANSWER_HELD_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {POSITION_ANSWER_HELD_TYPE_0_VALUES!r}")
