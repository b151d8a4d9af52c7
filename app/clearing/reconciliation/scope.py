"""What is compared, the sums of it, and how two sums differ. Pure; amounts in fen."""

from dataclasses import dataclass
from datetime import date
from typing import NamedTuple

from app.codes import Code
from app.errors import Refused

#: Business days of one run at most: a month.
DAYS_MAX = 31
_YEARS = range(2000, 3000)


@dataclass(frozen=True, slots=True)
class Scope:
    """Settlements of an institution, by business day. Office, insurance and clearing type are empty for every one.

    Without refunds only payments and captures count; with them also what gives money back, below zero.
    account_includes_mutual_aid: whether the institution has family money in its account_pay, or tells it apart.
    Raises Refused where the days are no range or too many.
    """

    institution: str
    first_day: date
    last_day: date
    settlement_office: str = ""
    insurance_type: str = ""
    clearing_type: str = ""
    includes_refunds: bool = True
    account_includes_mutual_aid: bool = True

    def __post_init__(self) -> None:
        if self.first_day.year not in _YEARS or self.last_day.year not in _YEARS:
            raise Refused(Code.INVALID_FIELD, f"The years are {_YEARS[0]} to {_YEARS[-1]}.")
        if not 0 <= (self.last_day - self.first_day).days < DAYS_MAX:
            raise Refused(Code.INVALID_FIELD, f"The last day is the first or one of the {DAYS_MAX - 1} behind it.")


class Sums(NamedTuple):
    """Net. medfee = fund_pay + account_pay + cash, and family money where the scope has it apart from account_pay.

    settlements: how many pay, less those that give back.
    """

    medfee: int
    fund_pay: int
    account_pay: int
    cash: int
    settlements: int


class Stated(NamedTuple):
    """What the institution says; None is not compared."""

    medfee: int | None = None
    fund_pay: int | None = None
    account_pay: int | None = None
    cash: int | None = None
    settlements: int | None = None


class Difference(NamedTuple):
    field: str
    stated: int
    ours: int

    @property
    def more_here(self) -> int:
        """How much the ledger has more than the institution; below zero: less."""
        return self.ours - self.stated


def differences(stated: Stated, ours: Sums) -> tuple[Difference, ...]:
    return tuple(
        Difference(field, said, had)
        for field, said, had in zip(Sums._fields, stated, ours, strict=True)
        if said is not None and said != had
    )


def described(found: tuple[Difference, ...]) -> str:
    """One sentence, in yuan; empty where nothing differs."""
    return "; ".join(
        f"{each.field}: {_text(each.field, each.stated)} here {_text(each.field, each.ours)},"
        f" {_text(each.field, abs(each.more_here))} {'more' if each.more_here > 0 else 'less'}"
        for each in found
    )


def _text(field: str, number: int) -> str:
    return str(number) if field == "settlements" else yuan(number)


def yuan(fen: int) -> str:
    """N16,2 as the files of the interface write it."""
    return f"{'-' if fen < 0 else ''}{abs(fen) // 100}.{abs(fen) % 100:02}"
