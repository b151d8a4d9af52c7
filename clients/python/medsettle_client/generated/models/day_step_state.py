from typing import Literal

DayStepState = Literal["acknowledged", "filed", "open", "sealed", "sealing"]

DAY_STEP_STATE_VALUES: set[DayStepState] = {
    "acknowledged",
    "filed",
    "open",
    "sealed",
    "sealing",
}


def check_day_step_state(value: str) -> DayStepState:
    if value in DAY_STEP_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DAY_STEP_STATE_VALUES!r}")
