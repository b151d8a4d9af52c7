from typing import Literal

OutcomeStatus = Literal["conflict", "declined", "held", "rejected", "reversed", "settled"]

OUTCOME_STATUS_VALUES: set[OutcomeStatus] = {
    "conflict",
    "declined",
    "held",
    "rejected",
    "reversed",
    "settled",
}


def check_outcome_status(value: str) -> OutcomeStatus:
    if value in OUTCOME_STATUS_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {OUTCOME_STATUS_VALUES!r}")
