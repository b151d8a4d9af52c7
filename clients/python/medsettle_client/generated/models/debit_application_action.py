from typing import Literal

DebitApplicationAction = Literal["close", "switch_off", "switch_on"]

DEBIT_APPLICATION_ACTION_VALUES: set[DebitApplicationAction] = {
    "close",
    "switch_off",
    "switch_on",
}


def check_debit_application_action(value: str) -> DebitApplicationAction:
    if value in DEBIT_APPLICATION_ACTION_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {DEBIT_APPLICATION_ACTION_VALUES!r}")
