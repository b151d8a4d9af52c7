from typing import Literal

MessageKind = Literal[
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

MESSAGE_KIND_VALUES: set[MessageKind] = {
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


def check_message_kind(value: str) -> MessageKind:
    if value in MESSAGE_KIND_VALUES:
        return value
    raise TypeError(f"Unexpected value {value!r}. Expected one of {MESSAGE_KIND_VALUES!r}")
