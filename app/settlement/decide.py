"""What a message comes to, given what the ledger and the registers say at this moment. Pure: no I/O, no clock.

The statuses in precedence: a rejection (the institution may not settle), a decline (the person, card or account
may not), else settled. All three are recorded and final.
"""

from datetime import date
from typing import Literal

import msgspec

from app.codes import Code
from app.ledger.accounts import Account
from app.parties.card_check import RegisteredCard, card_refusal
from app.settlement.messages import Message
from app.settlement.rules import RegionRule

Status = Literal["settled", "declined", "rejected"]


class RegisteredInstitution(msgspec.Struct, frozen=True, gc=False):
    account_id: int
    kind: str
    state: str


class Registered(msgspec.Struct, frozen=True, gc=False):
    """What the registers hold of a message; None where they hold nothing under the number that it gave."""

    institution: RegisteredInstitution | None
    card: RegisteredCard | None = None
    old_card: RegisteredCard | None = None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Fen. For a settled payment the four parts sum to its amount; else they are all 0.

    `accumulated_paid` is how much of `account_paid` comes out of the account's accumulated part.
    """

    status: Status
    code: Code
    account_paid: int = 0
    accumulated_paid: int = 0
    mutual_aid_paid: int = 0
    debit_paid: int = 0
    cash_due: int = 0
    activates_card: bool = False


_SETTLED = Decision("settled", Code.OK)


def decide(
    message: Message, account: Account | None, registered: Registered, rule: RegionRule, today: date
) -> Decision:
    """Decide one message. The account, None for an unknown person, is as its predecessors in the batch leave it."""
    if message.kind == "payment":
        return _payment(message, account, registered, rule, today)
    if message.kind == "registration":
        return _registration(message, account, registered, today)
    return _of_agency(message, account, rule, today)


def _payment(
    message: Message, account: Account | None, registered: Registered, rule: RegionRule, today: date
) -> Decision:
    institution = registered.institution
    if institution is None:
        return Decision("rejected", Code.INSTITUTION_UNKNOWN)
    if institution.state != "active":
        return Decision("rejected", Code.INSTITUTION_BLOCKED)
    if account is None:
        return Decision("declined", Code.PERSON_UNKNOWN)
    activates = False
    if message.card is not None and message.card.cert_type == "03":
        card = registered.card
        activates = card is not None and card.state == "issued" and _brings_first_use(message)
        refusal = card_refusal(card, message.person_no, message.card.card_sn, today, activates=activates)
        if refusal is None and activates:
            refusal = _first_use_refusal(message, institution, registered.old_card, today)
        if refusal is not None:
            return Decision("declined", refusal)
    if account.state != "normal" and not (activates and account.state == "dormant"):
        return Decision("declined", _ACCOUNT_STATE_REFUSALS[account.state])
    paid = min(account.available, message.amount)
    if paid < message.amount and message.short_balance == "decline":
        return Decision("declined", Code.INSUFFICIENT_FUNDS)
    accumulated = _out_of_accumulated(account, paid, rule, today)
    return Decision("settled", Code.OK, paid, accumulated, 0, 0, message.amount - paid, activates)


_ACCOUNT_STATE_REFUSALS = {
    "dormant": Code.ACCOUNT_DORMANT,
    "frozen": Code.ACCOUNT_FROZEN,
    "closed": Code.ACCOUNT_CLOSED,
}


def _out_of_accumulated(account: Account, paid: int, rule: RegionRule, today: date) -> int:
    """How much of `paid` the accumulated part bears, by the region's order; the current part bears the rest."""
    accumulated = account.accumulated_in(today.year)
    if rule.use_accumulated_first:
        return min(paid, accumulated)
    return max(0, paid - (account.balance - accumulated))


# First use of a card, the two channels in which a message activates it (the founding text's second and third way): a
# registration at a hospital, or at a pharmacy the old medical card first and then the new card of the same person.


def _registration(message: Message, account: Account | None, registered: Registered, today: date) -> Decision:
    """A registration moves no money. With a card that is active, or with no card, there is nothing to activate."""
    institution, card = registered.institution, registered.card
    if institution is None:
        return Decision("rejected", Code.INSTITUTION_UNKNOWN)
    if institution.state != "active":
        return Decision("rejected", Code.INSTITUTION_BLOCKED)
    if account is None:
        return Decision("declined", Code.PERSON_UNKNOWN)
    if account.state == "closed":
        return Decision("declined", Code.ACCOUNT_CLOSED)
    activates = False
    if message.card is not None and message.card.cert_type == "03":
        activates = card is not None and card.state == "issued"
        refusal = card_refusal(card, message.person_no, message.card.card_sn, today, activates=activates)
        if refusal is not None:
            return Decision("declined", refusal)
    refusal = _first_use_refusal(message, institution, registered.old_card if activates else None, today, activates)
    if refusal is not None:
        return Decision("declined", refusal)
    return Decision("settled", Code.OK, activates_card=activates)


def _brings_first_use(message: Message) -> bool:
    return message.visit is not None or message.old_card is not None


def _first_use_refusal(
    message: Message,
    institution: RegisteredInstitution,
    old_card: RegisteredCard | None,
    today: date,
    activates: bool = True,
) -> Code | None:
    if institution.kind == "hospital":
        return Code.OLD_CARD_AT_HOSPITAL if message.visit is None else None
    if message.old_card is None:
        return Code.REGISTRATION_AT_PHARMACY
    if not activates:
        return None
    if old_card is None:
        return Code.OLD_CARD_UNKNOWN
    if old_card.person_no != message.person_no:
        return Code.OLD_CARD_OF_ANOTHER_PERSON
    is_usable = old_card.kind == "medical" and old_card.state == "active" and old_card.valid_to >= today
    return None if is_usable else Code.OLD_CARD_NOT_USABLE


# Money that the agency moves. It comes in to a frozen account too, and is taken back from one; a closed one is closed.


def _of_agency(message: Message, account: Account | None, rule: RegionRule, today: date) -> Decision:
    if account is None:
        return Decision("declined", Code.PERSON_UNKNOWN)
    if account.state == "closed":
        return Decision("declined", Code.ACCOUNT_CLOSED)
    if not is_debit(message):
        return _SETTLED
    paid = min(account.available, message.amount)
    if paid < message.amount:
        return Decision("declined", Code.INSUFFICIENT_FUNDS)
    return Decision("settled", Code.OK, paid, _out_of_accumulated(account, paid, rule, today))


def is_debit(message: Message) -> bool:
    """Whether a settled message of the agency takes money out of the account."""
    return message.kind == "claw_back" or message.direction == "debit"
