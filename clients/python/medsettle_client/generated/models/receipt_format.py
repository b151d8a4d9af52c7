from typing import Literal

ReceiptFormat = Literal["medsettle receipt"]

RECEIPT_FORMAT_VALUES: set[ReceiptFormat] = {
    "medsettle receipt",
}


def check_receipt_format(value: str) -> ReceiptFormat:
    if value in RECEIPT_FORMAT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RECEIPT_FORMAT_VALUES!r}")
