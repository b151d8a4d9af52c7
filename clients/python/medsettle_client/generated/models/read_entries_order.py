from typing import Literal

ReadEntriesOrder = Literal["newest_first", "oldest_first"]

READ_ENTRIES_ORDER_VALUES: set[ReadEntriesOrder] = {
    "newest_first",
    "oldest_first",
}


def check_read_entries_order(value: str) -> ReadEntriesOrder:
    if value in READ_ENTRIES_ORDER_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {READ_ENTRIES_ORDER_VALUES!r}")
