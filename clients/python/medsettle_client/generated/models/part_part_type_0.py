from typing import Literal

PartPartType0 = Literal["accumulated", "current"]

PART_PART_TYPE_0_VALUES: set[PartPartType0] = {
    "accumulated",
    "current",
}


def check_part_part_type_0(value: str) -> PartPartType0:
    if value in PART_PART_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PART_PART_TYPE_0_VALUES!r}")
