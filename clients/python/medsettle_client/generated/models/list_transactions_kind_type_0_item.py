from typing import Literal

ListTransactionsKindType0Item = Literal[
    "adjustment",
    "authorization",
    "capture",
    "carry_over",
    "claw_back",
    "contribution",
    "deposit",
    "interest",
    "payment",
    "purchase",
    "refund",
    "registration",
    "retiree_credit",
    "reversal",
    "transfer",
    "void",
    "withdrawal",
]

LIST_TRANSACTIONS_KIND_TYPE_0_ITEM_VALUES: set[ListTransactionsKindType0Item] = {
    "adjustment",
    "authorization",
    "capture",
    "carry_over",
    "claw_back",
    "contribution",
    "deposit",
    "interest",
    "payment",
    "purchase",
    "refund",
    "registration",
    "retiree_credit",
    "reversal",
    "transfer",
    "void",
    "withdrawal",
}


def check_list_transactions_kind_type_0_item(value: str) -> ListTransactionsKindType0Item:
    if value in LIST_TRANSACTIONS_KIND_TYPE_0_ITEM_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {LIST_TRANSACTIONS_KIND_TYPE_0_ITEM_VALUES!r}")
