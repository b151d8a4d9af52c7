"""Who ends a hold, when several would at once and its time comes meanwhile: its fen are taken or freed, once.

`test_hold_races` has the same of a few at once; here are many rounds, each told by the ledger's own clock.
"""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from app.codes import Code
from app.errors import DatabaseUnavailable
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Message
from app.settlement.records import Outcome
from tests.builders import Database, authorization, follow_up, payment
from tests.harness import eventually
from tests.kinds import Owner, balance, disagreements, held, outcome, outcomes
from tests.races import CALLERS, RICH, Arena, a_moment, arena_of, at_once

pytestmark = pytest.mark.races

ROUNDS = 32
PERSONS = tuple(f"P{number}" for number in range(1, 5))


@pytest.fixture
async def arena(database: Database) -> AsyncIterator[Arena]:
    """Four rich persons."""
    async with arena_of(database, *PERSONS) as arena:
        yield arena


# Capture and void


async def test_partial_captures_and_a_final_one_take_no_more_than_is_held(arena: Arena) -> None:
    refusals: Counter[str] = Counter()
    for _ in range(ROUNDS):
        hold = authorization()
        await outcome(arena.pool, hold)
        before = await balance(arena.pool)
        captures = [follow_up("capture", hold, amount=200) for _ in range(6)]
        final = follow_up("capture", hold, amount=150, final=True)
        told = await at_once(arena.pool, final, *captures)
        taken = [each for each in told if each.status == "settled"]
        assert before - await balance(arena.pool) == sum(each.account_paid for each in taken) <= 1_000
        assert await held(arena.pool) == 0
        # After the final one none took anything; before it five could.
        if told[0].code == Code.OK:
            assert max(_moment(each) for each in taken) == _moment(told[0])
        else:
            assert len(taken) == 5
        refusals.update(each.code for each in told if each.status == "declined")
    assert set(refusals) == {Code.HOLD_CAPTURED}
    await arena.assert_whole()


async def test_captures_that_would_exceed_the_hold_take_nothing(arena: Arena) -> None:
    for _ in range(ROUNDS):
        hold = authorization()
        await outcome(arena.pool, hold)
        before = await balance(arena.pool)
        told = await at_once(arena.pool, *(follow_up("capture", hold, amount=300) for _ in range(5)))
        assert Counter(each.code for each in told) == {Code.OK: 3, Code.CAPTURE_EXCEEDS_HOLD: 2}
        assert (before - await balance(arena.pool), await held(arena.pool)) == (900, 100)
        await outcome(arena.pool, follow_up("capture", hold))
    await arena.assert_whole()


async def test_a_capture_and_a_void_share_no_fen(arena: Arena) -> None:
    seen: set[tuple[object, ...]] = set()
    for amount in (0, 400) * ROUNDS:
        hold = authorization()
        await outcome(arena.pool, hold)
        before = await balance(arena.pool)
        captured, voided = await at_once(arena.pool, follow_up("capture", hold, amount=amount), follow_up("void", hold))
        assert before - await balance(arena.pool) == captured.account_paid
        assert captured.account_paid + voided.account_paid == 1_000
        assert await held(arena.pool) == 0
        seen.add((amount, captured.code, voided.code))
    assert seen == {
        (0, Code.OK, Code.HOLD_CAPTURED),
        (0, Code.HOLD_VOIDED, Code.OK),
        (400, Code.OK, Code.OK),
        (400, Code.HOLD_VOIDED, Code.OK),
    }
    await arena.assert_whole()


# Expiry


async def held_for_a_while(arena: Arena, *, apart: timedelta) -> list[Message]:
    """Open holds of all persons that will be due one after the other."""
    first = datetime.now(UTC) + timedelta(seconds=5)  # by then all are held on a busy machine too
    holds = [
        authorization(person_no=PERSONS[number % len(PERSONS)], amount=100, expires_at=first + number * apart)
        for number in range(ROUNDS)
    ]
    assert {each.code for each in await outcomes(arena.pool, *holds)} == {Code.OK}
    return holds


async def how_long_one_takes(arena: Arena) -> timedelta:
    """On this machine, as busy as it is now: holds that fell due faster would all be ended too late."""
    begun = datetime.now(UTC)
    for _ in range(10):
        await outcome(arena.pool, authorization(person_no="STRANGER"))
    return (datetime.now(UTC) - begun) / 10


def _due(hold: Message) -> datetime:
    assert hold.expires_at is not None
    return hold.expires_at


def _moment(outcome: Outcome) -> datetime:
    assert outcome.settled_at is not None
    return outcome.settled_at


async def until(moment: datetime) -> None:
    await asyncio.sleep(max(0.0, (moment - datetime.now(UTC)).total_seconds()))


