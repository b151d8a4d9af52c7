"""A seal that is killed anywhere goes on when it is run again, and comes to the same."""

import re
import signal
from pathlib import Path
from typing import Any

import pytest
from app.database import Pool
from app.verify import verify
from tests.builders import HOSPITAL, PHARMACY, Database, follow_up, payment
from tests.clearing_days import balance_of, lines, open_places, positions, post_yesterday
from tests.commands import medsettle

pytestmark = pytest.mark.chaos

_SEAL = Path(__file__).parents[2] / "app" / "clearing" / "seal.py"

#: Every place in a seal at which a process can be told to die.
FAILPOINTS = re.findall(r'reach\("(seal\.[a-z]+)"\)', _SEAL.read_text())


def _seal(database: Database, failpoint: str = "") -> int:
    return medsettle("seal", on=database, MEDSETTLE_FAILPOINT=failpoint).returncode


async def _left(pool: Pool) -> list[Any]:
    """All that a seal leaves: what the day came to, who is paid what, and what was booked for it."""
    return [
        await pool.fetch("SELECT * FROM clearing.seals"),
        await pool.fetch("SELECT * FROM clearing.totals ORDER BY institution, insurance_type, clearing_type"),
        await positions(pool),
        await lines(pool),
        await pool.fetch("SELECT purpose, reference, position, bucket FROM ledger.bookings ORDER BY reference"),
        await balance_of(pool, HOSPITAL, "institution"),
        await balance_of(pool, "BANK01", "bank"),
        await pool.fetchval("SELECT state FROM clearing.business_days"),
    ]


def test_there_is_a_failpoint_for_each_step() -> None:
    assert len(FAILPOINTS) == len(set(FAILPOINTS)) >= 9


async def test_a_seal_killed_at_any_step_comes_to_what_it_would_have(
    pool: Pool, owner: Any, database: Database
) -> None:
    """The day is brought back between two kills, so that every run seals the very same batches."""
    await open_places(pool)
    paid = payment(amount=3_000, med_type="11")
    await post_yesterday(pool, paid, payment(amount=500, med_type="21"), payment(institution=PHARMACY, amount=70))
    await post_yesterday(pool, follow_up("refund", paid, amount=1_000))
    kept = await pool.fetch("SELECT batch_id FROM ledger.batches")
    assert _seal(database) == 0
    unharmed = await _left(pool)
    assert unharmed[-1] == "sealed"
    for failpoint in FAILPOINTS:
        await _unseal(owner, [row["batch_id"] for row in kept])
        assert _seal(database, failpoint) == -signal.SIGKILL, failpoint
        assert (await verify(database.app_url)).violations == [], failpoint
        if failpoint != "seal.sealed":
            assert await pool.fetchval("SELECT state FROM clearing.business_days") == "sealing", failpoint
            assert _seal(database) == 0, failpoint
        assert await _left(pool) == unharmed, failpoint
        assert (await verify(database.app_url)).violations == [], failpoint


async def _unseal(owner: Any, batches: list[int]) -> None:
    """What only the owner of the tables can do: as if the day had not been sealed."""
    await owner.execute(
        "TRUNCATE clearing.seals, clearing.business_days, clearing.totals, clearing.positions, clearing.lines,"
        " ledger.bookings, ledger.closed_days CASCADE"
    )
    for table in ("ledger.transfers", "ledger.batches"):
        await owner.execute(f"DELETE FROM {table} WHERE batch_id <> ALL ($1)", batches)
    await owner.execute(
        "UPDATE ledger.lanes AS l SET height = b.height, chain_hash = b.chain_hash FROM ("
        " SELECT DISTINCT ON (batch_id % 1024) batch_id % 1024 AS lane, batch_id / 1024 AS height, chain_hash"
        " FROM ledger.batches ORDER BY batch_id % 1024, batch_id DESC) AS b WHERE b.lane = l.lane"
    )
