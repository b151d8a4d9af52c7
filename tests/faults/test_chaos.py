"""Many rounds of SIGKILL at random moments under mixed load; not one message may be lost or take effect twice.

MEDSETTLE_CHAOS_ROUNDS says how many (20), MEDSETTLE_CHAOS_SEED repeats a run.
"""

import asyncio
import os
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path
from random import Random

import pytest
from app.verify import verify
from tests.harness import House, copy_of, house_in
from tests.traffic import Traffic

ROUNDS = int(os.environ.get("MEDSETTLE_CHAOS_ROUNDS", "20"))
SEED = int(os.environ.get("MEDSETTLE_CHAOS_SEED", secrets.randbelow(10**6)))


class Victims:
    """The processes of a house, each killed and started again by its name."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.kills: dict[str, Callable[[], Awaitable[None]]] = {
            "worker": self._kill_worker,
            "api": self._kill_api,
            "postgres": self._kill_postgres,
        }

    async def start(self) -> None:
        self._worker = await self._house.start_worker()
        self._api = await self._house.start_api()

    async def _kill_worker(self) -> None:
        self._worker.kill()
        self._worker = await self._house.start_worker()

    async def _kill_api(self) -> None:
        self._api.kill()
        self._api = await self._house.start_api()

    async def _kill_postgres(self) -> None:
        self._house.postgres.kill()
        await self._house.postgres.restart()


@pytest.mark.chaos
async def test_nothing_is_lost_or_doubled_whatever_is_killed(house_folder: Path, tmp_path: Path) -> None:
    print(f"MEDSETTLE_CHAOS_SEED={SEED} MEDSETTLE_CHAOS_ROUNDS={ROUNDS}")
    random = Random(SEED)
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        traffic, victims = Traffic(house, SEED), Victims(house)
        await traffic.open_parties()
        await victims.start()
        async with traffic.flowing(http=True):
            for number in range(ROUNDS):
                before = await house.settled()
                await asyncio.sleep(random.uniform(0.0, 1.5))
                chosen = random.sample(sorted(victims.kills), random.choice([1, 1, 1, 2]))
                print(f"round {number}: {' and '.join(chosen)} at {await house.settled()} settled")
                await asyncio.gather(*(victims.kills[name]() for name in chosen))
                assert (await verify(house.installation.owner_url)).violations == []
                await house.settle_until(before + 100)
        await traffic.assert_settled_once()
