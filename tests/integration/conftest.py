"""What integration tests start from: a small ledger of their own, or one standing house, left as it was found."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from app.database import Pool, connect
from tests.builders import HOSPITAL, PHARMACY, Database, add_debit_card, add_institution, add_person
from tests.harness import LONG_SESSION_MS, House, house_in, owned
from tests.integration.tampering import Broken, settle_every_kind, verifier
from tests.kinds import grant


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """The pool of a ledger with HOSPITAL, PHARMACY and P1 with 1,000 fen, no family and no card."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=1_000)
    return pool


@pytest.fixture
async def family(ledger: Pool) -> Pool:
    """The same with the granters M (300 fen) and F (200 fen), filed in this order."""
    await add_person(ledger, "M", balance=300)
    await add_person(ledger, "F", balance=200)
    await grant(ledger, "M")
    await grant(ledger, "F")
    return ledger


@pytest.fixture
async def household(family: Pool) -> Pool:
    """The same with 400 fen in P1's debit account, whose card is OWN_CARD."""
    await add_debit_card(family, "P1", balance=400)
    return family


@pytest.fixture
def bank() -> str:
    """A bank of this test alone."""
    return f"B{secrets.token_hex(4).upper()}"


@pytest.fixture(scope="session")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house with HOSPITAL, PHARMACY, a worker and an API that run. Tests bring people of their own.

    Whoever tries false keys does it from an address of their own, by X-Forwarded-For, so as to slow down nobody else.
    """
    async with house_in(
        tmp_path_factory.mktemp("standing") / "house",
        trusted_proxies="127.0.0.0/8",
        kafka_session_timeout_ms=LONG_SESSION_MS,
    ) as house:
        await add_institution(house.pool, HOSPITAL)
        await add_institution(house.pool, PHARMACY, kind="pharmacy")
        async with owned(house) as owner:
            # A message that no check of ours refuses but the database does.
            await owner.execute(
                "ALTER TABLE settlement.settlements ADD CONSTRAINT planted CHECK (message_id !~ 'POISON')"
            )
        await house.start_worker()
        await house.start_api()
        yield house


@pytest.fixture
async def client(standing: House) -> AsyncIterator[httpx.AsyncClient]:
    async with standing.client() as client:
        yield client


@pytest.fixture
async def person(standing: House) -> str:
    """A person of this test alone, with 10,000 fen."""
    person_no = f"P{secrets.token_hex(6)}"
    await add_person(standing.pool, person_no, balance=10_000)
    return person_no


@pytest.fixture(scope="session")
async def house_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a migrated cluster in it, to be copied."""
    folder = tmp_path_factory.mktemp("used") / "house"
    async with house_in(folder):
        pass
    return folder


@pytest.fixture(scope="session")
async def every_kind_template(postgres: str, template: str) -> AsyncIterator[str]:
    """Name of a database with the ledger of `settle_every_kind`, to be copied."""
    name = f"every_kind_{secrets.token_hex(6)}"
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {template}")
    await settle_every_kind(_database(postgres, name))
    yield name
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def every_kind(postgres: str, every_kind_template: str) -> AsyncIterator[Database]:
    """A ledger with every kind, of this test alone; its connections are the superuser's."""
    name = f"test_{secrets.token_hex(6)}"
    await _execute(postgres, f"CREATE DATABASE {name} TEMPLATE {every_kind_template} STRATEGY file_copy")
    yield _database(postgres, name)
    await _execute(postgres, f"DROP DATABASE {name} WITH (FORCE)")


async def _execute(url: str, statement: str) -> None:
    connection = await connect(url, application_name="tests")
    try:
        await connection.execute(statement)
    finally:
        await connection.close()


def _database(superuser_url: str, name: str) -> Database:
    url = urlsplit(superuser_url)._replace(path=f"/{name}").geturl()
    return Database(owner_url=url, app_url=url)


@pytest.fixture
async def broken(database: Database) -> AsyncIterator[Broken]:
    """Says what `verify` finds in this test's database, again and again."""
    async with verifier(database) as verified:

        async def broken() -> set[str]:
            return {violation.check for violation in (await verified()).violations}

        yield broken
