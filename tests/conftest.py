"""Databases of the tests: one Postgres a session (with xdist: a worker), a fresh migrated database a test.

Which Postgres that is, and which broker the houses of tests have, says tests/engines/chosen.py.
"""

import os
import secrets
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest
from app.database import Pool, connect, open_pool
from app.embedded.postgres import start_postgres
from app.migrate import migrate
from app.settlement.days import prepare_days
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    Database,
    Databases,
    add_institution,
    add_person,
    contribution,
    payment,
)
from tests.engines.chosen import POSTGRES

# In memory a database is copied ten times as fast. What is written survives a killed process there as on a disk.
_MEMORY, _MEMORY_FREE_MIN = Path("/dev/shm"), 6 * 2**30  # noqa: S108
if os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free >= _MEMORY_FREE_MIN:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_MEMORY))

_OWNER, _APP = "medsettle_owner", "medsettle_app"
_PASSWORD = "of-the-tests"

# Crash safety has tests of its own (tests/faults); here it would only cost time.
_SETTINGS = {"shared_buffers": "128MB", "fsync": "off", "full_page_writes": "off", "max_wal_size": "1GB"}


@pytest.hookimpl(tryfirst=True)  # xdist reads the marks in this very hook
def pytest_collection_modifyitems(items: list[pytest.Function]) -> None:
    """Tests that share what is made once a module stay in one process of xdist: every other would make it anew."""
    for item in items:
        made_once = (fixtures[-1].scope == "module" for fixtures in item._fixtureinfo.name2fixturedefs.values())
        if item.get_closest_marker("xdist_group") is None and any(made_once):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
async def postgres(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[str]:
    """URL of the superuser of a running Postgres."""
    server = await start_postgres(tmp_path_factory.mktemp("postgres"), settings=_SETTINGS, programs=POSTGRES)
    yield server.superuser_url
    await server.stop()


@pytest.fixture(scope="session")
async def template(postgres: str) -> AsyncIterator[str]:
    """Name of a migrated database that others are copied from; nobody may be connected to it meanwhile."""
    name = f"template_{secrets.token_hex(6)}"
    for role in (_OWNER, _APP):
        with suppress(asyncpg.DuplicateObjectError):
            await _execute(postgres, f"CREATE ROLE {role}")
        await _execute(postgres, f"ALTER ROLE {role} LOGIN PASSWORD '{_PASSWORD}'")
    await _execute(postgres, f"CREATE DATABASE {name} OWNER {_OWNER}")
    owner_url = _url(postgres, _OWNER, name)
    await migrate(owner_url)
    pool = await open_pool(owner_url, size_max=1, application_name="tests")
    await prepare_days(pool)
    await pool.close()
    yield name
    await _execute(postgres, f"DROP DATABASE {name}")


@pytest.fixture(scope="session")
async def databases(postgres: str, template: str) -> Databases:
    """Opens a database of its own for a block: migrated and empty, or a copy of one that nobody is connected to."""

    @asynccontextmanager
    async def opened(of: Database | None = None) -> AsyncIterator[Database]:
        name = f"test_{secrets.token_hex(6)}"
        copied = template if of is None else urlsplit(of.owner_url).path[1:]
        # Without fsync copying files is three times as fast as writing them to the log.
        await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {copied} STRATEGY file_copy OWNER {_OWNER}")
        try:
            yield Database(owner_url=_url(postgres, _OWNER, name), app_url=_url(postgres, _APP, name))
        finally:
            await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")

    return opened


@pytest.fixture
async def database(databases: Databases) -> AsyncIterator[Database]:
    async with databases() as database:
        yield database


@pytest.fixture
async def pool(database: Database) -> AsyncIterator[Pool]:
    """The application's own pool."""
    pool = await open_pool(database.app_url, size_max=4, application_name="tests")
    yield pool
    await pool.close()


@pytest.fixture
async def owner(database: Database) -> AsyncIterator["asyncpg.Connection[asyncpg.Record]"]:
    """A connection of the role that owns the tables and may change what the application may not."""
    connection = await connect(database.owner_url, application_name="tests")
    yield connection
    await connection.close()


@pytest.fixture
async def books(pool: Pool) -> Pool:
    """The pool of a ledger with one of each kind of settlement, whole and always the same.

    Accounts: hospital 1000, pharmacy 1001, PERSON1 1002, PERSON2 1003. Batches, all in lane 0: 1024 and 2048 bring the
    opening money in, 3072 holds the 8 settlements below, 4096 two payments of PERSON1.
    """
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "PERSON1", balance=100_000)
    await add_person(pool, "PERSON2", balance=500)
    batch = [
        payment(person_no="PERSON1", amount=1_000),
        payment(person_no="PERSON2", amount=800),
        payment(person_no="PERSON2", amount=100, short_balance="decline"),
        payment(person_no="PERSON1", amount=2_000, institution=PHARMACY, metadata={"note": "a|b~c"}),
        payment(person_no="STRANGER", amount=1),
        payment(person_no="PERSON1", amount=1, institution="X00000000003"),
        contribution("PERSON1", 4_000),
        payment(person_no="PERSON1", amount=5, metadata={}, occurred_at=datetime(2026, 1, 2, 3, 4, 5, 67, tzinfo=UTC)),
    ]
    settled = await settle(pool, batch, rules=RuleBook(MIDNIGHT))
    statuses = [answer.outcome.status for answer in settled.answers]
    assert statuses == ["settled", "settled", "declined", "settled", "declined", "rejected", "settled", "settled"]
    settled = await settle(
        pool, [payment(person_no="PERSON1", amount=fen) for fen in (10, 20)], rules=RuleBook(MIDNIGHT)
    )
    assert settled.batch_id == 4096
    return pool


async def _execute(url: str, *statements: str) -> None:
    connection = await connect(url, application_name="tests")
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


def _url(superuser_url: str, role: str, database: str) -> str:
    server = urlsplit(superuser_url)
    return f"postgresql://{role}:{_PASSWORD}@{server.hostname}:{server.port}/{database}"
