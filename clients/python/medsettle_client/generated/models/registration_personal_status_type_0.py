from typing import Literal

RegistrationPersonalStatusType0 = Literal["employed", "retired", "unemployed"]

REGISTRATION_PERSONAL_STATUS_TYPE_0_VALUES: set[RegistrationPersonalStatusType0] = {
    "employed",
    "retired",
    "unemployed",
}


def check_registration_personal_status_type_0(value: str) -> RegistrationPersonalStatusType0:
    if value in REGISTRATION_PERSONAL_STATUS_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REGISTRATION_PERSONAL_STATUS_TYPE_0_VALUES!r}")
