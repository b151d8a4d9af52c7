from typing import Literal

KeptInsuranceState = Literal["ended", "normal", "suspended"]

KEPT_INSURANCE_STATE_VALUES: set[KeptInsuranceState] = {
    "ended",
    "normal",
    "suspended",
}


def check_kept_insurance_state(value: str) -> KeptInsuranceState:
    if value in KEPT_INSURANCE_STATE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {KEPT_INSURANCE_STATE_VALUES!r}")
