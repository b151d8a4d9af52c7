from typing import Literal

MessageShortBalance = Literal["decline", "split"]

MESSAGE_SHORT_BALANCE_VALUES: set[MessageShortBalance] = {
    "decline",
    "split",
}


def check_message_short_balance(value: str) -> MessageShortBalance:
    if value in MESSAGE_SHORT_BALANCE_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MESSAGE_SHORT_BALANCE_VALUES!r}")
