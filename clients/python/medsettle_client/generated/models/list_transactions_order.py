from typing import Literal

ListTransactionsOrder = Literal["newest_first", "oldest_first"]

LIST_TRANSACTIONS_ORDER_VALUES: set[ListTransactionsOrder] = {
    "newest_first",
    "oldest_first",
}


def check_list_transactions_order(value: str) -> ListTransactionsOrder:
    if value in LIST_TRANSACTIONS_ORDER_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TRANSACTIONS_ORDER_VALUES!r}")
