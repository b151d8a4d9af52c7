"""Applies the plain SQL files of migrations/ in order, once each, under one lock."""

import asyncio
import hashlib
from functools import cache
from pathlib import Path

import asyncpg

from app.database import connect
from app.errors import MigrationError

DIRECTORY = Path(__file__).resolve().parent.parent / "migrations"

_LOCK = 0x6D656473  # "meds": any number that no one else uses for an advisory lock in this database

# While a migration waits for a table's lock, postings wait behind it: so it waits for moments, and again and again.
_LOCK_SECONDS_MAX = 2
_PAUSE_SECONDS = 0.5
_TRIES_MAX = 30

_BOOKS = """
CREATE TABLE IF NOT EXISTS public.medsettle_migrations (
    name       text PRIMARY KEY,
    sha256     text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT now()
)
"""


async def migrate(url: str, directory: Path = DIRECTORY) -> list[str]:
    """Apply what is not applied yet and return its names; a second caller waits and finds nothing to do.

    Raises MigrationError when an applied file was edited or is gone, or when a statement fails; DatabaseUnavailable.
    """
    files = _read(directory)
    connection = await connect(url, application_name="medsettle migrate")
    try:
        await connection.execute("SELECT pg_advisory_lock($1)", _LOCK)
        await _open_books(connection)
        rows = await connection.fetch("SELECT name, sha256 FROM public.medsettle_migrations ORDER BY name")
        applied: dict[str, str] = {row["name"]: row["sha256"] for row in rows}
        _check(applied, files)
        pending = [name for name in files if name not in applied]
        for name in pending:
            await _apply(connection, name, files[name])
        return pending
    finally:
        await connection.close()  # ends the session and with it the lock


@cache
def names() -> frozenset[str]:
    """Migrations of this release."""
    return frozenset(path.name for path in DIRECTORY.glob("*.sql"))


async def _open_books(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    try:
        await connection.execute(_BOOKS)
        await connection.execute("GRANT SELECT ON public.medsettle_migrations TO PUBLIC")
    except asyncpg.InsufficientPrivilegeError as error:
        raise MigrationError(
            "This login may not change the schema: name the one that owns it in MEDSETTLE_OWNER_DATABASE_URL."
        ) from error


def _read(directory: Path) -> dict[str, str]:
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(directory.glob("*.sql"))}


def _check(applied: dict[str, str], files: dict[str, str]) -> None:
    for name, digest in applied.items():
        if name not in files:
            raise MigrationError(f"The database has migration {name}, this release has not: deploy a newer release.")
        if _digest(files[name]) != digest:
            raise MigrationError(
                f"Migration {name} was edited after it was applied: restore the file and write a new migration."
            )
    last = max(applied, default="")
    late = [name for name in files if name not in applied and name < last]
    if late:
        raise MigrationError(f"Migration {late[0]} sorts before {last}, which is applied: give it a later number.")


async def _apply(connection: "asyncpg.Connection[asyncpg.Record]", name: str, sql: str) -> None:
    """Beside live traffic: a lock that is not had soon, or only in a circle with postings, is asked for again."""
    for tries_left in reversed(range(_TRIES_MAX)):
        try:
            await _apply_once(connection, name, sql)
        except (asyncpg.DeadlockDetectedError, asyncpg.LockNotAvailableError) as error:
            if not tries_left:
                raise MigrationError(
                    f"Migration {name} did not get its locks and was rolled back: end long reads and run it again."
                ) from error
            await asyncio.sleep(_PAUSE_SECONDS)
        except asyncpg.PostgresError as error:
            raise MigrationError(f"Migration {name} failed and was rolled back: {error}") from error
        else:
            return


async def _apply_once(connection: "asyncpg.Connection[asyncpg.Record]", name: str, sql: str) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL lock_timeout = '{_LOCK_SECONDS_MAX}s'")
        await connection.execute(sql)
        await connection.execute(
            "INSERT INTO public.medsettle_migrations (name, sha256) VALUES ($1, $2)", name, _digest(sql)
        )


def _digest(sql: str) -> str:
    return hashlib.sha256(sql.encode()).hexdigest()
