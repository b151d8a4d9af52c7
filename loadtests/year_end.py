"""Carry-over and interest on embedded servers: accounts a second, memory, and every account against its own sum.

`python -m loadtests.year_end [--accounts 1000000] [--kill]`. With --kill each command is first killed by SIGKILL in the
middle, and what is measured is the run that goes on. The expected interest goes from movement to movement in whole
numbers, and for every thousandth account from day to day in fractions; exit 1 where one fen differs.
"""

import argparse
import asyncio
import os
import sys
import time
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from itertools import accumulate, islice
from math import floor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from app.database import connect
from app.funding.interest import work_out
from app.funding.rates import Part, file_rate, read_rates_that_stand, weights
from app.installation import Installation, environment
from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT
from app.ledger.buckets import bucket_of
from app.ledger.posting import Transfer

from loadtests.bench.payments import person_no
from loadtests.bench.site import Site, built_site, pool_of

THIS = datetime.now(UTC).year
LAST = THIS - 1
_YEAR = [date(LAST, 1, 1) + timedelta(days=n) for n in range((date(THIS, 1, 1) - date(LAST, 1, 1)).days)]
# Each day is a partition; so many are enough to have every kind of interval.
_BEFORE = date(LAST - 1, 9, 9)
_DAYS = [date(LAST, month, day) for month in range(1, 13) for day in (1, 17)] + [date(LAST, 12, 31)]
_RATES: dict[Part, dict[date, int]] = {
    "current": {date(LAST, 1, 1): 3_500, date(LAST, 4, 9): 2_000, date(LAST, 10, 1): 1_500},
    "accumulated": {date(LAST, 1, 1): 11_000, date(LAST, 7, 1): 8_500},
}
_FIRST_ACCOUNT = 10_000
_COPY_ACCOUNTS = 20_000
_DAY_BY_DAY_EVERY = 1_000
_SAMPLE_SECONDS = 0.1


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
    movements = [Movement(_BEFORE, whole, 0, FUND_ACCOUNT)]
    current = 0
    accumulated = whole
    for day in sorted(dice.sample(_DAYS, dice.randrange(0, 4))):
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
    account, bucket = _FIRST_ACCOUNT + past.number, bucket_of(person_no(past.number))
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
    steps = _RATES[part]
    return steps[max(step for step in steps if step <= day)]


_SUMS = {part: [0, *accumulate(_rate(part, day) for day in _YEAR)] for part in _RATES}


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


# Measure


