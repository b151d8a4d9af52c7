from typing import Literal

DeadLetterState = Literal["discarded", "open", "replayed"]

DEAD_LETTER_STATE_VALUES: set[DeadLetterState] = {
    "discarded",
    "open",
    "replayed",
}


def check_dead_letter_state(value: str) -> DeadLetterState:
    if value in DEAD_LETTER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DEAD_LETTER_STATE_VALUES!r}")
