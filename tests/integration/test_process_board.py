"""What processes tell of themselves: every one that lives, its own figures, and nothing of one that ended well."""

import asyncio
from contextlib import suppress

import pytest
from app import process_board
from app.database import Pool, transaction
from app.process_board import Told, keep_told, read_board
from tests.harness import DEADLINE_SECONDS, eventually


async def board(pool: Pool) -> list[Told]:
    async with transaction(pool) as connection:
        return await read_board(connection)


async def test_processes_stand_beside_each_other_until_they_end(pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(process_board, "_END_SECONDS_MAX", DEADLINE_SECONDS)
    telling = [
        asyncio.create_task(keep_told(pool, "worker", lambda: {"partitions": {3: {"lag": 7}}})),
        asyncio.create_task(keep_told(pool, "api")),
    ]

    async def both() -> bool:
        return len(await board(pool)) == 2

    await eventually(both)
    api, worker = await board(pool)
    assert (api.kind, worker.kind) == ("api", "worker")
    assert worker.figures["partitions"] == {"3": {"lag": 7}}
    assert worker.silent_seconds < 60
    telling[1].cancel()
    with suppress(asyncio.CancelledError):
        await telling[1]
    assert [told.kind for told in await board(pool)] == ["worker"]
    telling[0].cancel()
    with suppress(asyncio.CancelledError):
        await telling[0]


async def test_one_that_was_silent_for_a_day_is_forgotten_and_one_that_was_killed_today_is_not(pool: Pool) -> None:
    for name, hours in (("old", 25), ("killed", 1)):
        await pool.execute(
            "INSERT INTO operations.processes (process, kind, host, pid, release, started_at, told_at, figures)"
            " VALUES ($1, 'worker', 'h', 1, '0', now(), now() - make_interval(hours => $2), '{}')",
            name, hours,
        )  # fmt: skip
    telling = asyncio.create_task(keep_told(pool, "scheduler"))

    async def forgotten() -> bool:
        return {told.process.partition("-")[0] for told in await board(pool)} == {"killed", "scheduler"}

    await eventually(forgotten)
    telling.cancel()
    with suppress(asyncio.CancelledError):
        await telling
