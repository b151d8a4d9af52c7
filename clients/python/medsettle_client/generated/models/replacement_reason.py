from typing import Literal

ReplacementReason = Literal["damage", "loss", "new_generation", "same_generation"]

REPLACEMENT_REASON_VALUES: set[ReplacementReason] = {
    "damage",
    "loss",
    "new_generation",
    "same_generation",
}


def check_replacement_reason(value: str) -> ReplacementReason:
    if value in REPLACEMENT_REASON_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REPLACEMENT_REASON_VALUES!r}")
