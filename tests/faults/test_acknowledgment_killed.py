"""Taking an acknowledgment that is killed anywhere comes to the same when it is sent again."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from app.clearing.acknowledgments.taking import finish
from app.database import Pool
from app.verify import verify
from tests.acknowledging import SentFile, results, return_file, send_file
from tests.builders import HOSPITAL, MIDNIGHT, Database, add_institution, payment
from tests.clearing_days import balance_of, open_places, post_yesterday, seal
from tests.commands import medsettle
from tests.filing import tell_banks

pytestmark = pytest.mark.chaos

_CODE = Path(__file__).parents[2] / "app" / "clearing" / "acknowledgments"
_CLINIC = "K00000000003"

#: Every place in taking one at which a process can be told to die.
FAILPOINTS = [name for path in _CODE.glob("*.py") for name in re.findall(r'reach\("(ack\.[a-z]+)"\)', path.read_text())]
#: From here on the acknowledgment stands, whatever happens.
_TAKEN = {"ack.taken", "ack.returning", "ack.chunk", "ack.returned"}


@pytest.fixture
async def file(pool: Pool, database: Database) -> SentFile:
    """BANK01's file of a day that is acknowledged once it is told of: HOSPITAL with 30 yuan, a clinic with 5."""
    await open_places(pool)
    await add_institution(pool, _CLINIC, bank="BANK01")
    await pool.execute("UPDATE parties.institutions SET payee_account = '62' || institution")
    await tell_banks(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(amount=500, institution=_CLINIC))
    await seal(database)
    return await send_file(pool, database)


def _take(database: Database, file: SentFile, content: Path, failpoint: str = "") -> int:
    words = ("acks", "take", file.file_id, content, "--operator", "c1")
    return medsettle(*words, on=database, MEDSETTLE_FAILPOINT=failpoint).returncode


async def _left(pool: Pool) -> list[Any]:
    """All that an acknowledgment leaves."""
    return [
        await results(pool),
        [
            tuple(row)
            for row in await pool.fetch(
                "SELECT code, failed_count, failed, first_count, returned_at IS NOT NULL FROM clearing.acknowledgments"
            )
        ],
        [tuple(row) for row in await pool.fetch("SELECT purpose, reference FROM ledger.bookings ORDER BY 1, 2")],
        await balance_of(pool, "BANK01", "bank"),
        await balance_of(pool, HOSPITAL, "institution"),
        await balance_of(pool, _CLINIC, "institution"),
        await pool.fetchval("SELECT state FROM clearing.business_days"),
    ]


def _expected(file: SentFile) -> list[Any]:
    numbers = [line.line_id for line in file.lines]
    return [
        dict.fromkeys(numbers, "failed"),
        [("ok", 2, 3_500, 2, True)],
        [(purpose, number) for purpose in ("payout", "payout_return") for number in numbers],
        0,
        3_000,
        500,
        "acknowledged",
    ]


def test_there_is_a_failpoint_for_each_step() -> None:
    assert len(FAILPOINTS) == len(set(FAILPOINTS)) == 8
    assert set(FAILPOINTS) > _TAKEN


@pytest.mark.parametrize("failpoint", FAILPOINTS)
async def test_one_killed_at_any_step_comes_to_what_it_would_have(
    pool: Pool, database: Database, file: SentFile, tmp_path: Path, failpoint: str
) -> None:
    content = tmp_path / "return"
    content.write_bytes(return_file(file, "1", file.lines))
    assert _take(database, file, content, failpoint) == -signal.SIGKILL
    assert (await verify(database.app_url)).violations == []
    assert len(await results(pool)) == (2 if failpoint in _TAKEN else 0)
    assert _take(database, file, content) == 0
    assert await _left(pool) == _expected(file)
    assert (await verify(database.app_url)).violations == []


@pytest.mark.parametrize("failpoint", sorted(_TAKEN))
async def test_what_was_taken_is_finished_though_nobody_sends_it_again(
    pool: Pool, database: Database, file: SentFile, tmp_path: Path, failpoint: str
) -> None:
    content = tmp_path / "return"
    content.write_bytes(return_file(file, "1", file.lines))
    assert _take(database, file, content, failpoint) == -signal.SIGKILL
    await finish(database.app_url, MIDNIGHT)
    assert await _left(pool) == _expected(file)
    assert (await verify(database.app_url)).violations == []
