from typing import Literal

WorkInjuryKind = Literal["injury", "occupational_disease"]

WORK_INJURY_KIND_VALUES: set[WorkInjuryKind] = {
    "injury",
    "occupational_disease",
}


def check_work_injury_kind(value: str) -> WorkInjuryKind:
    if value in WORK_INJURY_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {WORK_INJURY_KIND_VALUES!r}")
