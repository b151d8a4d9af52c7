"""Made histories of accounts over two years, and the interest that they bear, computed in two ways of its own."""

from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate
from math import floor
from random import Random
from typing import NamedTuple

from app.funding.rates import Part
from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT
from app.ledger.buckets import bucket_of
from app.ledger.posting import Transfer

from loadtests.bench.payments import person_no

THIS = datetime.now(UTC).year
LAST = THIS - 1
_YEAR = [date(LAST, 1, 1) + timedelta(days=n) for n in range((date(THIS, 1, 1) - date(LAST, 1, 1)).days)]
# Each day is a partition; so many are enough to have every kind of interval.
BEFORE = date(LAST - 1, 9, 9)
DAYS = [date(LAST, month, day) for month in range(1, 13) for day in (1, 17)] + [date(LAST, 12, 31)]
RATES: dict[Part, dict[date, int]] = {
    "current": {date(LAST, 1, 1): 3_500, date(LAST, 4, 9): 2_000, date(LAST, 10, 1): 1_500},
    "accumulated": {date(LAST, 1, 1): 11_000, date(LAST, 7, 1): 8_500},
}
FIRST_ACCOUNT = 10_000


class Movement(NamedTuple):
    day: date
    current: int
    accumulated: int
    other: int


class Past(NamedTuple):
    """An account's movements; fen at the end of last year."""

    number: int
    movements: list[Movement]
    current: int
    accumulated: int


def past_of(number: int) -> Past:
    """Two to eight movements: money of the year before, contributions of last year, and payments out of both parts."""
    dice = Random(number)
    whole = dice.randrange(1, 900_000)
    movements = [Movement(BEFORE, whole, 0, FUND_ACCOUNT)]
    current = 0
    accumulated = whole
    for day in sorted(dice.sample(DAYS, dice.randrange(0, 4))):
        if len(movements) == 1:
            movements += [Movement(day, -whole, 0, CARRY_OVER_ACCOUNT), Movement(day, 0, whole, CARRY_OVER_ACCOUNT)]
        if dice.random() < 0.5:
            income = dice.randrange(1, 90_000)
            movements.append(Movement(day, income, 0, FUND_ACCOUNT))
            current += income
            continue
        asked = dice.randrange(1, 120_000)
        out, old = min(asked, current), min(asked - min(asked, current), accumulated)
        movements += [Movement(day, -out, 0, FUND_ACCOUNT)] if out else []
        movements += [Movement(day, 0, -old, FUND_ACCOUNT)] if old else []
        current -= out
        accumulated -= old
    return Past(number, movements, current, accumulated)


def rows_of(past: Past) -> Iterator[Transfer]:
    account, bucket = FIRST_ACCOUNT + past.number, bucket_of(person_no(past.number))
    balance = 0
    for entry, (day, current, accumulated, other) in enumerate(past.movements, 1):
        amount = current + accumulated
        balance += amount
        place = (day, 0, entry, bucket, accumulated != 0)
        if amount > 0:
            yield Transfer(account, other, account, amount, None, balance, None, entry, *place)
        else:
            yield Transfer(account, account, other, -amount, balance, None, entry, None, *place)


# Expected


def _rate(part: Part, day: date) -> int:
    steps = RATES[part]
    return steps[max(step for step in steps if step <= day)]


_SUMS = {part: [0, *accumulate(_rate(part, day) for day in _YEAR)] for part in RATES}


def interest_of(past: Past) -> int:
    """From movement to movement, each balance times the sum of the rates between."""
    balances: dict[Part, int] = {"current": 0, "accumulated": past.movements[0].current}
    sums: dict[Part, int] = {"current": 0, "accumulated": 0}
    since = 0
    for day, current, accumulated, other in past.movements[1:]:
        if other == CARRY_OVER_ACCOUNT:
            continue
        until = (day - _YEAR[0]).days
        for part, fen in balances.items():
            sums[part] += fen * (_SUMS[part][until] - _SUMS[part][since])
        since = until
        balances["current"] += current
        balances["accumulated"] += accumulated
    for part, fen in balances.items():
        sums[part] += fen * (_SUMS[part][-1] - _SUMS[part][since])
    return sum((2 * each + 360_000_000) // 720_000_000 for each in sums.values())


def interest_day_by_day(past: Past) -> int:
    moves = [movement for movement in past.movements[1:] if movement.other != CARRY_OVER_ACCOUNT]
    current, accumulated = Fraction(0), Fraction(0)
    for day in _YEAR:
        done = moves[: bisect_right(moves, day, key=lambda movement: movement.day)]
        current += Fraction(sum(m.current for m in done) * _rate("current", day), 360_000_000)
        accumulated += Fraction(
            (past.movements[0].current + sum(m.accumulated for m in done)) * _rate("accumulated", day), 360_000_000
        )
    return floor(current + Fraction(1, 2)) + floor(accumulated + Fraction(1, 2))
