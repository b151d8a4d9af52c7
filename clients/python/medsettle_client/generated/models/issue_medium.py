from typing import Literal

IssueMedium = Literal["chip_and_stripe", "contact", "dual_interface"]

ISSUE_MEDIUM_VALUES: set[IssueMedium] = {
    "chip_and_stripe",
    "contact",
    "dual_interface",
}


def check_issue_medium(value: str) -> IssueMedium:
    if value in ISSUE_MEDIUM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ISSUE_MEDIUM_VALUES!r}")
