"""Bulk work on dead letters that is killed anywhere goes on when it is run again, and nothing settles twice."""

import re
import signal
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from app.installation import environment
from app.settlement.dead_letter_desk import BATCH_LETTERS
from app.verify import verify
from tests.builders import HOSPITAL, add_institution, add_person, payment_json
from tests.commands import medsettle
from tests.harness import House, eventually, house_in, owned

pytestmark = pytest.mark.processes

_DESK = Path(__file__).parents[2] / "app" / "settlement" / "dead_letter_desk.py"
FAILPOINTS = re.findall(r'reach\("(dlq\.[a-z]+)"\)', _DESK.read_text())
LETTERS = 2 * BATCH_LETTERS + 20


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """With a worker, LETTERS payments of 1 fen that the database refused, and nothing against them any more."""
    async with house_in(tmp_path / "house") as house:
        await add_institution(house.pool, HOSPITAL)
        await add_person(house.pool, "P1", balance=10_000)
        await house.hush()
        async with owned(house) as owner:
            await owner.execute("ALTER TABLE settlement.settlements ADD CONSTRAINT planted CHECK (message_id !~ '^X')")
            await house.start_worker()
            for number in range(LETTERS):
                await house.send(payment_json(message_id=f"X{number}", amount=1))
            await eventually(lambda: _has_open(house, LETTERS))
            await owner.execute("ALTER TABLE settlement.settlements DROP CONSTRAINT planted")
        yield house


async def _open(house: House) -> int:
    found: int = await house.pool.fetchval("SELECT count(*) FROM settlement.dead_letters WHERE state = 'open'")
    return found


async def _has_open(house: House, count: int) -> bool:
    return await _open(house) == count


def _dlq(house: House, *words: str, failpoint: str = "") -> int:
    where = environment(house.settings)
    return medsettle("dlq", *words, "--all", "--operator", "c1", on=where, MEDSETTLE_FAILPOINT=failpoint).returncode


def test_there_is_a_failpoint_for_each_step() -> None:
    assert FAILPOINTS == ["dlq.sent", "dlq.discarded"]


async def test_a_bulk_replay_that_is_killed_settles_each_message_once(house: House) -> None:
    assert _dlq(house, "replay", failpoint="dlq.sent") == -signal.SIGKILL
    assert await _open(house) == LETTERS  # the first batch is sent, and nobody wrote that down
    assert _dlq(house, "replay") == 0
    assert await _open(house) == 0
    for number in range(LETTERS):
        await house.told(f"X{number}", 2 if number < BATCH_LETTERS else 1)
    first = [told.outcome for told_of_one in house.told_so_far().values() for told in told_of_one]
    assert sum(not outcome["replayed"] for outcome in first) == LETTERS
    assert await house.settled() == LETTERS
    assert await house.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = 'P1'") == 10_000 - LETTERS
    assert (await verify(house.installation.owner_url)).violations == []


async def test_a_bulk_discard_that_is_killed_is_done_by_the_next_one(house: House) -> None:
    words = ("discard", "--reason", "a test")
    assert _dlq(house, *words, failpoint="dlq.discarded") == -signal.SIGKILL
    assert await _open(house) == LETTERS
    assert _dlq(house, *words) == 0
    acts = await house.pool.fetch(
        "SELECT letter_no, count(*) AS acts FROM settlement.dead_letter_acts GROUP BY letter_no"
    )
    assert [row["acts"] for row in acts] == [1] * LETTERS
