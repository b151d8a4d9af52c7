from typing import Literal

IssueKind = Literal["medical", "social_security"]

ISSUE_KIND_VALUES: set[IssueKind] = {
    "medical",
    "social_security",
}


def check_issue_kind(value: str) -> IssueKind:
    if value in ISSUE_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {ISSUE_KIND_VALUES!r}")
