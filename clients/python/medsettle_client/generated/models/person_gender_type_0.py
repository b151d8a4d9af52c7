from typing import Literal

PersonGenderType0 = Literal["female", "male"]

PERSON_GENDER_TYPE_0_VALUES: set[PersonGenderType0] = {
    "female",
    "male",
}


def check_person_gender_type_0(value: str) -> PersonGenderType0:
    if value in PERSON_GENDER_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {PERSON_GENDER_TYPE_0_VALUES!r}")
