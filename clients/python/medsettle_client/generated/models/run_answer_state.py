from typing import Literal

RunAnswerState = Literal["failed", "ok", "void", "waiting"]

RUN_ANSWER_STATE_VALUES: set[RunAnswerState] = {
    "failed",
    "ok",
    "void",
    "waiting",
}


def check_run_answer_state(value: str) -> RunAnswerState:
    if value in RUN_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RUN_ANSWER_STATE_VALUES!r}")
