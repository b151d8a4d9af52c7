from typing import Literal

DeadLetterActAct = Literal["discarded", "replayed"]

DEAD_LETTER_ACT_ACT_VALUES: set[DeadLetterActAct] = {
    "discarded",
    "replayed",
}


def check_dead_letter_act_act(value: str) -> DeadLetterActAct:
    if value in DEAD_LETTER_ACT_ACT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DEAD_LETTER_ACT_ACT_VALUES!r}")
