from typing import Literal

SetInsuranceInsurance = Literal["maternity", "medical", "pension", "unemployment", "work_injury"]

SET_INSURANCE_INSURANCE_VALUES: set[SetInsuranceInsurance] = {
    "maternity",
    "medical",
    "pension",
    "unemployment",
    "work_injury",
}


def check_set_insurance_insurance(value: str) -> SetInsuranceInsurance:
    if value in SET_INSURANCE_INSURANCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {SET_INSURANCE_INSURANCE_VALUES!r}")
