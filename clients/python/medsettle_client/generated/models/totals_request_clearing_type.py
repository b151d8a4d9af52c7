from typing import Literal

TotalsRequestClearingType = Literal["", "11", "21", "41", "99"]

TOTALS_REQUEST_CLEARING_TYPE_VALUES: set[TotalsRequestClearingType] = {
    "",
    "11",
    "21",
    "41",
    "99",
}


def check_totals_request_clearing_type(value: str) -> TotalsRequestClearingType:
    if value in TOTALS_REQUEST_CLEARING_TYPE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {TOTALS_REQUEST_CLEARING_TYPE_VALUES!r}")
