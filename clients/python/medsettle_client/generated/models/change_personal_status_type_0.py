from typing import Literal

ChangePersonalStatusType0 = Literal["employed", "retired", "unemployed"]

CHANGE_PERSONAL_STATUS_TYPE_0_VALUES: set[ChangePersonalStatusType0] = {
    "employed",
    "retired",
    "unemployed",
}


def check_change_personal_status_type_0(value: str) -> ChangePersonalStatusType0:
    if value in CHANGE_PERSONAL_STATUS_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHANGE_PERSONAL_STATUS_TYPE_0_VALUES!r}")
