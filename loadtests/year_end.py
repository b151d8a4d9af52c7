"""Carry-over and interest of a year on embedded servers, against an exact computation that shares nothing with them.

`python -m loadtests.year_end [--accounts 1000000]`; prints accounts a second and the memory of each command. Exit 1
where one account was carried over or paid otherwise than computed.
"""

import argparse
import asyncio
import os
import sys
import time
from array import array
from collections.abc import Iterator, Sequence
from contextlib import suppress
from datetime import date, datetime, timedelta
from fractions import Fraction
from math import floor
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import psutil
from app.config import ZONE
from app.database import Connection, connect
from app.installation import Installation, environment
from app.ledger.buckets import bucket_of

from loadtests.bench.payments import person_no
from loadtests.bench.population import chunked
from loadtests.bench.site import Site, built_site

_NAME = "year_end"
_COPY_ACCOUNTS = 20_000
_FIRST_ACCOUNT = 1_000_000
_FUND, _CARRY_OVER, _PAYEE = 1, 2, 500
_SAMPLE_EVERY = 997

#: The year that has ended, and the one that has begun.
YEAR = datetime.now(ZONE).year - 1
NEW_YEAR = YEAR + 1

_DAYS_BEFORE = [date(YEAR - 1, 3, 15), date(YEAR - 1, 12, 31)]
_DAYS = [date(YEAR, 1, 1), *(date(YEAR, month, 17) for month in range(2, 13)), date(YEAR, 12, 31)]
_DAY_AFTER = date(NEW_YEAR, 1, 1)

_REGIONS = ("", "310000", "440300", "999999")
_RATES = [  # region, part, from, millionths; 999999 has none of its own
    ("", "current", date(YEAR - 5, 1, 1), 3_500),
    ("", "current", date(YEAR, 5, 20), 3_000),
    ("", "accumulated", date(YEAR - 5, 1, 1), 15_000),
    ("", "accumulated", date(YEAR, 10, 1), 13_333),
    ("310000", "accumulated", date(YEAR, 3, 1), 21_001),
    ("440300", "current", date(YEAR - 1, 1, 1), 0),
    ("440300", "accumulated", date(YEAR - 1, 1, 1), 17_500),
]

Entry = tuple[date, int, bool]  # day, signed fen, accumulated


async def measure(accounts: int, folder: Path) -> bool:
    async with built_site(folder / "site", {}) as site:
        ledger = await site.ledger(_NAME)
        due, left = await _write_accounts(site, accounts)
        await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database=_NAME)
        await _run(ledger, accounts, "carry-over", str(NEW_YEAR))
        carried = await _is_carried_over(site, left)
        await _run(ledger, accounts, "interest", str(YEAR))
        paid = await _is_paid(site, due)
        await _run(ledger, accounts, "interest", str(YEAR))
        return carried and paid and await _is_paid(site, due)


async def _run(ledger: Installation, accounts: int, *words: str) -> None:
    start = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", "from app.commands.year_end import app; app()", *words,
        env={**os.environ, **environment(ledger.settings)}, stderr=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    watched, ended, high = psutil.Process(process.pid), asyncio.create_task(process.wait()), 0
    while not ended.done():
        with suppress(psutil.NoSuchProcess):
            high = max(high, watched.memory_info().rss)
        await asyncio.wait([ended], timeout=0.1)
    assert process.returncode == 0, f"{words} ended with exit code {process.returncode}"
    seconds = time.monotonic() - start
    print(f"{' '.join(words)}: {accounts / seconds:,.0f} accounts/s, {seconds:.1f} s, peak RSS {high >> 20} MiB")


# What was made, written as the postings would have left it.


