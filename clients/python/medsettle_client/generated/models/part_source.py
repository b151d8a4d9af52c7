from typing import Literal

PartSource = Literal["account", "cash", "debit", "mutual_aid"]

PART_SOURCE_VALUES: set[PartSource] = {
    "account",
    "cash",
    "debit",
    "mutual_aid",
}


def check_part_source(value: str) -> PartSource:
    if value in PART_SOURCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PART_SOURCE_VALUES!r}")
