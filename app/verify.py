"""`medsettle verify`: every invariant of the ledger, proved from its rows in one snapshot beside live traffic."""

import time
from dataclasses import dataclass
from typing import Final

import asyncpg
from rich.console import Console
from rich.table import Table

from app.clearing import verify as clearing
from app.clearing.acknowledgments import verify as acknowledgments
from app.clearing.files import verify as files
from app.database import Connection, Remedy, connect, remedy
from app.errors import DatabaseUnavailable, UsageError
from app.ledger import verify as ledger
from app.ledger.verify import VIOLATIONS_MAX, Check, Violation
from app.progress import Progress, shown, unseen
from app.settlement import verify as settlement

CHECKS: Final = (*ledger.CHECKS, *settlement.CHECKS, *clearing.CHECKS, *files.CHECKS, *acknowledgments.CHECKS)

# Whole tables are read: hash joins in much memory are wanted, and no other join, which a planner without statistics
# would take for a young table (measured thirty times slower). The server's time-outs are meant for short statements.
_SETTINGS: Final = """
SET LOCAL search_path = pg_catalog, pg_temp;
SET LOCAL enable_nestloop = off;
SET LOCAL enable_mergejoin = off;
SET LOCAL jit = off;
SET LOCAL work_mem = '128MB';
SET LOCAL max_parallel_workers_per_gather = 2;
SET LOCAL statement_timeout = 0;
SET LOCAL idle_in_transaction_session_timeout = 0;
"""


_REMEMBER: Final = "INSERT INTO ledger.verifications (broken, seconds) VALUES ($1, $2)"


@dataclass(frozen=True, slots=True)
class CheckResult:
    """`violations` are the first broken rows, at most VIOLATIONS_MAX of them."""

    check: Check
    rows: int
    seconds: float
    violations: tuple[Violation, ...]


@dataclass(frozen=True, slots=True)
class Report:
    results: tuple[CheckResult, ...]
    seconds: float

    @property
    def violations(self) -> list[Violation]:
        return [violation for result in self.results for violation in result.violations]

    @property
    def ok(self) -> bool:
        return not self.violations


async def verify(url: str, *, progress: Progress = unseen) -> Report:
    """Run every check, also after one found something.

    Raises DatabaseUnavailable when Postgres is away or fails meanwhile, UsageError when no ledger is there.
    """
    try:
        connection = await connect(url, application_name="medsettle verify")
        try:
            return await verify_over(connection, progress=progress)
        finally:
            await connection.close()
    except (asyncpg.UndefinedTableError, asyncpg.UndefinedColumnError) as error:
        raise UsageError("This database holds no ledger of this release: run `medsettle migrate` on it.") from error
    except DatabaseUnavailable as error:
        raise DatabaseUnavailable(f"Of this ledger nothing is proved: {error}") from error
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(f"Postgres is away or busy, nothing is proved: {type(error).__name__}") from error
        raise


async def verify_over(connection: Connection, *, progress: Progress = unseen) -> Report:
    """Run every check over a connection that does nothing else meanwhile. Raises what the driver raises."""
    start = time.monotonic()
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        await connection.execute(_SETTINGS)
        results = await _run_checks(connection, progress)
    return Report(tuple(results), time.monotonic() - start)


async def _run_checks(connection: Connection, progress: Progress) -> list[CheckResult]:
    tables = {check.table for check in CHECKS}
    rows = {table: await connection.fetchval(f"SELECT count(*) FROM {table}") for table in tables}  # noqa: S608
    return [await _run_check(connection, check, rows[check.table], progress) for check in CHECKS]


async def _run_check(connection: Connection, check: Check, rows: int, progress: Progress) -> CheckResult:
    start = time.monotonic()
    stage = f"verify {check.name}"
    progress(stage, 0, rows)
    violations = await check.violations(connection, lambda seen: progress(stage, min(seen, rows), rows))
    progress(stage, rows, rows)
    return CheckResult(check, rows, time.monotonic() - start, tuple(violations))


async def run_verify(url: str) -> Report:
    """`verify` with its progress on standard error: a bar a check on a terminal, a plain line in a log.

    What it came to is written down, for those who watch; a server that takes no writes is verified all the same.
    """
    with shown() as progress:
        report = await verify(url, progress=progress)
    connection = await connect(url, application_name="medsettle verify")
    try:
        await connection.execute(_REMEMBER, len(report.violations), report.seconds)
    except asyncpg.ReadOnlySQLTransactionError:
        Console(stderr=True).print("Not written down: this server takes no writes.")
    finally:
        await connection.close()
    return report


def print_report(report: Report) -> None:
    """Print what was checked and every row that was found broken, first one first."""
    console = Console(soft_wrap=True, highlight=False, markup=False, emoji=False)
    table = Table("check", "what holds", box=None, pad_edge=False)
    for heading in ("rows", "seconds", "broken"):
        table.add_column(heading, justify="right")
    for result in report.results:
        table.add_row(
            result.check.name, result.check.claim, f"{result.rows:,}", f"{result.seconds:.2f}", _count(result)
        )
    console.print(table)
    for violation in report.violations:
        console.print(f"BROKEN {violation.row}: {violation.detail} ({violation.check})")
    verdict = "is whole" if report.ok else "IS BROKEN"
    console.print(f"The ledger {verdict}: {len(report.results)} checks in {report.seconds:.1f} s")


def _count(result: CheckResult) -> str:
    found = len(result.violations)
    return f"{found}+" if found == VIOLATIONS_MAX else str(found)
