"""A line that failed goes out again with the next day that is sealed, under a line of its own that points to it."""

from datetime import date, timedelta
from typing import Any

import pytest
from app.clearing.acknowledgments.overview import waiting_lines
from app.database import Pool
from app.verify import verify
from tests.acknowledging import SentFile, answer, return_file, send_file
from tests.builders import HOSPITAL, PHARMACY, Database, follow_up, payment
from tests.clearing_days import balance_of, make_day, open_places, post_on, seal, yesterday
from tests.filing import tell_bank

_FIRST = yesterday() - timedelta(days=1)


@pytest.fixture
async def failed(pool: Pool, owner: Any, database: Database) -> SentFile:
    """BANK01's file of the day before yesterday, in which the only line, of HOSPITAL with 30 yuan, failed."""
    await open_places(pool)
    for bank in ("BANK01", "BANK02"):
        await tell_bank(pool, bank)
    await make_day(owner, _FIRST)
    await post_on(pool, _FIRST, payment(amount=3_000), payment(amount=70, institution=PHARMACY))
    await seal(database, _FIRST)
    file = await send_file(pool, database, day=_FIRST)
    await answer(database, file, return_file(file, "1", file.lines, code="H059"))
    return file


async def _drawn(pool: Pool, day: date) -> list[tuple[Any, ...]]:
    """Bank, institution, fen, and the line that it is drawn again of."""
    rows = await pool.fetch(
        "SELECT bank, institution, amount, reissue_of_day, reissue_of_no FROM clearing.lines WHERE business_day = $1"
        " ORDER BY line_no",
        day,
    )
    return [tuple(row) for row in rows]


async def _waiting(pool: Pool) -> list[tuple[Any, ...]]:
    async with pool.acquire() as connection:
        return [tuple(line) for line in await waiting_lines(connection)]


async def test_a_failed_line_is_drawn_again_beside_what_the_day_pays(
    pool: Pool, database: Database, failed: SentFile
) -> None:
    await post_on(pool, yesterday(), payment(amount=500))
    assert await _waiting(pool) == [(failed.lines[0].line_id, HOSPITAL, 3_000, None)]
    await seal(database)
    assert await _drawn(pool, yesterday()) == [
        ("BANK01", HOSPITAL, 500, None, None), ("BANK01", HOSPITAL, 3_000, _FIRST, 1),
    ]  # fmt: skip
    assert await _waiting(pool) == []
    assert await balance_of(pool, HOSPITAL, "institution") == 0
    assert await balance_of(pool, "BANK01", "bank") == 3_500
    assert (await verify(database.app_url)).violations == []


async def test_its_new_line_can_fail_too_and_is_drawn_again(
    pool: Pool, owner: Any, database: Database, failed: SentFile
) -> None:
    await seal(database)
    again = await send_file(pool, database)
    await answer(database, again, return_file(again, "1", again.lines))
    assert await _waiting(pool) == [(again.lines[0].line_id, HOSPITAL, 3_000, None)]
    assert await balance_of(pool, HOSPITAL, "institution") == 3_000
    assert (await verify(database.app_url)).violations == []


async def test_it_is_drawn_once_however_many_days_are_sealed(
    pool: Pool, owner: Any, database: Database, failed: SentFile
) -> None:
    assert [amount for *_, amount, _, _ in await _drawn(pool, _FIRST)] == [3_000, 70]
    await seal(database)
    file = await send_file(pool, database)
    await answer(database, file, return_file(file, "0", file.lines))
    assert await _waiting(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM clearing.lines WHERE reissue_of_no IS NOT NULL") == 1
    assert (await verify(database.app_url)).violations == []


async def test_it_goes_to_the_account_and_bank_of_then(
    pool: Pool, owner: Any, database: Database, failed: SentFile
) -> None:
    await owner.execute(
        "UPDATE parties.institutions SET bank = 'BANK03', payee_account = '63' WHERE institution = $1", HOSPITAL
    )
    await seal(database)
    [drawn] = await pool.fetch("SELECT bank, payee_account FROM clearing.lines WHERE business_day = $1", yesterday())
    assert tuple(drawn) == ("BANK03", "63")
    assert await balance_of(pool, "BANK03", "bank") == 3_000
    assert await balance_of(pool, "BANK01", "bank") == 0
    assert (await verify(database.app_url)).violations == []


@pytest.mark.parametrize(("change", "held"), [("state = 'blocked'", "blocked"), ("payee_account = ''", "no_account")])
async def test_it_waits_while_its_institution_cannot_be_paid(
    pool: Pool, owner: Any, database: Database, failed: SentFile, change: str, held: str
) -> None:
    await owner.execute(f"UPDATE parties.institutions SET {change} WHERE institution = $1", HOSPITAL)
    await seal(database)
    assert await _drawn(pool, yesterday()) == []
    assert await _waiting(pool) == [(failed.lines[0].line_id, HOSPITAL, 3_000, held)]
    assert await balance_of(pool, HOSPITAL, "institution") == 3_000
    assert (await verify(database.app_url)).violations == []


async def test_money_that_is_not_back_does_not_go_out_again(
    pool: Pool, owner: Any, database: Database, failed: SentFile
) -> None:
    """As if the process had died before it returned it, and the day were sealed meanwhile."""
    await owner.execute("UPDATE ledger.bookings SET purpose = 'x' WHERE purpose = 'payout_return'")
    await seal(database)
    assert await _drawn(pool, yesterday()) == []


async def test_what_could_not_be_collected_goes_back_the_other_way(pool: Pool, owner: Any, database: Database) -> None:
    await open_places(pool)
    for bank in ("BANK01", "BANK02"):
        await tell_bank(pool, bank)
    await make_day(owner, _FIRST)
    await owner.execute(
        "INSERT INTO clearing.netting_rules VALUES ('BANK01', '1980-01-01', 'collected', 'c1', '1970-01-01Z')"
    )
    paid = payment(amount=3_000)
    await post_on(pool, _FIRST, paid)
    await seal(database, _FIRST)
    first = await send_file(pool, database, day=_FIRST)
    await answer(database, first, return_file(first, "0", first.lines))
    await post_on(pool, yesterday(), follow_up("refund", paid, amount=500))
    await seal(database)
    assert await balance_of(pool, HOSPITAL, "institution") == 0
    file = await send_file(pool, database)
    assert file.total == -500
    await answer(database, file, return_file(file, "1", file.lines))
    assert await balance_of(pool, HOSPITAL, "institution") == -500
    assert await balance_of(pool, "BANK01", "bank") == 3_000
    await tell_bank(pool, "BANK01", form="pain.001")
    assert await _waiting(pool) == [(file.lines[0].line_id, HOSPITAL, -500, "negative")]
    assert (await verify(database.app_url)).violations == []


async def test_a_late_failure_of_a_day_long_sealed_is_taken(pool: Pool, database: Database, failed: SentFile) -> None:
    await seal(database)
    other = await send_file(pool, database, "BANK02", _FIRST)
    taken = await answer(database, other, return_file(other, "1", other.lines))
    assert (taken.code, taken.failed) == ("ok", 70)
    assert await balance_of(pool, PHARMACY, "institution") == 70
    assert await _waiting(pool) == [(other.lines[0].line_id, PHARMACY, 70, None)]
    assert (await verify(database.app_url)).violations == []
