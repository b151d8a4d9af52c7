"""`medsettle load`: institutions, persons with opening balances, and cards from CSV files.

All or nothing: every line is checked before anything is written, and the rows go in by one transaction. Opening
balances follow as contributions by the one posting path, once each, so a load that was killed may be run again.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import NamedTuple

import asyncpg

from app.database import Connection, Pool, connect, transaction
from app.errors import DatabaseUnavailable, LoadError
from app.opening import pay_in, unpaid_of
from app.parties.csv_files import (
    CARDS,
    INSTITUTIONS,
    PERSONS,
    CardRow,
    Format,
    InstitutionRow,
    PersonRow,
    Problems,
    Row,
    Table,
    read_table,
)
from app.parties.load import (
    NO_KEYS,
    check_citizen_nos,
    check_holders,
    check_total,
    chunks,
    new_cards,
    new_institutions,
    new_persons,
    store_cards,
    store_institutions,
    store_persons,
)
from app.parties.persons import REGISTRATION_LOCK
from app.parties.vault import Vault
from app.progress import Progress, unseen
from app.settlement.rules import RuleBook

_COPY_ROWS = 20_000
_NOTHING_LOADED = "Nothing was loaded:"

_LOCK = 0x6C6F6164  # "load": two loads at once would refuse each other's rows as half there

_TABLES = ("parties.institutions", "parties.persons", "parties.cards", "ledger.accounts", "settlement.message_keys")

# ANALYZE of a table that is not one's own only warns. MAINTAIN exists from Postgres 17 on.
_MAY_ANALYZE = """
SELECT bool_and(
    pg_has_role(d.datdba, 'USAGE') OR CASE
        WHEN current_setting('server_version_num')::integer < 170000 THEN pg_has_role(c.relowner, 'USAGE')
        ELSE has_table_privilege(c.oid, 'MAINTAIN')
    END
)
FROM unnest($1::text[]) AS name
JOIN pg_catalog.pg_class AS c ON c.oid = to_regclass(name)
JOIN pg_catalog.pg_database AS d ON d.datname = current_database()
"""


@dataclass(frozen=True, slots=True)
class LoadFiles:
    institutions: Path | None = None
    persons: Path | None = None
    cards: Path | None = None


class Count(NamedTuple):
    loaded: int
    already_there: int

    def __str__(self) -> str:
        return f"{self.loaded:,} loaded, {self.already_there:,} already there"


@dataclass(frozen=True, slots=True)
class LoadReport:
    """What a load came to. `remark` says what is left to do by hand, if anything."""

    institutions: Count
    persons: Count
    cards: Count
    opening_balances: Count
    opening_fen: int
    remark: str

    def __str__(self) -> str:
        fen = self.opening_fen
        lines = [
            f"institutions: {self.institutions}",
            f"persons: {self.persons}",
            f"cards: {self.cards}",
            f"opening balances: {self.opening_balances}; {fen // 100:,}.{fen % 100:02} yuan came in",
        ]
        return "\n".join([*lines, self.remark] if self.remark else lines)


class _Files(NamedTuple):
    institutions: Table[InstitutionRow]
    persons: Table[PersonRow]
    cards: Table[CardRow]


class _New(NamedTuple):
    """What of the files is not in the database yet; `unpaid` are the persons whose opening balance is not."""

    institutions: list[InstitutionRow]
    persons: list[PersonRow]
    cards: list[CardRow]
    unpaid: list[PersonRow]


async def load(
    pool: Pool,
    files: LoadFiles,
    *,
    rules: RuleBook,
    vault: Vault = NO_KEYS,
    progress: Progress = unseen,
    owner_url: str = "",
) -> LoadReport:
    """Load the files. `owner_url` is the role that owns the tables; else the pool's own role analyzes, if it may.

    Raises LoadError for bad files and DatabaseUnavailable when Postgres is away; the same load may then be run again.
    Raises Refused where there is personal data and no key for it.
    """
    problems = Problems()
    read = _read(files, problems, progress)
    new = await _store(pool, read, vault, problems, progress)
    _forget_names(read.persons.rows, new.persons, new.unpaid)
    await pay_in(pool, read.persons, new.unpaid, rules, progress)
    balances = sum(row.balance > 0 for row in read.persons.rows)
    return LoadReport(
        institutions=_count(read.institutions, new.institutions),
        persons=_count(read.persons, new.persons),
        cards=_count(read.cards, new.cards),
        opening_balances=Count(len(new.unpaid), balances - len(new.unpaid)),
        opening_fen=sum(row.balance for row in new.unpaid),
        remark=await _analyze(pool, owner_url),
    )


def _forget_names(*lists: list[PersonRow]) -> None:
    """What is sealed and stored need not stay in memory while opening balances come in."""
    for rows in lists:
        rows[:] = [PersonRow(*row[:3]) for row in rows]


def _count(table: Table[Row], new: Sequence[Row]) -> Count:
    return Count(len(new), len(table.rows) - len(new))


def _read(files: LoadFiles, problems: Problems, progress: Progress) -> _Files:
    def table(file: Path | None, layout: Format[Row]) -> Table[Row]:
        return Table(Path(), is_understood=True) if file is None else read_table(file, layout, problems, progress)

    read = _Files(table(files.institutions, INSTITUTIONS), table(files.persons, PERSONS), table(files.cards, CARDS))
    read.cards.lines.clear()  # nobody refers to cards
    check_total(read.persons, problems)
    if not all(table.is_understood for table in read):
        problems.refuse(_NOTHING_LOADED)  # without a header the other files' references cannot be judged
    return read


async def _store(pool: Pool, read: _Files, vault: Vault, problems: Problems, progress: Progress) -> _New:
    """Check the files against the database and copy what is new, in one transaction."""
    if any(row.citizen_no for row in read.persons.rows):
        vault.require_key()
    try:
        async with transaction(pool) as connection:
            if not await connection.fetchval("SELECT pg_try_advisory_xact_lock($1)", _LOCK):
                raise LoadError("Another load is running: wait until it ends and run this one again.")
            if len(vault.key_ids) > 1:
                await connection.execute("SELECT pg_advisory_xact_lock($1)", REGISTRATION_LOCK)
            new = await _new_of(connection, read, vault, problems, progress)
            problems.refuse(_NOTHING_LOADED)
            await _copy(connection, "institutions", new.institutions, store_institutions, progress)
            await _copy(connection, "persons", new.persons, partial(store_persons, vault=vault), progress)
            await _copy(connection, "cards", new.cards, store_cards, progress)
            return new
    except asyncpg.UniqueViolationError as error:
        raise LoadError(
            f"{_NOTHING_LOADED} another program wrote some of the same rows meanwhile. Run the load again."
        ) from error


async def _new_of(connection: Connection, read: _Files, vault: Vault, problems: Problems, progress: Progress) -> _New:
    institutions = await new_institutions(connection, read.institutions, problems, progress)
    persons = await new_persons(connection, vault, read.persons, problems, progress)
    await check_citizen_nos(connection, vault, read.persons, persons, problems)
    new = {row.person_no for row in persons}
    known = [row for row in read.persons.rows if row.person_no not in new]
    unpaid = await unpaid_of(connection, read.persons, known, problems, progress)
    cards = await new_cards(connection, read.cards, problems, progress)
    await check_holders(connection, read.cards, read.persons, problems)
    return _New(institutions, persons, cards, [row for row in persons if row.balance > 0] + unpaid)


async def _copy(
    connection: Connection,
    stage: str,
    rows: Sequence[Row],
    store: Callable[[Connection, Sequence[Row]], Awaitable[None]],
    progress: Progress,
) -> None:
    done = 0
    for chunk in chunks(rows, _COPY_ROWS):
        await store(connection, chunk)
        done += len(chunk)
        progress(stage, done, len(rows))


# Statistics


async def _analyze(pool: Pool, owner_url: str) -> str:
    """Renew the planner's statistics; returns what to say if that could not be done."""
    try:
        if not owner_url:
            async with transaction(pool) as connection:
                return await _analyze_by(connection)
        owner = await connect(owner_url, application_name="medsettle load")
        try:
            async with owner.transaction():
                return await _analyze_by(owner)
        finally:
            await owner.close()
    except (OSError, DatabaseUnavailable, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
        return _by_hand(type(error).__name__)


async def _analyze_by(connection: Connection) -> str:
    if not await connection.fetchval(_MAY_ANALYZE, list(_TABLES)):
        return _by_hand("this database role may not")
    await connection.execute("SET LOCAL statement_timeout = 0")
    await connection.execute(f"ANALYZE {', '.join(_TABLES)}", timeout=600)
    return ""


def _by_hand(reason: str) -> str:
    return (
        f"Not analyzed ({reason}): set MEDSETTLE_OWNER_DATABASE_URL for loads, or run as the tables' owner\n"
        f"ANALYZE {', '.join(_TABLES)};"
    )
