from typing import Literal

PersonPersonalStatusType0 = Literal["employed", "retired", "unemployed"]

PERSON_PERSONAL_STATUS_TYPE_0_VALUES: set[PersonPersonalStatusType0] = {
    "employed",
    "retired",
    "unemployed",
}


def check_person_personal_status_type_0(value: str) -> PersonPersonalStatusType0:
    if value in PERSON_PERSONAL_STATUS_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PERSON_PERSONAL_STATUS_TYPE_0_VALUES!r}")
