from typing import Literal

ListTransactionsStatusType0Item = Literal["declined", "held", "rejected", "reversed", "settled"]

LIST_TRANSACTIONS_STATUS_TYPE_0_ITEM_VALUES: set[ListTransactionsStatusType0Item] = {
    "declined",
    "held",
    "rejected",
    "reversed",
    "settled",
}


def check_list_transactions_status_type_0_item(value: str) -> ListTransactionsStatusType0Item:
    if value in LIST_TRANSACTIONS_STATUS_TYPE_0_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TRANSACTIONS_STATUS_TYPE_0_ITEM_VALUES!r}")