async def measure(accounts: int, folder: Path, *, kill: bool = False) -> bool:
    async with built_site(folder / "site", {}) as site:
        ledger = await site.ledger("year_end")
        start = time.monotonic()
        transfers = await _fill(site, accounts)
        print(f"made: {accounts:,} accounts, {transfers:,} transfers in {time.monotonic() - start:.0f} s")
        await _file_rates(ledger)
        await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database="year_end")
        if kill:
            await _kill(site, ledger, "carry_over", accounts // 3, "carry-over", str(THIS))
        seconds, rss = await _run(ledger, "carry-over", str(THIS))
        carried = await _settled(site, "carry_over")
        print(
            f"carry-over: {carried / seconds:,.0f} accounts/s, {carried:,} in {seconds:.1f} s, peak RSS {rss:.0f} MiB"
        )
        seconds = await _work_out(site, ledger)
        print(f"interest worked out: {accounts / seconds:,.0f} accounts/s, {seconds:.1f} s")
        if kill:
            await _kill(site, ledger, "interest", accounts // 3, "interest", str(LAST))
        seconds, rss = await _run(ledger, "interest", str(LAST))
        paid = await _settled(site, "interest")
        print(f"interest: {paid / seconds:,.0f} accounts/s, {paid:,} in {seconds:.1f} s, peak RSS {rss:.0f} MiB")
        seconds, _ = await _run(ledger, "interest", str(LAST))
        print(f"interest again: {seconds:.1f} s")
        return await _holds(site, accounts)


async def _fill(site: Site, accounts: int) -> int:
    owner = await connect(site.url("year_end"), application_name="loadtests")
    for day in (_BEFORE, *_DAYS):
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    transfers = 0
    numbers = iter(range(accounts))
    while chunk := [past_of(number) for number in islice(numbers, _COPY_ACCOUNTS)]:
        rows = [row for past in chunk for row in rows_of(past)]
        await owner.copy_records_to_table("transfers", schema_name="ledger", columns=Transfer._fields, records=rows)
        await owner.copy_records_to_table(
            "accounts",
            schema_name="ledger",
            columns=("account_id", "balance", "accumulated", "last_entry", "part_year", "bucket", "kind", "owner"),
            records=[_account(past) for past in chunk],
        )
        transfers += len(rows)
    await owner.close()
    return transfers


def _account(past: Past) -> tuple[object, ...]:
    owner = person_no(past.number)
    balance = past.current + past.accumulated
    is_old = len(past.movements) == 1  # nothing happened last year: all of it is still the current part of before
    return (
        _FIRST_ACCOUNT + past.number, balance, 0 if is_old else past.accumulated, len(past.movements),
        LAST - 1 if is_old else LAST, bucket_of(owner), "personal", owner,
    )  # fmt: skip


async def _file_rates(ledger: Installation) -> None:
    # The last one to make the year whole comes last, since from then on none is filed for it.
    steps = [(part, day, rate) for part, of_part in _RATES.items() for day, rate in of_part.items()]
    async with pool_of(ledger) as pool:
        for part, day, rate in sorted(steps, key=lambda step: step[1], reverse=True):
            await file_rate(
                pool, region="", part=part, effective_from=day, millionths=rate, operator="bench",
                today=datetime.now(UTC).date(),
            )  # fmt: skip


async def _run(ledger: Installation, *arguments: str) -> tuple[float, float]:
    """Seconds, and the largest resident memory of the command in MiB."""
    start = time.monotonic()
    process = await _started(ledger, *arguments)
    seen = psutil.Process(process.pid)
    ended = asyncio.create_task(process.wait())
    peak = 0
    while not ended.done():
        try:
            peak = max(peak, seen.memory_info().rss)
        except psutil.NoSuchProcess:
            break
        await asyncio.wait([ended], timeout=_SAMPLE_SECONDS)
    assert await ended == 0, f"{arguments[0]} ended with exit code {ended.result()}"
    return time.monotonic() - start, peak / 2**20


async def _kill(site: Site, ledger: Installation, kind: str, after: int, *arguments: str) -> None:
    """Start a command and kill it once so many of its messages are settled."""
    process = await _started(ledger, *arguments)
    while await _settled(site, kind) < after:
        assert process.returncode is None, f"{arguments[0]} ended before it was killed"
        await asyncio.sleep(_SAMPLE_SECONDS)
    process.kill()
    await process.wait()
    print(f"{arguments[0]} killed with {await _settled(site, kind):,} settled")


async def _started(ledger: Installation, *arguments: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from app.commands.year_end import app; app()", *arguments,
        env={**os.environ, **environment(ledger.settings)}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip


async def _settled(site: Site, kind: str) -> int:
    reader = await connect(site.url("year_end"), application_name="loadtests")
    found: int = await reader.fetchval("SELECT count(*) FROM settlement.settlements WHERE kind = $1", kind)
    await reader.close()
    return found


async def _work_out(site: Site, ledger: Installation) -> float:
    async with pool_of(ledger) as pool:
        rates = await read_rates_that_stand(pool)
    reader = await connect(site.url("year_end"), application_name="loadtests")
    start = time.monotonic()
    await work_out(reader, LAST, weights(rates, LAST))
    seconds = time.monotonic() - start
    await reader.close()
    return seconds


async def _holds(site: Site, accounts: int) -> bool:
    """Whether each account holds what it held and its interest, all of it accumulated."""
    reader = await connect(site.url("year_end"), application_name="loadtests")
    wrong = looked_at = fen = 0
    start = time.monotonic()
    async with reader.transaction():
        cursor = reader.cursor(
            "SELECT account_id - $1 AS number, balance, accumulated, part_year FROM ledger.accounts"
            " WHERE kind = 'personal' ORDER BY account_id",
            _FIRST_ACCOUNT,
            prefetch=10_000,
        )
        async for number, balance, accumulated, part_year in cursor:
            past = past_of(number)
            due = interest_of(past)
            whole = past.current + past.accumulated + due
            is_right = (balance, accumulated) == (whole, whole) and (part_year == THIS or not whole)
            if number % _DAY_BY_DAY_EVERY == 0:
                is_right = is_right and interest_day_by_day(past) == due
            wrong += not is_right
            looked_at += 1
            fen += due
    paid = await reader.fetchval("SELECT sum(amount)::bigint FROM settlement.settlements WHERE kind = 'interest'")
    await reader.close()
    print(f"computed independently in {time.monotonic() - start:.0f} s: {wrong:,} of {looked_at:,} accounts differ")
    print(f"interest of {LAST}: {fen:,} fen computed, {paid:,} paid")
    return wrong == 0 and looked_at == accounts and paid == fen


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    parser.add_argument("--kill", action="store_true")
    asked = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-year-end-") as folder:
        return 0 if asyncio.run(measure(asked.accounts, Path(folder), kill=asked.kill)) else 1


if __name__ == "__main__":
    sys.exit(main())
