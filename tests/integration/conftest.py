"""One standing house for the tests that leave it as they found it: its processes run as long as the session."""

import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.builders import HOSPITAL, PHARMACY, add_institution, add_person
from tests.harness import House, house_in, owned


@pytest.fixture(scope="session")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house with HOSPITAL, PHARMACY, a worker and an API that run. Tests bring people of their own."""
    async with house_in(tmp_path_factory.mktemp("standing") / "house") as house:
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
