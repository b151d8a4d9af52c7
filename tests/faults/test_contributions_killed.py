"""`medsettle contribute` is killed at any moment and run again: no line twice, none lost."""

import asyncio
import random
import time
from pathlib import Path
from signal import SIGTERM

import psutil
import pytest
from app.database import transaction
from app.installation import environment
from app.parties.csv_files import PersonRow
from app.parties.load import store_persons
from app.verify import verify
from tests.commands import Command, medsettle, running
from tests.contribution_files import Line, csv_bytes
from tests.harness import DEADLINE_SECONDS, House, copy_of, eventually, house_in

pytestmark = pytest.mark.chaos

# Enough that a run takes some seconds, most persons with two lines, and two processes.
_PERSONS = 40_000
_LINES = 60_000
_KILLS = 6


def parts() -> list[psutil.Process]:
    return [
        process
        for process in psutil.process_iter(["cmdline"])
        if "app.funding.part" in (process.info["cmdline"] or []) and "KILLED-1" in process.info["cmdline"]
    ]


async def recorded(house: House) -> int:
    count: int = await house.pool.fetchval(
        "SELECT count(*) FROM settlement.settlements WHERE message_id LIKE 'KILLED-1:%'"
    )
    return count


@pytest.mark.parametrize("seed", [1, 2])
async def test_a_killed_file_goes_on(house_folder: Path, tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)
    lines: list[Line] = [(f"P{n % _PERSONS}", 1 + n % 7, "contribution") for n in range(_LINES)]
    lines += [("NOBODY", 3, "contribution"), ("P1", 0, "contribution")]
    file = tmp_path / "file.csv"
    file.write_bytes(csv_bytes(lines, file_no="KILLED-1"))
    words = ("contribute", file, "--operator", "clerk-1")
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        async with transaction(house.pool) as connection:
            await store_persons(connection, [PersonRow(0, f"P{n}", 0) for n in range(_PERSONS)])
        progress = []
        for kill in range(_KILLS):
            with running(*words, on=environment(house.settings)) as command:
                if kill % 2 == 0:  # while lines are settling
                    before = await recorded(house)

                    async def goes_on(before: int = before, command: Command = command) -> bool:
                        return command.is_over() or await recorded(house) > before

                    await eventually(goes_on)
                    await asyncio.sleep(chance.uniform(0, 0.2))
                else:
                    await asyncio.sleep(chance.uniform(0, 1.5))
            progress.append(await recorded(house))
        assert any(0 < count < _LINES for count in progress), progress
        await _parts_follow()
        last = medsettle(*words, on=environment(house.settings))
        assert last.returncode == 0, last.stderr
        assert f"settled: {_LINES:,} lines" in last.stdout
        assert "refused: 2 lines" in last.stdout
        await _assert_once(house, lines)


@pytest.mark.parametrize("is_killed", [True, False], ids=["SIGKILL", "SIGTERM"])
async def test_a_file_over_http_whose_api_ends(house_folder: Path, tmp_path: Path, is_killed: bool) -> None:
    lines: list[Line] = [(f"P{n % _PERSONS}", 1 + n % 7, "contribution") for n in range(_LINES)]
    content = csv_bytes([*lines, ("NOBODY", 3, "contribution"), ("P1", 0, "contribution")], file_no="KILLED-1")
    headers = {"content-type": "text/csv"}
    async with house_in(copy_of(house_folder, tmp_path / "house")) as house:
        async with transaction(house.pool) as connection:
            await store_persons(connection, [PersonRow(0, f"P{n}", 0) for n in range(_PERSONS)])

        async def file_state() -> str:
            return str((await client.get("/v1/contributions/KILLED-1")).json()["state"])

        async def is_settled() -> bool:
            return await file_state() == "settled"

        async def some_lines_are_recorded() -> bool:
            return await recorded(house) > 0

        api = await house.start_api()
        async with house.client() as client:
            assert (await client.post("/v1/contributions", content=content, headers=headers)).status_code == 202
            await eventually(some_lines_are_recorded)
            if is_killed:
                api.kill()
            else:
                assert await house.stop(api) in {0, -SIGTERM}
        await _parts_follow()
        assert await recorded(house) < _LINES
        await house.start_api()
        async with house.client() as client:
            assert await file_state() == "interrupted"
            assert (await client.post("/v1/contributions", content=content, headers=headers)).status_code == 202
            await eventually(is_settled)
        await _assert_once(house, lines)


async def _parts_follow() -> None:
    """A part whose command is dead ends when it tells of its batch."""
    deadline = time.monotonic() + DEADLINE_SECONDS
    while parts():
        assert time.monotonic() < deadline
        await asyncio.sleep(0.1)


async def _assert_once(house: House, lines: list[Line]) -> None:
    wanted: dict[str, int] = {}
    for person_no, amount, _ in lines[:_LINES]:
        wanted[person_no] = wanted.get(person_no, 0) + int(amount)
    rows = await house.pool.fetch("SELECT owner, balance FROM ledger.accounts WHERE kind = 'personal'")
    assert {row["owner"]: row["balance"] for row in rows} == wanted
    assert await recorded(house) == _LINES + 1  # that of NOBODY is recorded as declined
    report = await house.pool.fetchrow("SELECT settled_count, settled_total FROM funding.contribution_files")
    assert report is not None
    assert tuple(report) == (_LINES, sum(wanted.values()))
    assert (await verify(house.installation.owner_url)).ok
