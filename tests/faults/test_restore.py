"""The restore drill of docs/operations.md, its commands as they stand there.

A server is killed under load and its data is thrown away; from a base backup and the streamed log comes every commit
that was answered, or the ledger as of a time.
"""

import asyncio
import os
import re
import shutil
import textwrap
from collections.abc import AsyncIterator
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from signal import SIGINT, SIGTERM
from typing import Any

import orjson
import pytest
from app.embedded.cluster import pg_bin
from app.embedded.process import Child, service_account, spawn
from app.verify import verify
from tests.harness import House, eventually, house_in, owned
from tests.traffic import Key, Traffic

pytestmark = pytest.mark.processes

_OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"


def _blocks() -> list[str]:
    """The commands of the section, in its order."""
    [section] = re.findall(r"^## Backup and restore\n(.*?)^## ", _OPERATIONS.read_text(), re.MULTILINE | re.DOTALL)
    return [textwrap.dedent(block) for block in re.findall(r"(?:^    .*\n)+", section, re.MULTILINE)]


STREAM, ASK_FOR_IT, BASE_BACKUP, RESTORE, TO_A_TIME, IN_RECOVERY, PROVE = _blocks()


class Drill:
    """A house, the folders of its backups, and the shell of the user who runs its server."""

    def __init__(self, house: House, folder: Path) -> None:
        self.house = house
        self.cluster = house.postgres.data_dir / "postgres"
        self.account = service_account(self.cluster)
        self.wal, self.base = folder / "wal", folder / "base"
        for each in (self.wal, self.base):
            each.mkdir()
            self._own(each)
        self.base.rmdir()

    def _own(self, path: Path) -> None:
        if self.account is not None:
            os.chown(path, self.account.uid, self.account.gid)

    def _environment(self, **also: str) -> dict[str, str]:
        owner_url = self.house.installation.owner_url
        named = {"OWNER_URL": owner_url, "BACKUP_URL": owner_url, "WAL": str(self.wal), "BASE": str(self.base)}
        path = f"{pg_bin('psql').parent}:{os.environ['PATH']}"
        return {**os.environ, **named, "DATA": str(self.cluster), **also, "PATH": path}

    async def run(self, script: str, **also: str) -> str:
        """What it says."""
        child = self._start(script, **also)
        assert await child.ended(300)
        assert child.exit_code == 0, child.log_text()
        return child.log_text()

    def _start(self, script: str, **also: str) -> Child:
        command = ["/bin/bash", "-euo", "pipefail", "-c", script]
        log = self.wal.parent / "drill.log"
        environment = self._environment(**also)
        return spawn("drill", command, log=log, death_signal=SIGTERM, account=self.account, env=environment)

    async def stream(self) -> Child:
        """Make the slot, and leave the receiver running."""
        make_slot, receive = STREAM.strip().splitlines()
        await self.run(make_slot)
        return self._start(f"exec {receive}")

    async def restored(self, *scripts: str, **also: str) -> None:
        """What is there of the server is thrown away, and another one is started in its place."""
        await self.house.postgres.stop()
        shutil.rmtree(self.cluster)
        for script in scripts:
            await self.run(script, **also)
        await self.house.postgres.restart()
        await eventually(self._has_replayed)

    async def _has_replayed(self) -> bool:
        return (await self.run(IN_RECOVERY)).splitlines()[-1] == "f"


@pytest.fixture
async def drill(tmp_path: Path) -> AsyncIterator[Drill]:
    async with house_in(tmp_path / "house") as house:
        (tmp_path / "backups").mkdir()
        yield Drill(house, tmp_path / "backups")


async def _recorded(house: House) -> set[Key]:
    rows = await house.pool.fetch("SELECT institution, message_id FROM settlement.settlements")
    return {(row["institution"], row["message_id"]) for row in rows}


def _answered(traffic: Traffic) -> set[Key]:
    """What anyone was told to be recorded."""
    return {(each["institution"], each["message_id"]) for each in _told(traffic)}


def _told(traffic: Traffic) -> list[Any]:
    """Outcomes of what is recorded, over HTTP or on the topic."""
    told = [orjson.loads(record.value or b"") for record in traffic.house.outcomes.records]
    return [each for each in [*told, *traffic.answers] if each["settlement_id"] is not None]


async def _is_any_answered(traffic: Traffic, *, since: datetime) -> bool:
    """Of what began to be settled since then, so that its commit is later too."""
    times = [each["settled_at"] for each in _told(traffic)]
    return any(time is not None and datetime.fromisoformat(time) > since for time in times)  # a conflict has none


async def _assert_whole(house: House) -> None:
    assert (await verify(house.installation.owner_url)).violations == []


async def test_a_killed_and_lost_server_comes_back_with_every_commit_or_as_of_a_time(drill: Drill) -> None:
    house = drill.house
    traffic = Traffic(house, seed=715)
    await traffic.open_parties()
    receiver = await drill.stream()
    await drill.run(ASK_FOR_IT.splitlines()[0])
    await eventually(lambda: _is_waited_for(drill))
    worker, api = await house.start_worker(), await house.start_api()
    async with traffic.flowing(http=True):
        await house.settle_until(200)
        await drill.run(BASE_BACKUP)
        await house.settle_until(500)
        answered_by_then = _answered(traffic)
        target: datetime = await house.pool.fetchval("SELECT clock_timestamp()")
        await eventually(lambda: _is_any_answered(traffic, since=target))

        house.postgres.kill()
        worker.kill()
        api.kill()
        await asyncio.sleep(1)  # what was answered before arrives
        answered = _answered(traffic)
        await receiver.stop((SIGINT, 30))

        await drill.restored(RESTORE, TO_A_TIME, TARGET=target.isoformat())
        as_of_then = await _recorded(house)
        assert answered_by_then <= as_of_then
        assert answered - as_of_then
        latest = await house.pool.fetchval("SELECT max(settled_at) FROM ledger.batches")
        assert latest <= target
        await _assert_whole(house)

        await drill.restored(RESTORE)
        recorded = await _recorded(house)
        assert answered <= recorded
        assert as_of_then < recorded
        await _assert_whole(house)

        await house.start_worker()
        await house.start_api()
    await traffic.assert_settled_once()


async def _is_waited_for(drill: Drill) -> bool:
    with suppress(AssertionError):
        return "sync" in await drill.run(ASK_FOR_IT.splitlines()[1])
    return False


def test_the_last_command_is_the_proof() -> None:
    assert PROVE.strip() == ".venv/bin/medsettle verify"


async def test_a_commit_waits_for_the_receiver(drill: Drill) -> None:
    """Else what was answered could be lost with the server."""
    await drill.run(STREAM.splitlines()[0])
    await drill.run(ASK_FOR_IT.splitlines()[0])
    async with owned(drill.house) as owner:
        await owner.execute("SET statement_timeout = 0")
        write = asyncio.create_task(owner.execute("CREATE TABLE public.waited_for ()"))
        await asyncio.sleep(2)
        assert not write.done()
        receiver = await drill.stream()
        await write
    await drill.run('psql "$OWNER_URL" -c "ALTER SYSTEM RESET synchronous_standby_names" -c "SELECT pg_reload_conf()"')
    await receiver.stop((SIGINT, 30))