@pytest.mark.parametrize("kind", ["capture", "void", "reversal"])
async def test_who_ends_a_hold_before_its_last_microsecond_has_it(arena: Arena, kind: str) -> None:
    """Against two sweepers: what decides is the ledger's clock, and not which of them came to the account first."""
    holds = await held_for_a_while(arena, apart=2 * await how_long_one_takes(arena))

    async def end(hold: Message) -> Outcome:
        earliest = random.choice((-15, -30, -300, -1_000))
        await until(_due(hold) + timedelta(milliseconds=random.uniform(earliest, 5)))
        return await outcome(arena.pool, follow_up(kind, hold))

    async def sweep() -> None:
        while datetime.now(UTC) < _due(holds[-1]) + timedelta(milliseconds=20):
            await expire_due_holds(arena.pool)
            await a_moment()

    sweeping = [asyncio.create_task(sweep()) for _ in range(2)]
    told = await asyncio.gather(*(end(hold) for hold in holds))
    await asyncio.gather(*sweeping)
    too_late = Code.NOTHING_TO_REVERSE if kind == "reversal" else Code.HOLD_EXPIRED
    for hold, each in zip(holds, told, strict=True):
        assert each.code == (Code.OK if _moment(each) < _due(hold) else too_late)
    assert {each.code for each in told} == {Code.OK, too_late}
    while await expire_due_holds(arena.pool):
        pass
    taken = sum(each.account_paid for each in told if kind == "capture")
    assert sum([await balance(arena.pool, each) for each in PERSONS]) == RICH * len(PERSONS) - taken
    changes = await arena.pool.fetch(
        "SELECT array_agg(change ORDER BY entry_id) FROM settlement.hold_entries GROUP BY message_key"
    )
    assert [row[0] for row in changes] == [[100, -100]] * ROUNDS
    await arena.assert_whole()


_OPEN = "SELECT count(*) FROM settlement.holds WHERE state = 'open'"


async def test_a_sweeper_cancelled_at_any_moment_has_released_a_hold_whole_or_not(arena: Arena) -> None:
    holds = await held_for_a_while(arena, apart=timedelta(milliseconds=5))
    await until(_due(holds[0]))
    cancelled = 0
    for _ in range(3 * ROUNDS):
        sweeping = asyncio.create_task(expire_due_holds(arena.pool))
        await asyncio.sleep(random.random() * 0.006)
        sweeping.cancel()
        try:
            await sweeping
        except asyncio.CancelledError:
            cancelled += 1
        assert await disagreements(arena.pool) == []
    assert cancelled
    await expire_due_holds(arena.pool)
    assert await arena.pool.fetchval(_OPEN) == 0
    await arena.assert_whole()


@pytest.mark.parametrize("how", ["killed", "cancelled"])
async def test_a_sweeper_stopped_among_its_writes_leaves_everything_to_the_next(
    arena: Arena, owner: Owner, how: str
) -> None:
    holds = await held_for_a_while(arena, apart=timedelta(0))
    await until(_due(holds[0]))
    async with owner.transaction():
        # The sweeper has the accounts, and comes to a hold that is taken.
        await owner.execute("SELECT FROM settlement.holds ORDER BY message_key DESC LIMIT 1 FOR UPDATE")
        sweeping = asyncio.create_task(expire_due_holds(arena.pool))

        async def stuck() -> bool:
            return bool(await arena.pool.fetchval(f"SELECT count(*) {_SWEEPER_STUCK}"))

        await eventually(stuck)
        capturing = asyncio.create_task(outcome(arena.pool, follow_up("capture", holds[0])))
        await asyncio.sleep(0.05)
        assert not capturing.done()
        if how == "killed":
            assert await arena.pool.fetchval(f"SELECT pg_terminate_backend(pid) {_SWEEPER_STUCK}")
        else:
            sweeping.cancel()
        with pytest.raises(DatabaseUnavailable if how == "killed" else asyncio.CancelledError):
            await sweeping
        assert await arena.pool.fetchval(_OPEN) == ROUNDS
        assert await disagreements(arena.pool) == []
    assert (await capturing).code == Code.HOLD_EXPIRED
    swept = await asyncio.gather(*(expire_due_holds(arena.pool) for _ in range(3)))
    assert sum(swept) == ROUNDS - ROUNDS // len(PERSONS)
    # Nothing that it took is left behind: every connection of the pool and every account can be used.
    paid = await at_once(arena.pool, *(payment(person_no=each) for each in PERSONS * 2))
    assert [each.account_paid for each in paid] == [1_000] * CALLERS
    await owner.close()
    await arena.assert_whole()


_SWEEPER_STUCK = (
    "FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
    " AND query LIKE '%due_of_account%'"
)
