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
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import psutil
from app.database import connect
from app.funding.interest import work_out
from app.funding.rates import file_rate, read_rates_that_stand, weights
from app.installation import Installation, environment
from app.ledger.buckets import bucket_of
from app.ledger.posting import Transfer

from loadtests.bench.payments import person_no
from loadtests.bench.site import Site, built_site, pool_of
from loadtests.made_years import (
    BEFORE,
    DAYS,
    FIRST_ACCOUNT,
    LAST,
    RATES,
    THIS,
    Past,
    interest_day_by_day,
    interest_of,
    past_of,
    rows_of,
)

_COPY_ACCOUNTS = 20_000
_DAY_BY_DAY_EVERY = 1_000
_SAMPLE_SECONDS = 0.1


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
        before = await _settled(site, "carry_over")
        seconds, rss = await _run(ledger, "carry-over", str(THIS))
        carried = await _settled(site, "carry_over") - before
        print(
            f"carry-over: {carried / seconds:,.0f} accounts/s, {carried:,} in {seconds:.1f} s, peak RSS {rss:.0f} MiB"
        )
        seconds = await _work_out(site, ledger)
        print(f"interest worked out: {accounts / seconds:,.0f} accounts/s, {seconds:.1f} s")
        if kill:
            await _kill(site, ledger, "interest", accounts // 3, "interest", str(LAST))
        before = await _settled(site, "interest")
        seconds, rss = await _run(ledger, "interest", str(LAST))
        paid = await _settled(site, "interest") - before
        print(f"interest: {paid / seconds:,.0f} accounts/s, {paid:,} in {seconds:.1f} s, peak RSS {rss:.0f} MiB")
        seconds, _ = await _run(ledger, "interest", str(LAST))
        print(f"interest again: {seconds:.1f} s")
        return await _holds(site, accounts)


async def _fill(site: Site, accounts: int) -> int:
    owner = await connect(site.url("year_end"), application_name="loadtests")
    for day in (BEFORE, *DAYS):
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
        FIRST_ACCOUNT + past.number, balance, 0 if is_old else past.accumulated, len(past.movements),
        LAST - 1 if is_old else LAST, bucket_of(owner), "personal", owner,
    )  # fmt: skip


async def _file_rates(ledger: Installation) -> None:
    # The last one to make the year whole comes last, since from then on none is filed for it.
    steps = [(part, day, rate) for part, of_part in RATES.items() for day, rate in of_part.items()]
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
            FIRST_ACCOUNT,
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
