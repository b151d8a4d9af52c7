from typing import Literal

OpenBreakAnswerState = Literal["checked", "levelled", "new", "void"]

OPEN_BREAK_ANSWER_STATE_VALUES: set[OpenBreakAnswerState] = {
    "checked",
    "levelled",
    "new",
    "void",
}


def check_open_break_answer_state(value: str) -> OpenBreakAnswerState:
    if value in OPEN_BREAK_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {OPEN_BREAK_ANSWER_STATE_VALUES!r}")
