from typing import Literal

NewInsurancePaymentInsurance = Literal["maternity", "medical", "pension", "unemployment", "work_injury"]

NEW_INSURANCE_PAYMENT_INSURANCE_VALUES: set[NewInsurancePaymentInsurance] = {
    "maternity",
    "medical",
    "pension",
    "unemployment",
    "work_injury",
}


def check_new_insurance_payment_insurance(value: str) -> NewInsurancePaymentInsurance:
    if value in NEW_INSURANCE_PAYMENT_INSURANCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {NEW_INSURANCE_PAYMENT_INSURANCE_VALUES!r}")
