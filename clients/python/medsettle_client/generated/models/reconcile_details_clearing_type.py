from typing import Literal

ReconcileDetailsClearingType = Literal["", "11", "21", "41", "99"]

RECONCILE_DETAILS_CLEARING_TYPE_VALUES: set[ReconcileDetailsClearingType] = {
    "",
    "11",
    "21",
    "41",
    "99",
}


def check_reconcile_details_clearing_type(value: str) -> ReconcileDetailsClearingType:
    if value in RECONCILE_DETAILS_CLEARING_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {RECONCILE_DETAILS_CLEARING_TYPE_VALUES!r}")
