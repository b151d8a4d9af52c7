"""Sealing beside live traffic: nobody waits for it, and no batch slips in behind it."""

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from app.clearing.days import Day
from app.clearing.seal import sealing
from app.database import Pool, open_pool
from app.ledger import journal
from app.settlement import settle as posting
from app.settlement.records import Answer
from app.settlement.writing import write
from app.verify import verify
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, payment
from tests.clearing_days import open_places, post_today, post_yesterday, seal, today, yesterday
from tests.harness import eventually


@pytest.fixture
async def places(pool: Pool) -> Pool:
    await open_places(pool)
    return pool


class _Stall:
    """A call of the posting path that stands still until it is let go; only the first caller does."""

    def __init__(self, call: Callable[..., Awaitable[Any]], *, before: bool) -> None:
        self._call, self._before = call, before
        self._is_met = False
        self.reached, self.go_on = asyncio.Event(), asyncio.Event()

    async def __call__(self, *arguments: Any) -> Any:
        if self._is_met:
            return await self._call(*arguments)
        self._is_met = True
        if self._before:
            await self._stand_still()
            return await self._call(*arguments)
        result = await self._call(*arguments)
        await self._stand_still()
        return result

    async def _stand_still(self) -> None:
        self.reached.set()
        await self.go_on.wait()


@asynccontextmanager
async def _stalled_posting(
    pool: Pool, stall: _Stall, module: Any, name: str
) -> AsyncIterator[asyncio.Task[list[Answer]]]:
    """One posting of yesterday that stands still inside the block."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, name, stall)
        task = asyncio.create_task(post_yesterday(pool, payment(amount=777)))
        await stall.reached.wait()
        yield task
        stall.go_on.set()
        await task


async def _closed(pool: Pool) -> None:
    async def closed() -> bool:
        return bool(await pool.fetchval("SELECT EXISTS (SELECT FROM ledger.closed_days)"))

    await eventually(closed)


def _debits(day: Day) -> int:
    assert day.totals is not None
    return day.totals.debits


async def test_a_batch_that_read_the_clock_before_the_seal_and_ends_after_it_falls_into_the_next_day(
    places: Pool, database: Database
) -> None:
    stall = _Stall(write, before=True)
    async with _stalled_posting(places, stall, posting, "write") as late:
        sealed = asyncio.create_task(seal(database))
        await _closed(places)
        await asyncio.sleep(0.1)
        assert not sealed.done()
        stall.go_on.set()
        [answer] = await late
        day = await sealed
    assert (answer.status, answer.row.business_day) == ("settled", today())
    assert _debits(day) == 0
    assert (await verify(database.app_url)).violations == []


async def test_a_batch_that_was_recorded_before_the_day_was_closed_is_waited_for(
    places: Pool, database: Database
) -> None:
    stall = _Stall(journal.close_batch, before=False)
    async with _stalled_posting(places, stall, journal, "close_batch") as early:
        sealed = asyncio.create_task(seal(database))
        await _closed(places)
        await asyncio.sleep(0.1)
        assert not sealed.done()
        stall.go_on.set()
        [answer] = await early
        day = await sealed
    assert (answer.status, answer.row.business_day) == ("settled", yesterday())
    assert _debits(day) == 777
    assert (await verify(database.app_url)).violations == []


async def test_a_seal_that_waits_makes_no_posting_wait(places: Pool, database: Database) -> None:
    """mojaloop/project#4445: closing a window stalls clearing."""
    stall = _Stall(journal.close_batch, before=False)
    async with _stalled_posting(places, stall, journal, "close_batch"):
        sealed = asyncio.create_task(seal(database))
        await _closed(places)
        by_clock = await post_today(places, payment(person_no="P2", amount=5))
        with_a_late_clock = await post_yesterday(places, payment(person_no="P2", amount=6))
        assert not sealed.done()
    assert [each.row.business_day for each in (*by_clock, *with_a_late_clock)] == [today(), today()]
    await sealed


async def test_a_batch_of_the_day_loses_its_place_even_if_its_process_knows_of_no_seal(
    places: Pool, database: Database
) -> None:
    await seal(database)
    answers = await post_yesterday(places, payment(), payment())
    assert {each.row.business_day for each in answers} == {today()}
    assert (await verify(database.app_url)).violations == []


async def test_a_server_with_another_isolation_lets_no_batch_in(places: Pool, owner: Any, database: Database) -> None:
    """A transaction that saw one moment all along would not see the day closed."""
    name = await owner.fetchval("SELECT current_database()")
    await owner.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    stall = _Stall(write, before=True)
    async with (
        await open_pool(database.app_url, size_max=1, application_name="tests") as strict,
        _stalled_posting(strict, stall, posting, "write") as late,
    ):
        sealed = asyncio.create_task(seal(database))
        await _closed(places)
        stall.go_on.set()
        [answer] = await late
        await sealed
    assert answer.row.business_day == today()


async def test_sealing_and_posting_never_lock_each_other_up(places: Pool, database: Database) -> None:
    """mojaloop/project#4473: settlement deadlocks with transfers."""
    chance, posted = random.Random(4473), [0]
    sealed = asyncio.Event()

    async def post_until_sealed(pool: Pool) -> None:
        while not sealed.is_set():
            batch = [
                payment(
                    person_no=chance.choice(["P1", "P2"]), amount=chance.randint(1, 9),
                    institution=chance.choice([HOSPITAL, PHARMACY]),
                )
                for _ in range(chance.randint(1, 20))
            ]  # fmt: skip
            await post_yesterday(pool, *batch)
            posted[0] += len(batch)

    def more_is_posted(than: int) -> Callable[[], Awaitable[bool]]:
        async def is_posted() -> bool:
            # Behind what each sender had in hand.
            return posted[0] > than + 4 * 20

        return is_posted

    async with await open_pool(database.app_url, size_max=4, application_name="tests") as pool:
        async with asyncio.TaskGroup() as senders:
            for _ in range(4):
                senders.create_task(post_until_sealed(pool))
            await eventually(more_is_posted(posted[0]))
            async with sealing(database.app_url, MIDNIGHT) as sealer:
                day = await sealer.seal(yesterday())
            await eventually(more_is_posted(posted[0]))
            sealed.set()
        deadlocks = await pool.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    assert deadlocks == 0
    counts = await places.fetch(
        "SELECT business_day, count(*) FROM settlement.settlements WHERE kind = 'payment' GROUP BY 1 ORDER BY 1"
    )
    assert [each for each, _ in counts] == [yesterday(), today()]
    assert day.totals is not None
    assert day.totals.debit_count == counts[0][1]
    assert sum(count for _, count in counts) == posted[0]
    assert (await verify(database.app_url)).violations == []