async def _write_accounts(site: Site, count: int) -> tuple["array[int]", int]:
    """The interest due to each account, in fen, and how many have a current part to carry over."""
    random, due, left = Random(3), array("q"), 0
    connection = await connect(site.url(_NAME), application_name="loadtests")
    try:
        for day in (*_DAYS_BEFORE, *_DAYS, _DAY_AFTER):
            await connection.execute("SELECT settlement.prepare_day($1)", day)
        await connection.copy_records_to_table(
            "interest_rates", schema_name="funding", records=[(*rate, "loadtests") for rate in _RATES],
            columns=["region", "part", "effective_from", "millionths", "filed_by"],
        )  # fmt: skip
        days_of = {region: _Days(region) for region in _REGIONS}
        for numbers in chunked(range(count), _COPY_ACCOUNTS):
            accounts, transfers = [], []
            for number in numbers:
                region = random.choice(_REGIONS)
                entries = _made_entries(random)
                account, rows = _rows(number, region, entries)
                accounts.append(account)
                transfers += rows
                left += account[1] > account[7] and account[8] < NEW_YEAR
                fen = days_of[region].interest(entries)
                if number % _SAMPLE_EVERY == 0:
                    assert fen == _interest_day_by_day(entries, region), f"account {number}: two computations differ"
                due.append(fen)
            await _copy(connection, accounts, transfers)
    finally:
        await connection.close()
    return due, left


def _made_entries(random: Random) -> list[Entry]:
    """Money before the year, in and out within it, and sometimes in the year after."""
    entries: list[Entry] = []
    current, accumulated, year = 0, 0, 0
    days = [day for day in _DAYS_BEFORE if random.random() < 0.6]
    days += [day for day in _DAYS if random.random() < 0.2]
    days += [_DAY_AFTER] if random.random() < 0.05 else []
    for day in days:
        if day.year != year:
            current, accumulated, year = 0, accumulated + current, day.year
        chance = random.random()
        if chance < 0.5 or current + accumulated == 0:
            fen = random.randrange(1, 400_000)
            current += fen
            entries.append((day, fen, False))
        elif chance < 0.6:
            fen = random.randrange(1, 5_000)
            accumulated += fen
            entries.append((day, fen, True))
        else:
            fen = random.randrange(1, current + accumulated + 1)
            of_current = min(fen, current)
            current, accumulated = current - of_current, accumulated - (fen - of_current)
            entries += [(day, -of_current, False)] if of_current else []
            entries += [(day, of_current - fen, True)] if fen > of_current else []
    return entries


def _rows(number: int, region: str, entries: Sequence[Entry]) -> tuple[tuple[Any, ...], list[tuple[Any, ...]]]:
    account_id, owner = _FIRST_ACCOUNT + number, person_no(number)
    bucket = bucket_of(owner)
    rows: list[tuple[Any, ...]] = []
    balance = accumulated = year = 0
    for day, fen, is_accumulated, other in _with_carry_over(entries):
        entry = len(rows) + 1
        balance += fen
        accumulated += fen if is_accumulated else 0
        sides = (
            (account_id, other, -fen, balance, None, entry, None)
            if fen < 0
            else (other, account_id, fen, None, balance, None, entry)
        )
        rows.append(((number << 20) + (entry << 10) + 1023, *sides, day, 0, 0, bucket, is_accumulated))
        year = day.year
    return (account_id, balance, len(rows), bucket, "personal", "normal", owner, accumulated, year, region), rows


def _with_carry_over(entries: Sequence[Entry]) -> Iterator[tuple[date, int, bool, int]]:
    current = year = 0
    for day, fen, is_accumulated in entries:
        if day.year != year:
            if current:
                yield day, -current, False, _CARRY_OVER
                yield day, current, True, _CARRY_OVER
            current, year = 0, day.year
        yield day, fen, is_accumulated, _FUND if fen > 0 else _PAYEE
        current += 0 if is_accumulated else fen


async def _copy(connection: Connection, accounts: list[tuple[Any, ...]], transfers: list[tuple[Any, ...]]) -> None:
    await connection.copy_records_to_table(
        "accounts", schema_name="ledger", records=accounts,
        columns=["account_id", "balance", "last_entry", "bucket", "kind", "state", "owner", "accumulated", "part_year",
                 "terms"],
    )  # fmt: skip
    await connection.copy_records_to_table(
        "transfers", schema_name="ledger", records=transfers,
        columns=[
            "batch_id", "debit_account", "credit_account", "amount", "debit_balance_after", "credit_balance_after",
            "debit_entry", "credit_entry", "business_day", "position", "leg", "bucket", "accumulated",
        ],
    )  # fmt: skip


