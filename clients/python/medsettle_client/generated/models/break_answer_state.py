from typing import Literal

BreakAnswerState = Literal["checked", "levelled", "new", "void"]

BREAK_ANSWER_STATE_VALUES: set[BreakAnswerState] = {
    "checked",
    "levelled",
    "new",
    "void",
}


def check_break_answer_state(value: str) -> BreakAnswerState:
    if value in BREAK_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BREAK_ANSWER_STATE_VALUES!r}")
