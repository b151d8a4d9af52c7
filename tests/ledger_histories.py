"""Made histories of accounts in years past, and the rows that they leave in the ledger. Simulated step by step."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction
from itertools import count
from math import floor
from typing import Literal, NamedTuple, TypeAlias

import asyncpg
from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT
from app.ledger.buckets import bucket_of
from app.ledger.posting import Transfer

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

_batches = count(1_000_000)


class Event(NamedTuple):
    """What befalls an account: `in` goes to the current part, `interest` to the other, `out` takes what there is."""

    day: date
    what: Literal["in", "out_current_first", "out_accumulated_first", "interest"]
    amount: int


@dataclass
class History:
    """One account. Fen; `parts` holds (current, accumulated) at the end of each day that something happened on."""

    account_id: int
    person_no: str
    region: str = ""
    state: str = "normal"
    current: int = 0
    accumulated: int = 0
    year: int = 0
    parts: dict[date, tuple[int, int]] = field(default_factory=dict)
    transfers: list[Transfer] = field(default_factory=list)

    def play(self, events: Iterable[Event]) -> None:
        for event in sorted(events, key=lambda event: event.day):
            self._carry_over(event.day)
            if event.what == "in":
                self._move(event.day, event.amount, 0, FUND_ACCOUNT)
            elif event.what == "interest":
                self._move(event.day, 0, event.amount, FUND_ACCOUNT)
            else:
                self._pay(event)
            self.parts[event.day] = (self.current, self.accumulated)

    def _pay(self, event: Event) -> None:
        paid = min(event.amount, self.current + self.accumulated)
        current_first = event.what == "out_current_first"
        current = min(paid, self.current) if current_first else paid - min(paid, self.accumulated)
        self._move(event.day, -current, 0, FUND_ACCOUNT)
        self._move(event.day, 0, current - paid, FUND_ACCOUNT)

    def _carry_over(self, day: date) -> None:
        if self.year < day.year:
            carried = self.current
            self._move(day, -carried, 0, CARRY_OVER_ACCOUNT)
            self._move(day, 0, carried, CARRY_OVER_ACCOUNT)
            self.year = day.year

    def _move(self, day: date, current: int, accumulated: int, other: int) -> None:
        amount = current + accumulated
        if not amount:
            return
        self.current += current
        self.accumulated += accumulated
        entry, balance = len(self.transfers) + 1, self.current + self.accumulated
        bucket = bucket_of(self.person_no)
        self.transfers.append(
            Transfer(next(_batches), self.account_id, other, -amount, balance, None, entry, None, day, 0, 0, bucket,
                     bool(accumulated))
            if amount < 0
            else Transfer(next(_batches), other, self.account_id, amount, None, balance, None, entry, day, 0, 0, bucket,
                          bool(accumulated))
        )  # fmt: skip

    def end_of(self, day: date) -> tuple[int, int]:
        """The parts at the end of a day, as of midnight carried over."""
        last = max((past for past in self.parts if past <= day), default=None)
        if last is None:
            return 0, 0
        current, accumulated = self.parts[last]
        return (current, accumulated) if last.year == day.year else (0, current + accumulated)


class Step(NamedTuple):
    """A rate of one region and part, from a day on."""

    region: str
    part: str
    day: date
    millionths: int


def interest(history: History, steps: Sequence[Step], days: Iterable[date]) -> int:
    """Day by day, with fractions; rounded half up once a part."""
    sums = [Fraction(0), Fraction(0)]
    for day in days:
        for number, (part, fen) in enumerate(zip(("current", "accumulated"), history.end_of(day), strict=True)):
            sums[number] += Fraction(fen * _rate(steps, history.region, part, day), 1_000_000) / 360
    return sum(floor(each + Fraction(1, 2)) for each in sums)


def _rate(steps: Sequence[Step], region: str, part: str, day: date) -> int:
    for where in (region, ""):
        holding = [step for step in steps if (step.region, step.part) == (where, part) and step.day <= day]
        if holding:
            return max(holding, key=lambda step: step.day).millionths
    raise AssertionError("no rate")


async def store(owner: Owner, histories: Sequence[History]) -> None:
    """Write the accounts and their transfers, as their owner may. The partitions of the days must be there."""
    await owner.copy_records_to_table(
        "accounts",
        schema_name="ledger",
        columns=("account_id", "balance", "accumulated", "last_entry", "part_year", "bucket", "kind", "owner", "state",
                 "terms"),
        records=[
            (h.account_id, h.current + h.accumulated, h.accumulated, len(h.transfers), h.year, bucket_of(h.person_no),
             "personal", h.person_no, h.state, h.region)
            for h in histories
        ],
    )  # fmt: skip
    await owner.copy_records_to_table(
        "transfers",
        schema_name="ledger",
        columns=Transfer._fields,
        records=[transfer for history in histories for transfer in history.transfers],
    )