# The computation: what stood in a part, times the rates of the days for which it stood.


class _Days:
    """Sums of a region's rates up to and without each day of the year, in millionths, by part."""

    def __init__(self, region: str) -> None:
        self._sums: dict[bool, dict[date, int]] = {}
        for is_accumulated in (False, True):
            day, total = date(YEAR, 1, 1), 0
            sums = self._sums[is_accumulated] = {}
            while day.year == YEAR:
                sums[day] = total
                total += _rate_on(region, is_accumulated, day)
                day += timedelta(days=1)
            sums[day] = total

    def interest(self, entries: Sequence[Entry]) -> int:
        fen = 0
        for is_accumulated, sums in self._sums.items():
            since, part, total = date(YEAR, 1, 1), 0, 0
            if is_accumulated:
                part = sum(change for day, change, _ in entries if day.year < YEAR)
            for day, change, of_accumulated in entries:
                if day.year == YEAR and of_accumulated == is_accumulated:
                    total += part * (sums[day] - sums[since])
                    part, since = part + change, day
            total += part * (sums[date(NEW_YEAR, 1, 1)] - sums[since])
            fen += floor(Fraction(total, 360_000_000) + Fraction(1, 2))
        return fen


def _interest_day_by_day(entries: Sequence[Entry], region: str) -> int:
    parts = [0, sum(fen for day, fen, _ in entries if day.year < YEAR)]
    born = [Fraction(0), Fraction(0)]
    day = date(YEAR, 1, 1)
    while day.year == YEAR:
        for entry_day, fen, is_accumulated in entries:
            parts[is_accumulated] += fen if entry_day == day else 0
        for part in (0, 1):
            born[part] += parts[part] * Fraction(_rate_on(region, bool(part), day), 1_000_000) / 360
        day += timedelta(days=1)
    return sum(floor(fen + Fraction(1, 2)) for fen in born)


def _rate_on(region: str, is_accumulated: bool, day: date) -> int:
    part = "accumulated" if is_accumulated else "current"
    for wanted in (region, ""):
        held = [(start, rate) for of, name, start, rate in _RATES if (of, name) == (wanted, part) and start <= day]
        if held:
            return max(held)[1]
    raise AssertionError(f"no rate on {day}")


# The books


async def _is_carried_over(site: Site, left: int) -> bool:
    connection = await connect(site.url(_NAME), application_name="loadtests")
    try:
        wrong = await connection.fetchval(
            "SELECT count(*) FROM ledger.accounts WHERE kind = 'personal' AND part_year < $1 AND balance > accumulated",
            NEW_YEAR,
        )
        settled = await connection.fetchval("SELECT count(*) FROM settlement.settlements WHERE kind = 'carry_over'")
    finally:
        await connection.close()
    print(f"carried over {settled:,} of {left:,} accounts with a current part; {wrong:,} left behind")
    return bool((wrong, settled) == (0, left))


async def _is_paid(site: Site, due: "array[int]") -> bool:
    connection = await connect(site.url(_NAME), application_name="loadtests")
    found = array("q", bytes(8 * len(due)))
    try:
        async with connection.transaction():
            async for row in connection.cursor(
                "SELECT credit_account, amount FROM ledger.transfers"
                " WHERE debit_account = $1 AND accumulated AND business_day > $2",
                _FUND, _DAY_AFTER, prefetch=10_000,
            ):  # fmt: skip
                found[row["credit_account"] - _FIRST_ACCOUNT] += row["amount"]
    finally:
        await connection.close()
    differing = sum(a != b for a, b in zip(found, due, strict=True))
    paid = f"{sum(found):,} fen to {sum(map(bool, found)):,} accounts"
    print(f"paid {paid}, due {sum(due):,}; {differing:,} accounts differ")
    return differing == 0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accounts", type=int, default=1_000_000)
    options = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-year-end-") as folder:
        if not asyncio.run(measure(options.accounts, Path(folder))):
            sys.exit("The books do not hold what was computed.")


if __name__ == "__main__":
    main()
