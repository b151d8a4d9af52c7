"""Settlement files of large days: lines a second, rows a second, and the memory of the process that writes them.

`python -m loadtests.files [--lines 1000000] [--settlements 1000000]`. A bank of each form is told a day of that many
lines by `medsettle files write`, as a process of its own, and the same lines are copied out of Postgres as text beside
it, for a ratio. Then the details of a day of that many settlements are written; 0 leaves them out. Exit 1 where a file
does not hold what was asked for.
"""

import argparse
import asyncio
import os
import resource
import sys
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from datetime import time as day_time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import asyncpg
from app.clearing.files.store import File, list_files
from app.clearing.files.terms import Form, Terms, file_terms
from app.clearing.seal import sealing
from app.config import ZONE
from app.database import Pool, connect, transaction
from app.installation import Installation, environment

from loadtests.bench.site import Site, built_site, pool_of
from loadtests.sealing import BANKS, open_places, post_day

_MIDNIGHT = day_time(0)

# A day of nothing but lines, as if it had been sealed.
_MAKE_DAY = """
INSERT INTO clearing.business_days (business_day, begins_at, ends_at, value_date, state, sealed_at)
VALUES ($1, $1::date, $1::date + 1, $1::date + 1, 'sealed', now())
"""
_MAKE_SEAL = "INSERT INTO clearing.seals VALUES ($1, 0, 0, 0, 0, 0, 0, sha256(''), sha256('day'))"
_MAKE_LINES = """
INSERT INTO clearing.lines (business_day, line_no, bank, institution, amount, payee_name, payee_account)
SELECT
    $1, n, $2, 'H' || lpad(n::text, 11, '0'), 1 + n::bigint * 7919 % 100000000,
    '测试市第' || n || '人民医院' || CASE WHEN n % 50 = 0 THEN ' <A&B>' ELSE '' END, '6299' || lpad(n::text, 12, '0')
FROM generate_series(1, $3::integer) AS n
"""
_COPY = """
SELECT business_day, line_no, amount, payee_name, payee_account, institution
FROM clearing.lines WHERE business_day = $1 AND bank = $2 ORDER BY line_no
"""


class Run(NamedTuple):
    seconds: float
    peak_mib: float


async def measure(lines: int, settlements: int, folder: Path) -> bool:
    async with built_site(folder / "site", {"shared_buffers": "1GB", "max_wal_size": "8GB"}) as site:
        is_whole = await _payments(site, lines)
        return await _details(site, settlements) and is_whole if settlements else is_whole


async def _payments(site: Site, lines: int) -> bool:
    ledger = await site.ledger("lines")
    is_whole = True
    forms: tuple[Form, ...] = ("text", "pain.001")
    async with pool_of(ledger) as pool:
        for number, form in enumerate(forms):
            bank, day = f"BANK{number}", date(2026, 1, 1) + timedelta(days=number)
            await _tell(pool, [bank], form)
            await _make_day(site, day, bank, lines)
            await site.execute("VACUUM ANALYZE clearing.lines", "CHECKPOINT", database="lines")
            copied = await _copy_out(ledger, day, bank)
            run = await _write(ledger, day)
            [file] = [each for each in await _files(pool, day) if each.kind == "payment"]
            is_whole &= file.credit_count == lines
            print(
                f"{form}: {lines / run.seconds:,.0f} lines/s, {file.size / 2**20:,.0f} MiB in {run.seconds:.1f} s by"
                f" the command, peak {run.peak_mib:.0f} MiB; COPY TO of the lines alone {lines / copied:,.0f}/s,"
                f" ratio {copied / run.seconds:.2f}"
            )
    return is_whole


async def _details(site: Site, settlements: int) -> bool:
    ledger = await site.ledger("details")
    yesterday = datetime.now(ZONE).date() - timedelta(days=1)
    async with pool_of(ledger) as pool:
        await open_places(pool)
        paid = await post_day(pool, settlements)
        await _tell(pool, BANKS, "text")
        async with sealing(ledger.settings.database_url.get_secret_value(), _MIDNIGHT) as sealer:
            await sealer.seal(yesterday)
        await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database="details")
        run = await _write(ledger, yesterday)
        files = await _files(pool, yesterday)
    details = [file for file in files if file.kind == "detail_csv"]
    is_whole = sum(file.credits for file in details) == paid
    size = sum(file.size for file in files) / 2**20
    print(
        f"details: {settlements / run.seconds:,.0f} rows/s, each into CSV and Parquet, {len(files):,} files of"
        f" {size:,.0f} MiB in {run.seconds:.1f} s by the command, peak {run.peak_mib:.0f} MiB"
    )
    return is_whole


async def _make_day(site: Site, day: date, bank: str, lines: int) -> None:
    connection = await connect(site.url("lines"), application_name="medsettle bench")
    try:
        await connection.execute(_MAKE_DAY, day)
        await connection.execute(_MAKE_SEAL, day)
        await connection.execute(_MAKE_LINES, day, bank, lines)
    finally:
        await connection.close()


async def _tell(pool: Pool, banks: Sequence[str], form: Form) -> None:
    async with transaction(pool) as connection:
        for bank in banks:
            terms = Terms(bank, form, "UTF-8", f"Bank {bank}", "102100099996", "测试市医疗保障局", "6200000000000001")
            await file_terms(connection, terms, clerk="bench")


async def _copy_out(ledger: Installation, day: date, bank: str) -> float:
    async def drop(_: bytes) -> None:
        pass

    connection = await asyncpg.connect(ledger.settings.database_url.get_secret_value())
    try:
        started = time.monotonic()
        await connection.copy_from_query(_COPY, day, bank, output=drop)
        return time.monotonic() - started
    finally:
        await connection.close()


async def _write(ledger: Installation, day: date) -> Run:
    """The command from its start to its end, and the most memory that it held."""
    started = time.monotonic()
    environ = {**os.environ, **environment(ledger.settings)}
    used = await asyncio.to_thread(_run, [sys.executable, "-m", "app", "files", "write", str(day)], environ)
    return Run(time.monotonic() - started, used.ru_maxrss / 1024)


def _run(command: list[str], environ: dict[str, str]) -> resource.struct_rusage:
    _, status, used = os.wait4(os.posix_spawn(command[0], command, environ), 0)
    if os.waitstatus_to_exitcode(status):
        raise SystemExit(f"{' '.join(command[2:])} failed")
    return used


async def _files(pool: Pool, day: date) -> list[File]:
    async with transaction(pool) as connection:
        return await list_files(connection, day=day, limit=10_000)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--settlements", type=int, default=1_000_000)
    given = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-files-") as folder:
        return 0 if asyncio.run(measure(given.lines, given.settlements, Path(folder))) else 1


if __name__ == "__main__":
    sys.exit(main())
