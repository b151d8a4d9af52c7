from typing import Literal

OpenBreakAnswerKind = Literal["centre_more", "differs", "institution_more", "not_arrived"]

OPEN_BREAK_ANSWER_KIND_VALUES: set[OpenBreakAnswerKind] = {
    "centre_more",
    "differs",
    "institution_more",
    "not_arrived",
}


def check_open_break_answer_kind(value: str) -> OpenBreakAnswerKind:
    if value in OPEN_BREAK_ANSWER_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {OPEN_BREAK_ANSWER_KIND_VALUES!r}")
