"""One house for all tests of the national interface: its API has a key of personal data."""

from collections.abc import AsyncIterator

import httpx
import pytest
from pydantic import SecretStr
from tests.builders import HOSPITAL, PHARMACY, add_institution
from tests.card_desk import RING
from tests.harness import House, house_in


@pytest.fixture(scope="session")
async def interface(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """HOSPITAL with the settlement office 999901, and PHARMACY."""
    async with house_in(tmp_path_factory.mktemp("national") / "house", data_keys=SecretStr(RING)) as house:
        await add_institution(house.pool, HOSPITAL)
        await add_institution(house.pool, PHARMACY, kind="pharmacy")
        await house.pool.execute(
            "UPDATE parties.institutions SET settlement_office = '999901' WHERE institution = $1", HOSPITAL
        )
        await house.start_api()
        yield house


@pytest.fixture
async def caller(interface: House) -> AsyncIterator[httpx.AsyncClient]:
    async with interface.client() as client:
        yield client
