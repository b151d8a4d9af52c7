"""Authorization, capture, void and expiry: what is held, and that nothing is held for ever."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Card, Message
from tests.builders import (
    PHARMACY,
    add_card,
    add_person,
    authorization,
    follow_up,
    payment,
)
from tests.kinds import Owner, outcomes, run_out


async def told(pool: Pool, *messages: Message) -> list[tuple[str, str, int]]:
    """Status, code and what was held, captured or released."""
    return [(each.status, each.code, each.account_paid) for each in await outcomes(pool, *messages)]


async def standing(pool: Pool) -> tuple[int, int]:
    """Balance and held of P1."""
    row = await pool.fetchrow("SELECT balance, held FROM ledger.accounts WHERE owner = 'P1' AND kind = 'personal'")
    assert row is not None
    return row["balance"], row["held"]


# Holding


async def test_what_is_held_cannot_be_paid_by_others(ledger: Pool) -> None:
    assert await told(ledger, authorization(amount=700), payment(amount=700), payment(amount=1)) == [
        ("held", "ok", 700),
        ("settled", "ok", 300),
        ("settled", "ok", 0),
    ]
    assert await standing(ledger) == (700, 700)


async def test_a_hold_of_more_than_there_is_takes_what_there_is_and_tells_the_rest(ledger: Pool) -> None:
    [outcome] = await outcomes(ledger, authorization(amount=1_500))
    assert (outcome.status, outcome.amount, outcome.account_paid, outcome.cash_due) == ("held", 1_500, 1_000, 500)


@pytest.mark.parametrize(("available", "short_balance"), [(0, "split"), (999, "decline")])
async def test_a_hold_that_would_hold_too_little_is_declined(ledger: Pool, available: int, short_balance: str) -> None:
    first = payment(amount=1_000 - available)
    [_, outcome] = await outcomes(ledger, first, authorization(amount=1_000, short_balance=short_balance))
    assert (outcome.status, outcome.code) == ("declined", "insufficient_funds")
    assert (await standing(ledger))[1] == 0


async def test_a_pharmacy_holds_nothing(ledger: Pool) -> None:
    assert await told(ledger, authorization(institution=PHARMACY)) == [("declined", "authorization_at_pharmacy", 0)]


@pytest.mark.parametrize("days", [-1, 0, 367])
async def test_a_hold_ends_in_the_future_and_within_366_days(ledger: Pool, days: int) -> None:
    message = authorization(expires_at=datetime.now(UTC) + timedelta(days=days))
    assert await told(ledger, message) == [("declined", "expiry_invalid", 0)]


async def test_a_hold_without_an_end_stands_30_days_and_says_so(ledger: Pool) -> None:
    [outcome] = await outcomes(ledger, authorization())
    assert outcome.settled_at is not None
    assert outcome.expires_at is not None
    assert datetime.fromisoformat(outcome.expires_at) == outcome.settled_at + timedelta(days=30)


async def test_a_card_that_may_not_pay_may_not_hold(ledger: Pool) -> None:
    await add_card(ledger, "Z1", state="lost")
    assert await told(ledger, authorization(card=Card("03", "Z1"))) == [("declined", "card_lost", 0)]


# Capturing


async def test_captures_take_what_is_held_until_nothing_is_left(ledger: Pool) -> None:
    hold = authorization(amount=900)
    captures = [follow_up("capture", hold, amount=fen) for fen in (300, 400, 200, 1)]
    assert await told(ledger, hold, *captures) == [
        ("held", "ok", 900),
        ("settled", "ok", 300),
        ("settled", "ok", 400),
        ("settled", "ok", 200),
        ("declined", "hold_captured", 0),
    ]
    assert await standing(ledger) == (100, 0)


async def test_a_final_capture_releases_the_rest(ledger: Pool) -> None:
    hold = authorization(amount=900)
    await outcomes(ledger, hold, follow_up("capture", hold, amount=100, final=True))
    assert await standing(ledger) == (900, 0)
    assert await told(ledger, follow_up("capture", hold, amount=1)) == [("declined", "hold_captured", 0)]


async def test_a_capture_without_an_amount_takes_all_that_is_held(ledger: Pool) -> None:
    hold = authorization(amount=900)
    [_, _, rest] = await outcomes(ledger, hold, follow_up("capture", hold, amount=1), follow_up("capture", hold))
    assert (rest.amount, rest.account_paid, rest.balance_after) == (899, 899, 100)


async def test_a_capture_of_more_than_is_held_takes_nothing(ledger: Pool) -> None:
    hold = authorization(amount=900)
    assert (await told(ledger, hold, follow_up("capture", hold, amount=901)))[1] == (
        "declined",
        "capture_exceeds_hold",
        0,
    )
    assert await standing(ledger) == (1_000, 900)


@pytest.mark.parametrize("state", ["frozen", "closed"])
async def test_what_is_held_was_promised_whatever_becomes_of_the_account(ledger: Pool, state: str) -> None:
    hold = authorization(amount=900)
    await outcomes(ledger, hold)
    await ledger.execute("UPDATE ledger.accounts SET state = $1 WHERE owner = 'P1'", state)
    assert await told(ledger, follow_up("capture", hold)) == [("settled", "ok", 900)]


# Voiding


async def test_a_void_releases_what_is_still_held(ledger: Pool) -> None:
    hold = authorization(amount=900)
    assert (await told(ledger, hold, follow_up("capture", hold, amount=200), follow_up("void", hold)))[2] == (
        "settled",
        "ok",
        700,
    )
    assert await standing(ledger) == (800, 0)
    assert (
        await told(ledger, follow_up("capture", hold), follow_up("void", hold)) == [("declined", "hold_voided", 0)] * 2
    )


@pytest.mark.parametrize("kind", ["capture", "void"])
async def test_only_an_authorization_is_captured_or_voided(ledger: Pool, kind: str) -> None:
    paid, unheld = payment(amount=1), authorization(amount=5_000, short_balance="decline")
    unknown = payment()
    assert await told(ledger, paid, unheld, *(follow_up(kind, each) for each in (paid, unheld, unknown))) == [
        ("settled", "ok", 1),
        ("declined", "insufficient_funds", 0),
        ("declined", "original_not_an_authorization", 0),
        ("declined", "original_not_settled", 0),
        ("declined", "original_not_found", 0),
    ]


async def test_a_hold_of_another_person_is_not_captured(ledger: Pool) -> None:
    await add_person(ledger, "P2")
    hold = authorization(amount=900)
    stranger = follow_up("capture", hold, person_no="P2")
    assert (await told(ledger, hold, stranger))[1] == ("declined", "original_of_another_person", 0)


# Expiry


async def test_an_expired_hold_counts_no_more_even_before_anything_has_swept_it(ledger: Pool, owner: Owner) -> None:
    hold = authorization(amount=1_000)
    await outcomes(ledger, hold)
    await run_out(owner, hold)
    assert await standing(ledger) == (1_000, 1_000)
    assert await told(ledger, payment(amount=600)) == [("settled", "ok", 600)]
    assert await standing(ledger) == (400, 0)
    assert await told(ledger, follow_up("capture", hold)) == [("declined", "hold_expired", 0)]


async def test_a_partly_captured_hold_releases_its_rest_when_it_expires(ledger: Pool, owner: Owner) -> None:
    hold = authorization(amount=1_000)
    await outcomes(ledger, hold, follow_up("capture", hold, amount=400))
    await run_out(owner, hold)
    assert await expire_due_holds(ledger) == 1
    assert await standing(ledger) == (600, 0)
    entries = await ledger.fetch("SELECT change, happened_at FROM settlement.hold_entries ORDER BY entry_id")
    assert [row["change"] for row in entries] == [1_000, -400, -600]
    assert entries[-1]["happened_at"] == await ledger.fetchval("SELECT expires_at FROM settlement.holds")


async def test_a_sweep_releases_each_due_hold_once_and_no_other(ledger: Pool, owner: Owner) -> None:
    """Expired hold not restored: mojaloop/project#868."""
    due = [authorization(amount=100) for _ in range(3)]
    await outcomes(ledger, *due, authorization(amount=50))
    await run_out(owner, *due)
    swept = await asyncio.gather(*(expire_due_holds(ledger) for _ in range(3)))
    assert sum(swept) == 3
    assert await standing(ledger) == (1_000, 50)
    states = await ledger.fetch("SELECT state, held FROM settlement.holds ORDER BY amount")
    assert [tuple(row) for row in states] == [("open", 50), *[("expired", 0)] * 3]
    assert Code.HOLD_EXPIRED in {code for _, code, _ in await told(ledger, follow_up("void", due[0]))}
