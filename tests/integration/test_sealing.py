"""Sealing a business day: what it comes to, once, in order, and what can change no more."""

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from app.clearing.positions import read_positions
from app.clearing.seal import preview, sealing
from app.codes import Code
from app.database import Pool
from app.errors import Refused
from app.ledger.verify import Violation
from app.verify import verify
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, follow_up, payment
from tests.clearing_days import (
    balance_of,
    lines,
    make_day,
    open_places,
    positions,
    post_on,
    post_today,
    post_yesterday,
    seal,
    today,
    yesterday,
)


@pytest.fixture
async def places(pool: Pool) -> Pool:
    await open_places(pool)
    return pool


async def _broken(database: Database) -> list[Violation]:
    return (await verify(database.app_url)).violations


async def test_a_sealed_day_says_what_it_came_to(places: Pool, database: Database) -> None:
    paid = payment(amount=3_000, med_type="11")
    refund = follow_up("refund", paid, amount=1_000)
    await post_yesterday(places, paid, payment(amount=500, med_type="21"), payment(institution=PHARMACY, amount=70))
    await post_yesterday(places, refund)
    sealed = await seal(database)
    assert (sealed.state, sealed.business_day) == ("sealed", yesterday())
    assert sealed.totals is not None
    assert sealed.totals._asdict() == {
        "batch_count": 4, "row_count": 6, "debit_count": 3, "debits": 3_570, "refund_count": 1, "refunds": 1_000,
    }  # fmt: skip
    found = await positions(places)
    assert {each: (row["debits"], row["refunds"], row["paid"]) for each, row in found.items()} == {
        HOSPITAL: (3_500, 1_000, 2_500),
        PHARMACY: (70, 0, 70),
    }
    assert await lines(places) == [(1, "BANK01", HOSPITAL, 2_500), (2, "BANK02", PHARMACY, 70)]
    assert await _broken(database) == []


async def test_what_a_position_pays_leaves_the_institution_s_account_for_its_bank_s(
    places: Pool, database: Database
) -> None:
    await post_yesterday(places, payment(amount=3_000))
    assert await balance_of(places, HOSPITAL, "institution") == 3_000
    await seal(database)
    assert await balance_of(places, HOSPITAL, "institution") == 0
    assert await balance_of(places, "BANK01", "bank") == 3_000
    assert await _broken(database) == []


