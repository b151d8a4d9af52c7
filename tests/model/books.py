"""What the model knows: rules of a region, accounts with their holds, cards, persons, and what was settled."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, TypeAlias

Message: TypeAlias = dict[str, Any]
Outcome: TypeAlias = dict[str, Any]

ACCOUNT, FAMILY, DEBIT, CASH = SOURCES = ("account_paid", "mutual_aid_paid", "debit_paid", "cash_due")


@dataclass(frozen=True)
class Rule:
    """What a region lays down."""

    use_accumulated_first: bool = False
    med_types: tuple[str, ...] | None = None
    pharmacy_daily_fen: int | None = None
    pharmacy_daily_payments: int | None = None
    suspended_may_spend: bool = True
    mutual_aid: bool = True
    partial_refunds: bool = True
    refund_days: int | None = None

    @property
    def caps_pharmacies(self) -> bool:
        return self.pharmacy_daily_fen is not None or self.pharmacy_daily_payments is not None


@dataclass
class Hold:
    held: int
    expires_at: datetime
    state: str = "open"

    def is_open(self, now: datetime) -> bool:
        return self.state == "open" and now < self.expires_at


@dataclass
class Account:
    """A person's own account in its two parts, a debit account (all of it current), an institution's or the fund's."""

    owner: str
    is_kept: bool = True
    state: str = "normal"
    current: int = 0
    accumulated: int = 0
    entries: int = 0
    holds: list[Hold] = field(default_factory=list)

    @property
    def balance(self) -> int:
        return self.current + self.accumulated

    def held(self, now: datetime) -> int:
        return sum(hold.held for hold in self.holds if hold.is_open(now))

    def available(self, now: datetime) -> int:
        return self.balance - self.held(now)


@dataclass
class Card:
    person_no: str
    card_sn: str
    debit: Account
    state: str = "active"
    application: str = "on"


@dataclass
class Person:
    own: Account
    granters: list["Person"] = field(default_factory=list)
    is_suspended: bool = False


@dataclass
class Institution:
    account: Account
    kind: str
    state: str = "active"


@dataclass
class Leg:
    """One movement of a settlement and how much of it went back. Cash moves between no accounts."""

    source: str
    amount: int
    payer: Account | None = None
    payee: Account | None = None
    is_accumulated: bool = False
    undoes: "Leg | None" = None
    returned: int = 0

    @property
    def left(self) -> int:
        return self.amount - self.returned


@dataclass
class Settlement:
    """A message at a moment of the ledger's clock, and what it came to."""

    message: Message
    now: datetime
    outcome: Outcome = field(default_factory=dict)
    legs: list[Leg] = field(default_factory=list)
    hold: Hold | None = None
    refunds: "Settlement | None" = None
    is_reversed: bool = False

    @property
    def day(self) -> date:
        return business_day(self.now)

    @property
    def account_money(self) -> int:
        return sum(leg.amount for leg in self.legs if leg.source in (ACCOUNT, FAMILY))


@dataclass
class PharmacyDay:
    paid: int = 0
    payments: int = 0


def business_day(moment: datetime) -> date:
    """In Asia/Shanghai, with midnight as its cut-off."""
    return (moment + timedelta(hours=8)).date()
