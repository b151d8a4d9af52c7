from typing import Literal

BreakAnswerKind = Literal["centre_more", "differs", "institution_more", "not_arrived"]

BREAK_ANSWER_KIND_VALUES: set[BreakAnswerKind] = {
    "centre_more",
    "differs",
    "institution_more",
    "not_arrived",
}


def check_break_answer_kind(value: str) -> BreakAnswerKind:
    if value in BREAK_ANSWER_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {BREAK_ANSWER_KIND_VALUES!r}")
