"""Migrations are applied once each, whoever applies them, and an applied file may not change."""

import asyncio
import os
import re
import secrets
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import asyncpg
import pytest
from app.database import connect
from app.embedded.ports import free_port
from app.errors import MigrationError
from app.migrate import DIRECTORY, migrate
from tests.builders import Database


@pytest.fixture
async def empty_url(postgres: str) -> AsyncIterator[str]:
    """URL of a database without anything in it."""
    name = f"empty_{secrets.token_hex(6)}"
    server = await connect(postgres, application_name="tests")
    await server.execute(f"CREATE DATABASE {name}")
    yield f"{postgres.rsplit('/', 1)[0]}/{name}"
    await server.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await server.close()


@pytest.fixture
def files(tmp_path: Path) -> Path:
    """A folder of two small migrations."""
    (tmp_path / "0001_first.sql").write_text("CREATE TABLE public.first (number integer);")
    (tmp_path / "0002_second.sql").write_text("INSERT INTO public.first VALUES (1);")
    return tmp_path


async def test_every_migration_is_applied_once(empty_url: str) -> None:
    assert await migrate(empty_url) == sorted(path.name for path in DIRECTORY.glob("*.sql"))
    assert await migrate(empty_url) == []


async def test_eight_at_once_apply_each_migration_once(empty_url: str) -> None:
    applied = await asyncio.gather(*(migrate(empty_url) for _ in range(8)))
    assert sorted(name for names in applied for name in names) == sorted(p.name for p in DIRECTORY.glob("*.sql"))


async def test_an_edited_applied_migration_is_refused(empty_url: str, files: Path) -> None:
    await migrate(empty_url, files)
    (files / "0001_first.sql").write_text("CREATE TABLE public.first (number bigint);")
    with pytest.raises(MigrationError, match=r"0001_first\.sql was edited after it was applied"):
        await migrate(empty_url, files)


async def test_a_database_of_a_newer_release_is_refused(empty_url: str, files: Path) -> None:
    await migrate(empty_url, files)
    (files / "0002_second.sql").unlink()
    with pytest.raises(MigrationError, match=r"has migration 0002_second\.sql, this release has not"):
        await migrate(empty_url, files)


async def test_a_migration_that_comes_late_in_order_is_refused(empty_url: str, files: Path) -> None:
    await migrate(empty_url, files)
    (files / "0001_later.sql").write_text("SELECT 1;")
    with pytest.raises(MigrationError, match=r"0001_later\.sql sorts before 0002_second\.sql"):
        await migrate(empty_url, files)


async def test_a_failed_migration_leaves_nothing_and_can_be_mended(empty_url: str, files: Path) -> None:
    broken = files / "0003_third.sql"
    broken.write_text("INSERT INTO public.first VALUES (2); SELECT no_such_function();")
    with pytest.raises(MigrationError, match=r"0003_third\.sql failed and was rolled back"):
        await migrate(empty_url, files)
    broken.write_text("INSERT INTO public.first VALUES (3);")
    assert await migrate(empty_url, files) == ["0003_third.sql"]
    connection = await connect(empty_url, application_name="tests")
    rows = await connection.fetch("SELECT number FROM public.first ORDER BY number")
    await connection.close()
    assert [row["number"] for row in rows] == [1, 3]


@pytest.mark.parametrize("table", ["ledger.transfers", "settlement.settlements", "settlement.message_keys"])
@pytest.mark.parametrize("statement", ["DELETE FROM {}", "TRUNCATE {}", "UPDATE {} SET batch_id = 0"])
async def test_the_application_cannot_change_what_is_recorded(database: Database, table: str, statement: str) -> None:
    application = await connect(database.app_url, application_name="tests")
    try:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await application.execute(statement.format(table))
    finally:
        await application.close()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (
            lambda url: re.sub(r":\d+/", f":{free_port()}/", url),
            "Postgres is away, busy or not set up: ConnectionRefusedError",
        ),
        (lambda url: url + "_not_there", "The database that the URL names is not there."),
        (lambda url: re.sub(r"//.*@", "//nobody:x@", url), "Postgres refuses the login of the database's URL."),
    ],
    ids=["no server", "no database", "no login"],
)
def test_a_database_that_lets_nobody_in_is_said_in_a_sentence(
    empty_url: str, change: Callable[[str], str], why: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "app", "migrate"],
        env={**os.environ, "MEDSETTLE_DATABASE_URL": change(empty_url)},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.returncode == 1
    assert done.stderr == f"medsettle: {why}\n"


async def test_a_migration_waits_for_moments_and_gets_its_lock_at_last(empty_url: str, files: Path) -> None:
    await migrate(empty_url, files)
    (files / "0003_third.sql").write_text("ALTER TABLE public.first ADD COLUMN more text;")
    reader = await connect(empty_url, application_name="tests")
    try:
        async with reader.transaction():
            await reader.fetch("SELECT * FROM public.first")
            migrating = asyncio.create_task(migrate(empty_url, files))
            await asyncio.sleep(3)  # more than one wait of its own
            assert not migrating.done()
        assert await migrating == ["0003_third.sql"]
    finally:
        await reader.close()


async def test_a_login_that_may_not_make_tables_is_told_which_one_may(empty_url: str, database: Database) -> None:
    application = f"{database.app_url.rsplit('/', 1)[0]}/{empty_url.rsplit('/', 1)[1]}"
    with pytest.raises(MigrationError, match="MEDSETTLE_OWNER_DATABASE_URL"):
        await migrate(application)
