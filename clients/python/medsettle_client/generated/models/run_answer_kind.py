from typing import Literal

RunAnswerKind = Literal["details", "totals"]

RUN_ANSWER_KIND_VALUES: set[RunAnswerKind] = {
    "details",
    "totals",
}


def check_run_answer_kind(value: str) -> RunAnswerKind:
    if value in RUN_ANSWER_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RUN_ANSWER_KIND_VALUES!r}")
