from typing import Literal

ReceiptVersion = Literal[1]

RECEIPT_VERSION_VALUES: set[ReceiptVersion] = {
    1,
}


def check_receipt_version(value: int) -> ReceiptVersion:
    if value in RECEIPT_VERSION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RECEIPT_VERSION_VALUES!r}")
