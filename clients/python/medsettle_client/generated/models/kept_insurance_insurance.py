from typing import Literal

KeptInsuranceInsurance = Literal["maternity", "medical", "pension", "unemployment", "work_injury"]

KEPT_INSURANCE_INSURANCE_VALUES: set[KeptInsuranceInsurance] = {
    "maternity",
    "medical",
    "pension",
    "unemployment",
    "work_injury",
}


def check_kept_insurance_insurance(value: str) -> KeptInsuranceInsurance:
    if value in KEPT_INSURANCE_INSURANCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {KEPT_INSURANCE_INSURANCE_VALUES!r}")
