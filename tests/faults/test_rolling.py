"""A release is rolled out under load: migration first, then one process after the other, and nobody notices."""

import shutil
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from app.embedded.process import Child
from app.migrate import DIRECTORY, migrate
from tests.callers import AsWhoeverMay
from tests.harness import DEADLINE_SECONDS, House, house_in
from tests.traffic import Traffic

pytestmark = pytest.mark.processes

#: Of the next release: columns on the two largest tables, a rule that lets in more, a table of its own.
NEXT_MIGRATION = """
ALTER TABLE settlement.settlements ADD COLUMN of_next_release text;
ALTER TABLE ledger.transfers ADD COLUMN of_next_release smallint NOT NULL DEFAULT 0;
ALTER TABLE ledger.accounts
    DROP CONSTRAINT account_state_known,
    ADD CONSTRAINT account_state_known
        CHECK (state IN ('normal', 'frozen', 'closed', 'dormant', 'of_next_release')) NOT VALID;
CREATE TABLE settlement.of_next_release (number integer PRIMARY KEY);
GRANT SELECT ON settlement.of_next_release TO medsettle_app;
"""


class Balancer(httpx.AsyncBaseTransport):
    """Sends a request to one API after the other, and to the next where one does not take it, as balancers do."""

    def __init__(self) -> None:
        self.addresses: list[httpx.URL] = []
        self.statuses: Counter[int] = Counter()
        self.without_advice = 0
        self._transport = httpx.AsyncHTTPTransport()
        self._turn = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        while True:
            self._turn += 1
            address = self.addresses[self._turn % len(self.addresses)]
            request.url = request.url.copy_with(host=address.host, port=address.port)
            try:
                response = await self._transport.handle_async_request(request)
            except httpx.TransportError:
                continue
            self.statuses[response.status_code] += 1
            self.without_advice += response.status_code == 503 and "retry-after" not in response.headers
            return response

    async def aclose(self) -> None:
        """Shared by all clients of the house."""


class BehindBalancer(House):
    """The house as institutions reach it."""

    balancer: Balancer

    def client(self, key: str | None = None) -> httpx.AsyncClient:
        return httpx.AsyncClient(
            base_url="http://balancer", transport=self.balancer, timeout=DEADLINE_SECONDS, auth=AsWhoeverMay(self.keys)
        )


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[BehindBalancer]:
    async with house_in(tmp_path / "house") as house:
        house.__class__ = BehindBalancer
        assert isinstance(house, BehindBalancer)
        house.balancer = Balancer()
        yield house


async def test_a_rollout_under_load_fails_no_request_and_loses_nothing(house: BehindBalancer, tmp_path: Path) -> None:
    traffic = Traffic(house, seed=416)
    await traffic.open_parties()
    async with house.other(tmp_path / "second") as second, house.other(tmp_path / "third") as third:
        old_workers = [await house.start_worker(), await house.start_worker()]
        old_apis = [await house.start_api(), await second.start_api()]
        addresses = [httpx.URL(each.installation.base_url) for each in (house, second, third)]
        house.balancer.addresses = addresses[:2]
        async with traffic.flowing(http=True):
            await house.settle_until(150)
            assert await migrate(house.installation.owner_url, _next_release(tmp_path)) == ["9999_next.sql"]
            await house.settle_until(300)
            # A process more first, and then one of the old ones less, as a roll-out does.
            await third.start_api()
            house.balancer.addresses = addresses
            await _replace(house, old_workers[0], old_apis[0], house)
            await house.settle_until(500)
            await _replace(house, old_workers[1], old_apis[1], second)
            await house.settle_until(700)
        assert [child.exit_code for child in old_workers] == [0, 0]
        # The server answers what it has taken, and then ends by the signal that it was sent.
        assert [child.exit_code for child in old_apis] == [0, 0]
        assert house.balancer.statuses.keys() <= {200, 201, 409, 503}
        assert house.balancer.without_advice == 0
        await traffic.assert_settled_once()


async def _replace(house: House, worker: Child, api: Child, at: House) -> None:
    """One worker and the API of an address by new ones."""
    await house.start_worker()
    await house.stop(worker)
    await at.stop(api)
    await at.start_api()


def _next_release(tmp_path: Path) -> Path:
    """The migrations of this release and one more."""
    folder: Any = shutil.copytree(DIRECTORY, tmp_path / "migrations")
    (folder / "9999_next.sql").write_text(NEXT_MIGRATION)
    return Path(folder)
