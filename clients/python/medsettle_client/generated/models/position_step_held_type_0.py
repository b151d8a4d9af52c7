from typing import Literal

PositionStepHeldType0 = Literal["blocked", "negative", "no_account"]

POSITION_STEP_HELD_TYPE_0_VALUES: set[PositionStepHeldType0] = {
    "blocked",
    "negative",
    "no_account",
}


def check_position_step_held_type_0(value: str) -> PositionStepHeldType0:
    if value in POSITION_STEP_HELD_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {POSITION_STEP_HELD_TYPE_0_VALUES!r}")
