from typing import Literal

MessageDirectionType0 = Literal["credit", "debit"]

MESSAGE_DIRECTION_TYPE_0_VALUES: set[MessageDirectionType0] = {
    "credit",
    "debit",
}


def check_message_direction_type_0(value: str) -> MessageDirectionType0:
    if value in MESSAGE_DIRECTION_TYPE_0_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MESSAGE_DIRECTION_TYPE_0_VALUES!r}")
