from typing import Literal

InsurancePaymentInsurance = Literal["maternity", "medical", "pension", "unemployment", "work_injury"]

INSURANCE_PAYMENT_INSURANCE_VALUES: set[InsurancePaymentInsurance] = {
    "maternity",
    "medical",
    "pension",
    "unemployment",
    "work_injury",
}


def check_insurance_payment_insurance(value: str) -> InsurancePaymentInsurance:
    if value in INSURANCE_PAYMENT_INSURANCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {INSURANCE_PAYMENT_INSURANCE_VALUES!r}")
