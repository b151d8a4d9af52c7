from typing import Literal

RegistrationGenderType0 = Literal["female", "male"]

REGISTRATION_GENDER_TYPE_0_VALUES: set[RegistrationGenderType0] = {
    "female",
    "male",
}


def check_registration_gender_type_0(value: str) -> RegistrationGenderType0:
    if value in REGISTRATION_GENDER_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {REGISTRATION_GENDER_TYPE_0_VALUES!r}")
