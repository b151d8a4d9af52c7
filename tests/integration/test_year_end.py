"""The carry-over run: everyone once, as of midnight, and only into the year that has begun."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeAlias

import asyncpg
import pytest
from app.database import Pool
from app.errors import UsageError
from app.funding.runs import BATCH
from app.funding.year_end import carry_over, message_id_of_year
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from loadtests.year_end import measure
from tests.builders import HOSPITAL, MIDNIGHT, Database, add_institution, add_person, contribution, payment

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

YEAR = datetime.now(UTC).year
RULES = RuleBook(MIDNIGHT)


async def a_year_passes(owner: Owner) -> None:
    """As if what was posted so far had been posted in the year before."""
    await owner.execute("UPDATE ledger.accounts SET part_year = part_year - 1 WHERE part_year > 0")


async def parts(pool: Pool) -> dict[str, tuple[int, int, int]]:
    rows = await pool.fetch(
        "SELECT owner, balance - accumulated AS current, accumulated, part_year FROM ledger.accounts"
        " WHERE kind = 'personal'"
    )
    return {row["owner"]: (row["current"], row["accumulated"], row["part_year"]) for row in rows}


async def carried(pool: Pool) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM settlement.settlements WHERE kind = 'carry_over'")
    return found


@pytest.fixture
async def ledger(pool: Pool, owner: Owner) -> Pool:
    """P1 to P5 with money of last year; P4 has nothing left, P5 is closed, P6 was never paid into."""
    await add_institution(pool, HOSPITAL)
    for number in range(1, 6):
        await add_person(pool, f"P{number}", balance=1_000 * number)
    await add_person(pool, "P6")
    await settle(pool, [payment(person_no="P4", amount=4_000)], rules=RULES)
    await pool.execute("UPDATE ledger.accounts SET state = 'frozen' WHERE owner = 'P3'")
    await pool.execute("UPDATE ledger.accounts SET state = 'closed' WHERE owner = 'P5'")
    await a_year_passes(owner)
    return pool


async def test_what_is_left_of_last_year_becomes_accumulated_once(ledger: Pool, database: Database) -> None:
    await settle(ledger, [payment(person_no="P2", amount=500)], rules=RULES)
    tally = await carry_over(ledger, YEAR, rules=RULES)
    assert (tally.settled, tally.already, dict(tally.refused)) == (2, 0, {})
    assert await parts(ledger) == {
        "P1": (0, 1_000, YEAR),
        "P2": (0, 1_500, YEAR),
        "P3": (0, 3_000, YEAR),
        "P4": (0, 0, YEAR - 1),
        "P5": (5_000, 0, YEAR - 1),
        "P6": (0, 0, 0),
    }
    assert (await verify(database.app_url)).violations == []


async def test_again_it_carries_nothing(ledger: Pool) -> None:
    await carry_over(ledger, YEAR, rules=RULES)
    before = await carried(ledger)
    tally = await carry_over(ledger, YEAR, rules=RULES)
    assert (tally.settled, tally.already, await carried(ledger)) == (0, 0, before)


async def test_beside_payments_each_account_is_carried_over_once(ledger: Pool, database: Database) -> None:
    payments = [settle(ledger, [payment(person_no=f"P{n % 3 + 1}", amount=7)], rules=RULES) for n in range(30)]
    await asyncio.gather(*payments, carry_over(ledger, YEAR, rules=RULES))
    found = await parts(ledger)
    assert {owner: found[owner] for owner in ("P1", "P2", "P3")} == {
        "P1": (0, 1_000 - 70, YEAR),
        "P2": (0, 2_000 - 70, YEAR),
        "P3": (0, 3_000, YEAR),
    }
    assert (await verify(database.app_url)).violations == []


async def test_many_accounts_come_in_pages(ledger: Pool, owner: Owner) -> None:
    await owner.execute(
        "INSERT INTO ledger.accounts (account_id, balance, bucket, kind, owner, part_year)"
        " SELECT 10000 + n, 5, 0, 'personal', 'Q' || n, $1 FROM generate_series(1, $2::int) AS n",
        YEAR - 1,
        2 * BATCH + 1,
    )
    told: list[tuple[int, int]] = []
    tally = await carry_over(ledger, YEAR, rules=RULES, progress=lambda _, done, total: told.append((done, total)))
    assert tally.settled == 2 * BATCH + 1 + 3
    assert told == sorted(told)
    assert told[-1] == (10_000 + 2 * BATCH + 1,) * 2


@pytest.mark.parametrize("year", [YEAR - 1, YEAR + 1])
async def test_it_runs_in_the_year_that_has_begun_alone(ledger: Pool, year: int) -> None:
    with pytest.raises(UsageError, match=str(YEAR)):
        await carry_over(ledger, year, rules=RULES)
    assert await carried(ledger) == 0


async def test_an_account_that_is_closed_meanwhile_is_told(ledger: Pool) -> None:
    message = contribution("P5", 0, kind="carry_over", message_id=message_id_of_year("CARRY", YEAR, "P5"))
    await settle(ledger, [message], rules=RULES)
    await ledger.execute("UPDATE ledger.accounts SET state = 'normal' WHERE owner = 'P5'")
    tally = await carry_over(ledger, YEAR, rules=RULES)
    assert dict(tally.refused) == {"account_closed": 1}


@pytest.mark.processes
async def test_the_measurement_in_short_finds_every_fen(tmp_path: Path) -> None:
    assert await measure(3_000, tmp_path)


def test_message_ids_fit_and_differ() -> None:
    persons = ["P1", "P" * 19, "P" * 20, "P" * 30, "P" * 29 + "Q"]
    found = [message_id_of_year(what, 2027, person) for what in ("CARRY", "INT") for person in persons]
    assert found[0] == "CARRY-2027-P1"
    assert len(set(found)) == len(found)
    assert max(map(len, found)) <= 30
