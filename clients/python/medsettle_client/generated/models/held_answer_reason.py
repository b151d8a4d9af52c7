from typing import Literal

HeldAnswerReason = Literal["blocked", "negative", "no_account"]

HELD_ANSWER_REASON_VALUES: set[HeldAnswerReason] = {
    "blocked",
    "negative",
    "no_account",
}


def check_held_answer_reason(value: str) -> HeldAnswerReason:
    if value in HELD_ANSWER_REASON_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {HELD_ANSWER_REASON_VALUES!r}")
