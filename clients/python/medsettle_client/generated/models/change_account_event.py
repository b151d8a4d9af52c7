from typing import Literal

ChangeAccountEvent = Literal["close", "freeze", "unfreeze"]

CHANGE_ACCOUNT_EVENT_VALUES: set[ChangeAccountEvent] = {
    "close",
    "freeze",
    "unfreeze",
}


def check_change_account_event(value: str) -> ChangeAccountEvent:
    if value in CHANGE_ACCOUNT_EVENT_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {CHANGE_ACCOUNT_EVENT_VALUES!r}")
