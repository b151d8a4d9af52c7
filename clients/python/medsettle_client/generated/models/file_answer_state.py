from typing import Literal

FileAnswerState = Literal["interrupted", "settled", "settling"]

FILE_ANSWER_STATE_VALUES: set[FileAnswerState] = {
    "interrupted",
    "settled",
    "settling",
}


def check_file_answer_state(value: str) -> FileAnswerState:
    if value in FILE_ANSWER_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {FILE_ANSWER_STATE_VALUES!r}")
