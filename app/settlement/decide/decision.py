"""What a decision says: the outcome, the movements of money, and what else changes with it. Plain data."""

from datetime import datetime
from functools import cache
from typing import Any, Literal, NamedTuple, TypeAlias

import msgspec

from app.codes import Code
from app.ledger.accounts import Account
from app.settlement.books import Books, Hold, RegisteredInstitution
from app.settlement.messages import MessageKey

Status = Literal["settled", "held", "reversed", "declined", "rejected"]


class Movement(NamedTuple):
    """Fen out of one account and into another. A derived account (institution, fund) stands as its number.

    accumulated: out of, or into, the accumulated part of the personal account on its one side.
    """

    payer: Account | int
    payee: Account | int
    amount: int
    accumulated: bool = False


# What changes beside money.


class Activate(msgspec.Struct, frozen=True, gc=False):
    """The message is the first use of its card."""


class CarryOver(msgspec.Struct, frozen=True, gc=False):
    """The year's end of an account comes without a movement of its own."""

    account: Account


class OpenHold(msgspec.Struct, frozen=True, gc=False):
    account: Account
    amount: int
    expires_at: datetime


class ChangeHold(msgspec.Struct, frozen=True, gc=False):
    """`change` is added to what is held; of the balance it takes nothing."""

    account: Account
    hold: Hold
    change: int
    state: str


class Return(msgspec.Struct, frozen=True, gc=False):
    """`by_part` more fen of an original of `amount` fen went back; below 0 they came again."""

    original: MessageKey
    amount: int
    by_part: tuple[int, ...]
    reverses: bool


class CountAtPharmacy(msgspec.Struct, frozen=True, gc=False):
    """Account money paid at a pharmacy, or given back, counts on the person's day."""

    account: Account
    fen: int
    payments: int


class LayTombstone(msgspec.Struct, frozen=True, gc=False):
    original: MessageKey


Effect: TypeAlias = Activate | CarryOver | OpenHold | ChangeHold | Return | CountAtPharmacy | LayTombstone


class Decision(msgspec.Struct, frozen=True, gc=False):
    """Fen; the parts sum to the amount that was settled, held, refunded or reversed, and are 0 else.

    accumulated_paid: how much of `account_paid` left, or came back to, the accumulated part. tells_balance_of: the
    account whose balance the sender is told; whoever could not pay with this card learns nothing of its holder's.
    particulars: what of the outcome its columns do not hold, under the names of `records`.
    """

    status: Status
    code: Code
    account_paid: int = 0
    accumulated_paid: int = 0
    mutual_aid_paid: int = 0
    debit_paid: int = 0
    cash_due: int = 0
    movements: tuple[Movement, ...] = ()
    effects: tuple[Effect, ...] = ()
    tells_balance_of: Account | None = None
    particulars: dict[str, Any] | None = None


@cache
def declined(code: Code) -> Decision:
    return Decision("declined", code)


def short_of_funds(account: Account) -> Decision:
    return Decision("declined", Code.INSUFFICIENT_FUNDS, tells_balance_of=account)


_REJECTED_UNKNOWN = Decision("rejected", Code.INSTITUTION_UNKNOWN)
_REJECTED_BLOCKED = Decision("rejected", Code.INSTITUTION_BLOCKED)

#: A state of an account that pays nothing.
ACCOUNT_STATE_REFUSALS = {
    "dormant": Code.ACCOUNT_DORMANT,
    "frozen": Code.ACCOUNT_FROZEN,
    "closed": Code.ACCOUNT_CLOSED,
}


def refuse_parties(institution: RegisteredInstitution | None, account: Account | None) -> Decision | None:
    """What every kind that institutions send asks first."""
    if institution is None:
        return _REJECTED_UNKNOWN
    if institution.state != "active":
        return _REJECTED_BLOCKED
    return declined(Code.PERSON_UNKNOWN) if account is None else None


def pay_out_of(account: Account, payee: Account | int, paid: int, books: Books) -> tuple[Movement, ...]:
    """Movements of `paid` fen out of a kept account; of a personal one by its parts, in the region's order."""
    if not paid:
        return ()
    if account.kind != "personal":
        return (Movement(account, payee, paid),)
    accumulated = account.accumulated_in(books.business_day.year)
    accumulated_first = books.rule_of(account).use_accumulated_first
    earlier = min(paid, accumulated) if accumulated_first else max(0, paid - (account.balance - accumulated))
    if not earlier:
        return (Movement(account, payee, paid),)
    if earlier == paid:
        return (Movement(account, payee, paid, True),)
    parts = Movement(account, payee, paid - earlier), Movement(account, payee, earlier, True)
    return parts[::-1] if accumulated_first else parts


def told_of(movements: tuple[Movement, ...], account: Account) -> dict[str, Any]:
    """What the sums of a split do not tell: that the own account's accumulated part went first, and who of a family of
    several gave, or got back, how much."""
    told: dict[str, Any] = {}
    own: list[bool] = []
    aid: dict[int, int] = {}
    for payer, payee, amount, accumulated in movements:
        kept = payee if isinstance(payer, int) else payer
        if kept is account:
            own.append(accumulated)
        elif isinstance(kept, Account) and kept.kind == "personal":
            aid[kept.account_id] = aid.get(kept.account_id, 0) + amount
    if len(own) > 1 and own[0]:
        told["accumulated_first"] = True
    if len(aid) > 1:
        told["mutual_aid"] = list(aid.values())
    return told


def accumulated_of(movements: tuple[Movement, ...], account: Account) -> int:
    """How much of the movements leaves or enters the accumulated part of one account."""
    return sum(each.amount for each in movements if each.accumulated and account in (each.payer, each.payee))
