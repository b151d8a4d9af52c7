"""A file of contributions on embedded servers: lines a second, and the memory of all processes of the command.

`python -m loadtests.contributions [--lines 1000000] [--persons 1000000]`; every account gets a line before another
gets its second. Exit 1 where the books do not hold exactly what the file says.
"""

import argparse
import asyncio
import hashlib
import os
import sys
import time
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

import psutil
from app.database import transaction
from app.installation import Installation, environment
from app.parties.csv_files import PersonRow
from app.parties.load import store_persons

from loadtests.bench.payments import person_no
from loadtests.bench.population import chunked
from loadtests.bench.site import Site, built_site, pool_of

_COPY_ROWS = 20_000
_SAMPLE_SECONDS = 0.1


class Run(NamedTuple):
    seconds: float
    rss_mib_max: float
    cpu_seconds: float


async def measure(lines: int, persons: int, folder: Path, *, shuffled: bool, again: bool) -> bool:
    async with built_site(folder / "site", {}) as site:
        ledger = await site.ledger("contributions")
        await _open_accounts(ledger, persons)
        await site.execute("VACUUM (ANALYZE)", "CHECKPOINT", database="contributions")
        file = folder / "file.csv"
        total = write_file(file, lines, persons, shuffled=shuffled)
        before = _postgres_cpu(site)
        run = await _contribute(ledger, file)
        postgres = _postgres_cpu(site) - before
        print(f"{lines / run.seconds:,.0f} lines/s: {lines:,} lines in {run.seconds:.1f} s")
        print(f"peak RSS of all processes of the command: {run.rss_mib_max:.0f} MiB")
        print(f"CPU a line: command {run.cpu_seconds / lines * 1e6:.1f} µs, Postgres {postgres / lines * 1e6:.1f} µs")
        if again:
            repeat = await _contribute(ledger, file)
            print(f"the same file again: {repeat.seconds:.1f} s")
        return await _holds(ledger, lines, total)


async def _open_accounts(ledger: Installation, persons: int) -> None:
    async with pool_of(ledger) as pool:
        for numbers in chunked(range(persons), _COPY_ROWS):
            async with transaction(pool) as connection:
                await store_persons(connection, [PersonRow(0, person_no(number), 0) for number in numbers])


def write_file(file: Path, lines: int, persons: int, *, shuffled: bool) -> int:
    """A file of the documented form; returns its total."""
    order = list(range(persons))
    if shuffled:
        Random(1).shuffle(order)
    amounts = [10_000 + number % 977 for number in range(lines)]
    digest = hashlib.sha256()
    with file.open("wb") as opened:
        header = f"H,BENCH-1,2026-11,{lines},{sum(amounts)}\n".encode()
        body = "".join(
            f"{person_no(order[n % persons])},{fen},contribution\n" for n, fen in enumerate(amounts)
        ).encode()
        digest.update(header + body)
        opened.write(header + body)
        opened.write(f"T,{lines},{sum(amounts)},{digest.hexdigest()}\n".encode())
    return sum(amounts)


async def _contribute(ledger: Installation, file: Path) -> Run:
    start = time.monotonic()
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app", "contribute", str(file), "--operator", "bench",
        env={**os.environ, **environment(ledger.settings)},
    )  # fmt: skip
    root = psutil.Process(process.pid)
    ended = asyncio.create_task(process.wait())
    peak = 0.0
    used: dict[int, float] = {}
    while not ended.done():
        peak = max(peak, _sample(root, used))
        await asyncio.wait([ended], timeout=_SAMPLE_SECONDS)
    assert ended.result() == 0, f"contribute ended with exit code {ended.result()}"
    return Run(time.monotonic() - start, peak, sum(used.values()))


def _sample(root: psutil.Process, used: dict[int, float]) -> float:
    """MiB of all processes of the command; notes the CPU seconds of each."""
    rss = 0
    try:
        for process in (root, *root.children(recursive=True)):
            rss += process.memory_info().rss
            times = process.cpu_times()
            used[process.pid] = times.user + times.system
    except psutil.NoSuchProcess:
        pass
    return rss / 2**20


def _postgres_cpu(site: Site) -> float:
    root = psutil.Process(site.postgres.pid)
    own = root.cpu_times()
    used = own.user + own.system + own.children_user + own.children_system
    for child in root.children(recursive=True):
        times = child.cpu_times()
        used += times.user + times.system
    return used


async def _holds(ledger: Installation, lines: int, total: int) -> bool:
    async with pool_of(ledger) as pool:
        count = await pool.fetchval("SELECT count(*) FROM settlement.settlements")
        fen = await pool.fetchval("SELECT sum(amount)::bigint FROM settlement.settlements")
        balances = await pool.fetchval("SELECT sum(balance)::bigint FROM ledger.accounts WHERE kind = 'personal'")
    print(f"settled {count:,} lines of {fen:,} fen; balances {balances:,} fen")
    return bool((count, fen, balances) == (lines, total, total))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--persons", type=int, default=1_000_000)
    parser.add_argument("--shuffled", action="store_true", help="Persons in another order than their accounts")
    parser.add_argument("--again", action="store_true", help="Also send the same file again")
    options = parser.parse_args()
    with TemporaryDirectory(prefix="medsettle-contributions-") as folder:
        measured = measure(options.lines, options.persons, Path(folder), shuffled=options.shuffled, again=options.again)
        if not asyncio.run(measured):
            sys.exit("The books do not hold what the file says.")


if __name__ == "__main__":
    main()
