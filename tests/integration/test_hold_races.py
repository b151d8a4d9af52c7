"""Whoever ends a hold at the same time: one of them does, its money is freed or taken once, and nobody waits long."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Message
from tests.builders import HOSPITAL, add_institution, add_person, authorization, follow_up, payment
from tests.harness import DEADLINE_SECONDS
from tests.kinds import Owner, balance, disagreements, held, outcome, outcomes, run_out

PERSONS = [f"P{number}" for number in range(1, 7)]


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """The pool of a ledger with HOSPITAL and six persons with 1,000 fen."""
    await add_institution(pool, HOSPITAL)
    for person_no in PERSONS:
        await add_person(pool, person_no, balance=1_000)
    return pool


def in_milliseconds(milliseconds: int) -> datetime:
    return datetime.now(UTC) + timedelta(milliseconds=milliseconds)


@pytest.mark.parametrize("kind", ["capture", "void", "reversal"])
async def test_a_hold_that_expires_meanwhile_is_ended_once(ledger: Pool, owner: Owner, kind: str) -> None:
    """Expiry racing capture: what is captured was held at that instant, what has expired is not captured."""
    holds = [authorization(person_no=person, amount=600) for person in PERSONS]
    await outcomes(ledger, *holds)
    await run_out(owner, *holds, after=0.05)

    async def end_soon(place: int) -> str:
        await asyncio.sleep(place * 0.02)
        return (await outcome(ledger, follow_up(kind, holds[place]))).code

    async def sweep() -> None:
        for _ in range(60):
            await expire_due_holds(ledger)
            await asyncio.sleep(0.01)

    codes = (await asyncio.gather(sweep(), sweep(), *(end_soon(place) for place in range(len(holds)))))[2:]
    too_late = Code.NOTHING_TO_REVERSE if kind == "reversal" else Code.HOLD_EXPIRED
    assert set(codes) <= {Code.OK, too_late}
    for person_no, code in zip(PERSONS, codes, strict=True):
        assert await balance(ledger, person_no) == (400 if (kind, code) == ("capture", Code.OK) else 1_000)
        assert await held(ledger, person_no) == 0
    assert await disagreements(ledger) == []


async def test_sweepers_and_batches_over_the_same_people_never_wait_in_a_circle(ledger: Pool) -> None:
    """Expiry handler deadlock: mojaloop/project#4021."""

    async def spend(people: list[str]) -> None:
        for _ in range(8):
            holds = [authorization(person_no=each, amount=5, expires_at=in_milliseconds(20)) for each in people]
            await outcomes(ledger, *holds, *(payment(person_no=each, amount=1) for each in people))
            await outcomes(ledger, *(follow_up("capture", hold, amount=1) for hold in reversed(holds)))

    async def sweep() -> None:
        for _ in range(40):
            await expire_due_holds(ledger)

    async with asyncio.timeout(DEADLINE_SECONDS):
        await asyncio.gather(spend(PERSONS), spend(PERSONS[::-1]), sweep(), sweep())
    await asyncio.sleep(0.05)
    await expire_due_holds(ledger)
    assert [await held(ledger, each) for each in PERSONS] == [0] * len(PERSONS)
    assert await disagreements(ledger) == []


async def test_many_who_race_for_one_hold_capture_it_once(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315, here the same of captures."""
    hold = authorization(amount=600)
    await outcomes(ledger, hold)
    codes = await asyncio.gather(*(_code(ledger, follow_up("capture", hold, amount=200)) for _ in range(8)))
    assert Counter(codes) == {Code.OK: 3, Code.HOLD_CAPTURED: 5}
    assert (await balance(ledger), await held(ledger)) == (400, 0)


async def test_capture_void_and_reversal_at_once_leave_the_hold_to_one_of_them(ledger: Pool) -> None:
    for _ in range(5):
        hold = authorization(amount=100)
        await outcomes(ledger, hold)
        before = await balance(ledger)
        kinds = ("capture", "void", "reversal")
        codes = dict(
            zip(kinds, await asyncio.gather(*(_code(ledger, follow_up(kind, hold)) for kind in kinds)), strict=True)
        )
        assert list(codes.values()).count(Code.OK) == 1, codes
        assert before - await balance(ledger) == (100 if codes["capture"] == Code.OK else 0)
        assert await held(ledger) == 0


async def _code(pool: Pool, message: Message) -> str:
    return (await outcome(pool, message)).code
