from typing import Literal

NewWorkInjuryKind = Literal["injury", "occupational_disease"]

NEW_WORK_INJURY_KIND_VALUES: set[NewWorkInjuryKind] = {
    "injury",
    "occupational_disease",
}


def check_new_work_injury_kind(value: str) -> NewWorkInjuryKind:
    if value in NEW_WORK_INJURY_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_WORK_INJURY_KIND_VALUES!r}")
