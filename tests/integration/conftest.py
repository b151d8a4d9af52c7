"""One standing house for the tests that leave it as they found it: its processes run as long as the session."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from tests.builders import HOSPITAL, PHARMACY, add_institution
from tests.harness import House, house_in


@pytest.fixture(scope="session")
async def standing(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house with HOSPITAL, PHARMACY, a worker and an API that run. Tests bring people of their own."""
    async with house_in(tmp_path_factory.mktemp("standing") / "house") as house:
        await add_institution(house.pool, HOSPITAL)
        await add_institution(house.pool, PHARMACY, kind="pharmacy")
        await house.start_worker()
        await house.start_api()
        yield house


@pytest.fixture
async def client(standing: House) -> AsyncIterator[httpx.AsyncClient]:
    async with standing.client() as client:
        yield client


@pytest.fixture(scope="session")
async def house_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder with a migrated cluster in it, to be copied."""
    folder = tmp_path_factory.mktemp("used") / "house"
    async with house_in(folder):
        pass
    return folder
