from typing import Literal

DayAnswerState = Literal["acknowledged", "filed", "open", "sealed", "sealing"]

DAY_ANSWER_STATE_VALUES: set[DayAnswerState] = {
    "acknowledged",
    "filed",
    "open",
    "sealed",
    "sealing",
}


def check_day_answer_state(value: str) -> DayAnswerState:
    if value in DAY_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DAY_ANSWER_STATE_VALUES!r}")
