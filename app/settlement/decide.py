"""What a message comes to, given what the ledger and the registers say at this moment. Pure: no I/O, no clock.

The statuses in precedence: a rejection (the institution may not settle), a decline (the person, card or account
may not pay), else settled. All three are recorded and final.
"""

from datetime import date
from typing import Literal

import msgspec

from app.codes import Code
from app.ledger.accounts import Account
from app.settlement.messages import Card, Message

Status = Literal["settled", "declined", "rejected"]


class Registered(msgspec.Struct, frozen=True, gc=False):
    """What the registers hold for one message; None where they hold nothing under the number that it gave."""

    card_person_no: str | None
    card_sn: str | None
    card_state: str | None
    card_valid_to: date | None
    institution_state: str | None
    institution_account: int | None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Fen. For a settled payment the four parts sum to its amount; else they are all 0."""

    status: Status
    code: Code
    account_paid: int = 0
    mutual_aid_paid: int = 0
    debit_paid: int = 0
    cash_due: int = 0


def decide(message: Message, account: Account | None, registered: Registered, today: date) -> Decision:
    """Decide one message. The account, None for an unknown person, is as its predecessors in the batch leave it."""
    if message.kind == "contribution":
        return _contribution(account)
    return _payment(message, account, registered, today)


def _payment(message: Message, account: Account | None, registered: Registered, today: date) -> Decision:
    if registered.institution_state != "active":
        unknown = registered.institution_state is None
        return Decision("rejected", Code.INSTITUTION_UNKNOWN if unknown else Code.INSTITUTION_BLOCKED)
    if account is None:
        return Decision("declined", Code.PERSON_UNKNOWN)
    if message.card is not None and message.card.cert_type == "03":
        refusal = _card_refusal(message.card, message.person_no, registered, today)
        if refusal is not None:
            return Decision("declined", refusal)
    if account.state != "normal":
        frozen = account.state == "frozen"
        return Decision("declined", Code.ACCOUNT_FROZEN if frozen else Code.ACCOUNT_CLOSED)
    paid = min(account.available, message.amount)
    if paid < message.amount and message.short_balance == "decline":
        return Decision("declined", Code.INSUFFICIENT_FUNDS)
    return Decision("settled", Code.OK, paid, 0, 0, message.amount - paid)


_CARD_STATE_REFUSALS = {
    "issued": Code.CARD_NOT_ACTIVE,
    "temp_lost": Code.CARD_LOST,
    "lost": Code.CARD_LOST,
    "pin_locked": Code.CARD_PIN_LOCKED,
    "replaced": Code.CARD_REPLACED,
    "cancelled": Code.CARD_CANCELLED,
    "expired": Code.CARD_EXPIRED,
}


def _card_refusal(card: Card, person_no: str, registered: Registered, today: date) -> Code | None:
    if registered.card_state is None:
        return Code.CARD_UNKNOWN
    if registered.card_person_no != person_no:
        return Code.CARD_OF_ANOTHER_PERSON
    if card.card_sn is not None and card.card_sn != registered.card_sn:
        return Code.CARD_SN_MISMATCH
    if registered.card_state != "active":
        return _CARD_STATE_REFUSALS[registered.card_state]
    if registered.card_valid_to is not None and registered.card_valid_to < today:
        return Code.CARD_EXPIRED
    return None


def _contribution(account: Account | None) -> Decision:
    """Money in is booked to a frozen account too; only a closed one takes none."""
    if account is None:
        return Decision("declined", Code.PERSON_UNKNOWN)
    if account.state == "closed":
        return Decision("declined", Code.ACCOUNT_CLOSED)
    return Decision("settled", Code.OK)