async def test_totals_are_kept_by_insurance_and_clearing_type(places: Pool, database: Database) -> None:
    paid = payment(amount=10, med_type="21")
    await post_yesterday(places, payment(amount=30, med_type="11"), paid, payment(amount=5), payment(amount=2))
    await post_yesterday(places, follow_up("refund", paid))
    await seal(database)
    rows = await places.fetch(
        "SELECT insurance_type || '/' || clearing_type, debit_count, debits, refund_count, refunds"
        " FROM clearing.totals ORDER BY 1"
    )
    assert [tuple(row) for row in rows] == [
        ("310/11", 1, 30, 0, 0), ("310/21", 1, 10, 1, 10), ("310/99", 2, 7, 0, 0),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", ["refund", "reversal"])
async def test_what_goes_back_counts_on_its_own_day(places: Pool, database: Database, kind: str) -> None:
    paid = payment(amount=3_000)
    await post_yesterday(places, paid)
    await seal(database)
    await post_today(places, follow_up(kind, paid, **({} if kind == "refund" else {"card": None})))
    seen = await preview(database.app_url, MIDNIGHT, today())
    assert (seen.totals.debits, seen.totals.refunds, seen.is_over) == (0, 3_000, False)
    assert await _broken(database) == []


async def test_the_reversal_of_a_refund_comes_in_again(places: Pool, database: Database) -> None:
    paid = payment(amount=3_000)
    refund = follow_up("refund", paid, amount=1_000)
    await post_yesterday(places, paid)
    await post_yesterday(places, refund)
    await post_yesterday(places, follow_up("reversal", refund))
    sealed = await seal(database)
    assert sealed.totals is not None
    assert (sealed.totals.debit_count, sealed.totals.debits, sealed.totals.refunds) == (2, 4_000, 1_000)
    assert await _broken(database) == []


async def test_a_preview_is_what_a_seal_gives_and_changes_nothing(places: Pool, database: Database) -> None:
    await post_yesterday(places, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    seen = await preview(database.app_url, MIDNIGHT, yesterday())
    assert seen.is_over
    assert await places.fetchval("SELECT count(*) FROM clearing.business_days") == 0
    assert (await seal(database)).totals == seen.totals
    assert (await preview(database.app_url, MIDNIGHT, yesterday())).totals == seen.totals


async def test_sealing_again_changes_nothing(places: Pool, database: Database) -> None:
    await post_yesterday(places, payment(amount=3_000))
    first = await seal(database)
    booked = await places.fetch("SELECT * FROM ledger.bookings")
    assert await seal(database) == first
    assert await places.fetch("SELECT * FROM ledger.bookings") == booked


async def test_replicas_that_seal_at_once_seal_once(places: Pool, database: Database) -> None:
    await post_yesterday(places, payment(amount=3_000))
    first, *others = await asyncio.gather(*[seal(database) for _ in range(4)])
    assert all(each == first for each in others)
    assert await balance_of(places, "BANK01", "bank") == 3_000
    assert await _broken(database) == []


async def test_a_day_that_is_not_over_is_not_sealed(places: Pool, database: Database) -> None:
    await post_yesterday(places, payment())
    await seal(database)
    with pytest.raises(Refused) as refused:
        await seal(database, today())
    assert refused.value.code == Code.DAY_NOT_OVER
    await post_today(places, payment())
    assert await _broken(database) == []


async def test_days_are_sealed_one_after_the_other(places: Pool, database: Database) -> None:
    await post_yesterday(places, payment())
    with pytest.raises(Refused, match=str(yesterday())) as refused:
        await seal(database, yesterday() - timedelta(days=1))
    assert refused.value.code == Code.DAY_OUT_OF_ORDER


async def test_a_day_can_be_sealed_the_moment_it_ends(places: Pool, database: Database) -> None:
    """mojaloop/project#2105: settling right after a window was closed fails."""
    await post_yesterday(places, payment(amount=3_000))
    async with sealing(database.app_url, MIDNIGHT) as sealer:
        assert await sealer.due() == yesterday()
        posted, sealed = await asyncio.gather(post_yesterday(places, payment(amount=1)), sealer.seal(yesterday()))
        assert await sealer.due() is None
    assert sealed.totals is not None
    inside = posted[0].row.business_day == yesterday()
    assert sealed.totals.debits == 3_000 + inside
    assert await _broken(database) == []


async def test_every_posting_is_in_exactly_one_day(places: Pool, database: Database) -> None:
    """mojaloop/project#2525: transfers that stand in no window."""
    await post_yesterday(places, *[payment(amount=fen) for fen in range(1, 30)])
    sealed = await seal(database)
    late = await post_yesterday(places, payment(amount=1))
    assert late[0].row.business_day == today()
    open_day = await preview(database.app_url, MIDNIGHT, today())
    assert sealed.totals is not None
    in_days = sealed.totals.row_count + open_day.totals.row_count
    assert in_days == await places.fetchval(
        "SELECT (SELECT count(*) FROM settlement.settlements) + (SELECT count(*) FROM ledger.bookings)"
    )


# Positions that are not paid


@pytest.mark.parametrize(("change", "held"), [("state = 'blocked'", "blocked"), ("payee_account = ''", "no_account")])
async def test_one_bad_institution_is_held_over_and_the_rest_goes_out(
    places: Pool, owner: Any, database: Database, change: str, held: str
) -> None:
    """moov-io/achgateway#373: one bad record aborts a whole cut-off."""
    await post_yesterday(places, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await owner.execute(f"UPDATE parties.institutions SET {change} WHERE institution = $1", HOSPITAL)
    sealed = await seal(database)
    found = await positions(places)
    assert (found[HOSPITAL]["held"], found[HOSPITAL]["paid"], found[HOSPITAL]["carried_out"]) == (held, 0, 3_000)
    assert await lines(places) == [(1, "BANK02", PHARMACY, 70)]
    assert [tuple(each) for each in sealed.held] == [(held, 1, 3_000)]
    async with places.acquire() as connection:
        held_over = await read_positions(connection, yesterday(), held_only=True)
    assert [each.institution for each in held_over] == [HOSPITAL]
    assert await balance_of(places, HOSPITAL, "institution") == 3_000
    assert await _broken(database) == []


async def test_what_was_held_over_is_paid_with_a_later_day(places: Pool, owner: Any, database: Database) -> None:
    day = yesterday() - timedelta(days=1)
    await make_day(owner, day)
    await owner.execute("UPDATE parties.institutions SET payee_account = '' WHERE institution = $1", HOSPITAL)
    await post_on(places, day, payment(amount=3_000))
    await seal(database, day)
    await owner.execute("UPDATE parties.institutions SET payee_account = '62' WHERE institution = $1", HOSPITAL)
    await post_yesterday(places, payment(amount=200))
    await seal(database)
    found = (await positions(places))[HOSPITAL]
    assert (found["carried_in"], found["paid"], found["carried_out"]) == (3_000, 3_200, 0)
    assert await balance_of(places, "BANK01", "bank") == 3_200
    assert await _broken(database) == []


async def test_a_negative_net_is_carried_forward(places: Pool, owner: Any, database: Database) -> None:
    day = yesterday() - timedelta(days=1)
    await make_day(owner, day)
    paid = payment(amount=3_000)
    await post_on(places, day, paid)
    await seal(database, day)
    await post_yesterday(places, follow_up("refund", paid, amount=500), payment(institution=PHARMACY, amount=70))
    await seal(database)
    found = (await positions(places))[HOSPITAL]
    assert (found["held"], found["paid"], found["carried_out"]) == ("negative", 0, -500)
    assert await lines(places) == [(1, "BANK02", PHARMACY, 70)]
    assert await _broken(database) == []


async def test_by_rule_of_the_bank_a_negative_net_is_collected(places: Pool, owner: Any, database: Database) -> None:
    day = yesterday() - timedelta(days=1)
    await make_day(owner, day)
    await owner.execute(
        "INSERT INTO clearing.netting_rules VALUES ('BANK01', '1980-01-01', 'collected', 'c1', '1970-01-01Z')"
    )
    paid = payment(amount=3_000)
    await post_on(places, day, paid)
    await seal(database, day)
    await post_yesterday(places, follow_up("refund", paid, amount=500))
    await seal(database)
    assert await lines(places) == [(1, "BANK01", HOSPITAL, -500)]
    assert await balance_of(places, HOSPITAL, "institution") == 0
    assert await balance_of(places, "BANK01", "bank") == 2_500
    assert await _broken(database) == []


async def test_an_empty_day_is_sealed_too(places: Pool, owner: Any, database: Database) -> None:
    await make_day(owner, yesterday() - timedelta(days=2))
    await post_on(places, yesterday() - timedelta(days=2), payment(amount=3_000))
    for ago in (2, 1, 0):
        sealed = await seal(database, yesterday() - timedelta(days=ago))
        assert sealed.state == "sealed"
    assert await _broken(database) == []
