"""Reversal: what its original did and is not undone yet is undone; of one that has not come yet, its coming."""

import asyncio
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Message, NamedCard
from tests.builders import (
    HOSPITAL,
    PHARMACY,
    add_debit_card,
    add_institution,
    add_person,
    authorization,
    by_card,
    contribution,
    follow_up,
    payment,
    registration,
)
from tests.kinds import (
    OWN_CARD,
    Owner,
    Split,
    a_year_passes,
    account_parts,
    add_person_of_two_years,
    balance,
    days_pass,
    debit_balance,
    disagreements,
    held,
    lay_down,
    outcome,
    outcomes,
    parts_of,
    received,
    run_out,
    set_account_state,
    set_card_state,
    split_of,
    told,
)


@pytest.fixture
async def ledger(ledger: Pool) -> Pool:
    """With P2 besides, who has nothing."""
    await add_person(ledger, "P2")
    return ledger


@pytest.fixture
async def household(household: Pool) -> Pool:
    """With the card DP2 besides, that leads to an empty debit account of P2."""
    await add_debit_card(household, "P2")
    return household


def of_all_sources() -> Message:
    """1,000 fen of the own account, 300 of M, 200 of F, 400 of the debit account and 100 in cash."""
    return payment(amount=2_000, card=OWN_CARD, use_debit=True)


def transfer_to_p2(amount: int = 100) -> Message:
    return by_card("transfer", amount=amount, payee_card=NamedCard("DP2"))


async def settled(pool: Pool, *messages: Message) -> None:
    """Settle what must go well before the test begins."""
    assert {status for status, _ in await told(pool, *messages)} <= {"settled", "held", "reversed"}


async def reversed_(pool: Pool, original: Message, **overrides: Any) -> tuple[str, str, Split]:
    found = await outcome(pool, follow_up("reversal", original, **overrides))
    return found.status, found.code, split_of(found)


async def balances(pool: Pool) -> tuple[int, int, int, int]:
    """Of P1, M, F and P1's debit account."""
    own, mother, father = [await balance(pool, person_no) for person_no in ("P1", "M", "F")]
    return own, mother, father, await debit_balance(pool)


# Payment and purchase


async def test_a_reversed_payment_gives_back_to_all_that_paid(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    back = await outcome(household, follow_up("reversal", paid))
    assert (back.status, back.code, back.amount, back.balance_after) == ("reversed", "ok", 2_000, 1_000)
    assert split_of(back) == Split(account=1_000, family=500, debit=400, cash=100)
    assert back.original_message_id == paid.message_id
    assert await balances(household) == (1_000, 300, 200, 400)
    assert await received(household) == -400  # the deposit alone
    assert await disagreements(household) == []


async def test_of_a_refunded_payment_a_reversal_gives_back_what_is_left(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid, follow_up("refund", paid, amount=800))
    assert await reversed_(household, paid) == ("reversed", "ok", Split(account=1_000, family=200))
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_of_a_fully_refunded_payment_there_is_nothing_to_reverse(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid, follow_up("refund", paid))
    assert await reversed_(household, paid) == ("reversed", Code.NOTHING_TO_REVERSE, Split())
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_no_region_limits_a_reversal(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid, follow_up("refund", paid, amount=100))
    await days_pass(owner, 5)
    await lay_down(owner, partial_refunds=False, refund_days=0, med_types=[], mutual_aid=False)
    assert await reversed_(ledger, paid) == ("reversed", "ok", Split(account=200))


async def test_money_goes_back_to_the_part_of_the_account_that_it_came_from(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, earlier=600, current=300)
    paid = payment(amount=700)
    await settled(pool, paid)
    back = await outcome(pool, follow_up("reversal", paid))
    assert parts_of(back) == [("current", 300), ("accumulated", 400)]
    assert await account_parts(pool) == (300, 600)


async def test_after_the_years_turn_money_goes_back_to_the_accumulated_part(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=700)
    await settled(ledger, paid)
    await a_year_passes(owner)
    await settled(ledger, contribution("P1", 50), follow_up("reversal", paid))
    assert await account_parts(ledger) == (50, 1_000)


@pytest.mark.parametrize("state", ["frozen", "dormant"])
async def test_accounts_that_rest_are_credited(household: Pool, state: str) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    for person_no in ("P1", "M", "F"):
        await set_account_state(household, state, person_no)
    await set_account_state(household, "frozen", kind="debit")
    await set_card_state(household, "lost")
    assert (await reversed_(household, paid))[:2] == ("reversed", "ok")
    assert await balances(household) == (1_000, 300, 200, 400)


@pytest.mark.parametrize(("closed", "kind"), [("P1", "personal"), ("M", "personal"), ("P1", "debit")])
async def test_a_closed_account_is_not_credited_and_then_nobody_is(household: Pool, closed: str, kind: str) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await set_account_state(household, "closed", closed, kind=kind)
    assert await reversed_(household, paid) == ("declined", Code.ACCOUNT_CLOSED, Split())
    assert await balances(household) == (0, 0, 0, 0)


async def test_a_payment_in_cash_alone_is_reversed(ledger: Pool) -> None:
    paid = payment(amount=300)
    await settled(ledger, payment(amount=1_000), paid)
    assert await reversed_(ledger, paid) == ("reversed", "ok", Split(cash=300))


async def test_a_purchase_is_reversed_to_the_debit_account(household: Pool) -> None:
    bought = by_card("purchase", amount=300)
    await settled(household, bought, follow_up("refund", bought, amount=100))
    back = await outcome(household, follow_up("reversal", bought))
    assert (back.status, split_of(back), back.balance_after) == ("reversed", Split(debit=200), 400)


# Authorization


async def test_a_reversed_authorization_holds_nothing_more(ledger: Pool) -> None:
    hold = authorization(amount=900)
    await settled(ledger, hold)
    assert await reversed_(ledger, hold) == ("reversed", "ok", Split(account=900))
    assert (await balance(ledger), await held(ledger)) == (1_000, 0)
    assert (
        await told(ledger, follow_up("capture", hold), follow_up("void", hold), follow_up("reversal", hold))
        == [("declined", Code.ALREADY_REVERSED)] * 3
    )
    assert await disagreements(ledger) == []


async def test_of_a_partly_captured_hold_what_is_still_held_is_released(ledger: Pool) -> None:
    hold = authorization(amount=900)
    await settled(ledger, hold, follow_up("capture", hold, amount=300))
    assert await reversed_(ledger, hold) == ("reversed", "ok", Split(account=600))
    assert (await balance(ledger), await held(ledger)) == (700, 0)


async def test_a_hold_of_less_than_was_asked_is_reversed_by_what_is_held(ledger: Pool) -> None:
    hold = authorization(amount=1_500)
    await settled(ledger, hold)
    assert await reversed_(ledger, hold) == ("reversed", "ok", Split(account=1_000))
    assert await held(ledger) == 0


@pytest.mark.parametrize("end", ["void", "capture"])
async def test_of_a_hold_that_is_voided_or_captured_there_is_nothing_to_reverse(ledger: Pool, end: str) -> None:
    hold = authorization(amount=900)
    await settled(ledger, hold, follow_up(end, hold))
    assert await reversed_(ledger, hold) == ("reversed", Code.NOTHING_TO_REVERSE, Split())


@pytest.mark.parametrize("is_swept", [True, False])
async def test_of_an_expired_hold_there_is_nothing_to_reverse(ledger: Pool, owner: Owner, is_swept: bool) -> None:
    hold = authorization(amount=900)
    await settled(ledger, hold)
    await run_out(owner, hold)
    if is_swept:
        await expire_due_holds(ledger)
    assert await reversed_(ledger, hold) == ("reversed", Code.NOTHING_TO_REVERSE, Split())
    assert await held(ledger) == 0


@pytest.mark.parametrize("kind", ["capture", "void", "reversal", "refund"])
async def test_who_names_the_expired_hold_of_another_person_is_declined(ledger: Pool, owner: Owner, kind: str) -> None:
    hold = authorization(amount=900)
    await settled(ledger, hold)
    await run_out(owner, hold)
    assert await told(ledger, follow_up(kind, hold, person_no="P2")) == [("declined", Code.ORIGINAL_OF_ANOTHER_PERSON)]


async def test_of_a_declined_capture_of_anothers_expired_hold_there_is_nothing_to_reverse(
    ledger: Pool, owner: Owner
) -> None:
    hold = authorization(amount=900)
    stranger = follow_up("capture", hold, person_no="P2")
    assert (await told(ledger, hold, stranger))[1] == ("declined", Code.ORIGINAL_OF_ANOTHER_PERSON)
    await run_out(owner, hold)
    assert await reversed_(ledger, stranger) == ("reversed", Code.NOTHING_TO_REVERSE, Split())


# Capture


async def test_what_a_capture_took_is_held_again_where_its_hold_is_open(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    await settled(ledger, hold, capture)
    assert await reversed_(ledger, capture) == ("reversed", "ok", Split(account=400))
    assert (await balance(ledger), await held(ledger)) == (1_000, 900)
    assert await told(ledger, follow_up("capture", hold, amount=901), follow_up("capture", hold, amount=900)) == [
        ("declined", Code.CAPTURE_EXCEEDS_HOLD),
        ("settled", "ok"),
    ]
    assert await disagreements(ledger) == []


@pytest.mark.parametrize("end", ["final", "captured", "void", "reversal"])
async def test_what_a_capture_took_is_free_where_its_hold_is_closed(ledger: Pool, end: str) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=900 if end == "captured" else 400, final=end == "final")
    await settled(ledger, hold, capture)
    if end in ("void", "reversal"):
        await settled(ledger, follow_up(end, hold))
    assert (await reversed_(ledger, capture))[:2] == ("reversed", "ok")
    assert (await balance(ledger), await held(ledger)) == (1_000, 0)


@pytest.mark.parametrize("is_swept", [True, False])
async def test_what_a_capture_took_is_free_where_its_hold_has_expired(
    ledger: Pool, owner: Owner, is_swept: bool
) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    await settled(ledger, hold, capture)
    await run_out(owner, hold)
    if is_swept:
        await expire_due_holds(ledger)
    assert await reversed_(ledger, capture) == ("reversed", "ok", Split(account=400))
    assert (await balance(ledger), await held(ledger)) == (1_000, 0)


async def test_of_a_refunded_capture_what_is_left_is_held_again(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    await settled(ledger, hold, capture, follow_up("refund", capture, amount=150))
    assert await reversed_(ledger, capture) == ("reversed", "ok", Split(account=250))
    assert (await balance(ledger), await held(ledger)) == (1_000, 750)


async def test_one_of_two_captures_is_reversed_by_itself(ledger: Pool) -> None:
    hold = authorization(amount=900)
    first, second = follow_up("capture", hold, amount=400), follow_up("capture", hold, amount=100)
    await settled(ledger, hold, first, second)
    assert await reversed_(ledger, first) == ("reversed", "ok", Split(account=400))
    assert (await balance(ledger), await held(ledger)) == (900, 800)
    assert await reversed_(ledger, second) == ("reversed", "ok", Split(account=100))
    assert (await balance(ledger), await held(ledger)) == (1_000, 900)


async def test_a_capture_of_a_closed_account_is_not_reversed(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    await settled(ledger, hold, capture)
    await set_account_state(ledger, "closed")
    assert await reversed_(ledger, capture) == ("declined", Code.ACCOUNT_CLOSED, Split())
    assert (await balance(ledger), await held(ledger)) == (600, 500)


# Refund


async def test_a_reversed_refund_goes_to_the_institution_again(household: Pool) -> None:
    paid = of_all_sources()
    refund = follow_up("refund", paid, amount=1_200)
    await settled(household, paid, refund)
    back = await outcome(household, follow_up("reversal", refund))
    assert (back.status, back.code, back.amount, back.balance_after) == ("reversed", "ok", 1_200, 0)
    assert split_of(back) == Split(account=200, family=500, debit=400, cash=100)
    assert await balances(household) == (0, 0, 0, 0)
    assert await received(household) == 1_900 - 400
    assert await disagreements(household) == []


async def test_what_a_reversed_refund_refunded_can_be_refunded_again(household: Pool) -> None:
    paid = of_all_sources()
    refund = follow_up("refund", paid, amount=1_200)
    await settled(household, paid, refund, follow_up("reversal", refund))
    again = await outcome(household, follow_up("refund", paid))
    assert split_of(again) == Split(account=1_000, family=500, debit=400, cash=100)
    assert await balances(household) == (1_000, 300, 200, 400)
    assert await told(household, follow_up("refund", paid)) == [("declined", Code.ALREADY_REFUNDED)]


async def test_one_of_two_refunds_is_reversed_and_the_cap_counts_the_other(ledger: Pool) -> None:
    paid = payment(amount=1_000)
    first, second = follow_up("refund", paid, amount=400), follow_up("refund", paid, amount=500)
    await settled(ledger, paid, first, second, follow_up("reversal", first))
    assert await told(ledger, follow_up("refund", paid, amount=501), follow_up("refund", paid, amount=500)) == [
        ("declined", Code.REFUND_EXCEEDS_ORIGINAL),
        ("settled", "ok"),
    ]
    assert await balance(ledger) == 1_000


async def test_a_reversed_refund_makes_its_payment_reversible_again(ledger: Pool) -> None:
    paid = payment(amount=700)
    refund = follow_up("refund", paid)
    await settled(ledger, paid, refund, follow_up("reversal", refund))
    assert await reversed_(ledger, paid) == ("reversed", "ok", Split(account=700))
    assert await balance(ledger) == 1_000


async def test_a_refund_of_a_reversed_payment_is_reversed_already(ledger: Pool) -> None:
    paid = payment(amount=700)
    refund = follow_up("refund", paid, amount=200)
    await settled(ledger, paid, refund, follow_up("reversal", paid))
    assert await reversed_(ledger, refund) == ("declined", Code.ALREADY_REVERSED, Split())
    assert await balance(ledger) == 1_000


async def test_a_refund_of_a_reversed_capture_is_reversed_already(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    refund = follow_up("refund", capture, amount=100)
    await settled(ledger, hold, capture, refund, follow_up("reversal", capture))
    assert await reversed_(ledger, refund) == ("declined", Code.ALREADY_REVERSED, Split())


async def test_a_refund_of_a_capture_is_reversed(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    refund = follow_up("refund", capture, amount=100)
    await settled(ledger, hold, capture, refund)
    assert await reversed_(ledger, refund) == ("reversed", "ok", Split(account=100))
    assert (await balance(ledger), await held(ledger)) == (600, 500)


async def test_a_refund_of_a_purchase_is_reversed(household: Pool) -> None:
    bought = by_card("purchase", amount=300)
    refund = follow_up("refund", bought, amount=100)
    await settled(household, bought, refund)
    back = await outcome(household, follow_up("reversal", refund))
    assert (back.status, split_of(back), back.balance_after) == ("reversed", Split(debit=100), 100)


async def test_a_refund_of_a_purchase_that_was_spent_meanwhile_is_not_reversed(household: Pool) -> None:
    bought = by_card("purchase", amount=300)
    refund = follow_up("refund", bought, amount=100)
    await settled(household, bought, refund, by_card("withdrawal", amount=101))
    declined = await outcome(household, follow_up("reversal", refund))
    assert (declined.status, declined.code, split_of(declined)) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert declined.balance_after == 99


async def test_a_refund_of_cash_alone_is_reversed(ledger: Pool) -> None:
    paid = payment(amount=300)
    refund = follow_up("refund", paid)
    await settled(ledger, payment(amount=1_000), paid, refund)
    assert await reversed_(ledger, refund) == ("reversed", "ok", Split(cash=300))
    assert await told(ledger, follow_up("refund", paid)) == [("settled", "ok")]


async def test_a_refund_that_was_spent_meanwhile_is_not_reversed(ledger: Pool) -> None:
    paid = payment(amount=1_000)
    refund = follow_up("refund", paid, amount=400)
    await settled(ledger, paid, refund, payment(amount=1))
    assert await reversed_(ledger, refund) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert await balance(ledger) == 399
    assert await told(ledger, follow_up("refund", paid, amount=601)) == [("declined", Code.REFUND_EXCEEDS_ORIGINAL)]


async def test_a_refund_that_is_held_meanwhile_is_not_reversed(ledger: Pool) -> None:
    paid = payment(amount=1_000)
    refund = follow_up("refund", paid, amount=400)
    await settled(ledger, paid, refund, authorization(amount=1))
    assert await reversed_(ledger, refund) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert (await balance(ledger), await held(ledger)) == (400, 1)


async def test_a_refund_of_which_one_account_has_spent_its_share_is_reversed_for_nobody(household: Pool) -> None:
    paid = of_all_sources()
    refund = follow_up("refund", paid)
    await settled(household, paid, refund, payment(person_no="F", amount=200))
    assert await reversed_(household, refund) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert await balances(household) == (1_000, 300, 0, 400)


@pytest.mark.parametrize(("closed", "kind"), [("P1", "personal"), ("F", "personal"), ("P1", "debit")])
async def test_out_of_a_closed_account_no_refund_is_reversed(household: Pool, closed: str, kind: str) -> None:
    paid = of_all_sources()
    refund = follow_up("refund", paid)
    await settled(household, paid, refund)
    await set_account_state(household, "closed", closed, kind=kind)
    assert await reversed_(household, refund) == ("declined", Code.ACCOUNT_CLOSED, Split())
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_a_refund_is_reversed_out_of_a_frozen_account(ledger: Pool) -> None:
    paid = payment(amount=700)
    refund = follow_up("refund", paid, amount=200)
    await settled(ledger, paid, refund)
    await set_account_state(ledger, "frozen")
    assert await reversed_(ledger, refund) == ("reversed", "ok", Split(account=200))


async def test_a_refund_made_and_reversed_after_the_years_turn_leaves_the_balance(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=700)
    refund = follow_up("refund", paid)
    await settled(ledger, paid)
    await a_year_passes(owner)
    await settled(ledger, refund, follow_up("reversal", refund))
    assert await account_parts(ledger) == (0, 300)
    await settled(ledger, follow_up("refund", paid))
    assert await account_parts(ledger) == (0, 1_000)
    assert await disagreements(ledger) == []


# Deposit, withdrawal, transfer


async def test_a_deposit_goes_back_out_of_the_debit_account(household: Pool) -> None:
    deposit = by_card("deposit", amount=250)
    await settled(household, deposit)
    back = await outcome(household, follow_up("reversal", deposit))
    assert (back.status, back.code, split_of(back), back.balance_after) == ("reversed", "ok", Split(debit=250), 400)
    assert await disagreements(household) == []


async def test_a_deposit_that_was_spent_meanwhile_is_not_reversed(household: Pool) -> None:
    deposit = by_card("deposit", amount=250)
    await settled(household, deposit, by_card("withdrawal", amount=401))
    assert await reversed_(household, deposit) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert await debit_balance(household) == 249


async def test_a_withdrawal_comes_back(household: Pool) -> None:
    withdrawal = by_card("withdrawal", amount=250)
    await settled(household, withdrawal)
    back = await outcome(household, follow_up("reversal", withdrawal))
    assert (back.status, split_of(back), back.balance_after) == ("reversed", Split(debit=250), 400)


async def test_a_transfer_comes_back_from_the_payee(household: Pool) -> None:
    transfer = transfer_to_p2(250)
    await settled(household, transfer)
    back = await outcome(household, follow_up("reversal", transfer))
    assert (back.status, split_of(back), back.balance_after) == ("reversed", Split(debit=250), 400)
    assert (await debit_balance(household), await debit_balance(household, "P2")) == (400, 0)
    assert await disagreements(household) == []


async def test_a_transfer_that_the_payee_has_spent_is_not_reversed(household: Pool) -> None:
    transfer = transfer_to_p2(250)
    await settled(household, transfer, by_card("withdrawal", "P2", amount=1))
    assert await reversed_(household, transfer) == ("declined", Code.INSUFFICIENT_FUNDS, Split())
    assert (await debit_balance(household), await debit_balance(household, "P2")) == (150, 249)


async def test_who_cannot_get_a_transfer_back_is_not_told_what_the_payee_has(household: Pool) -> None:
    transfer = transfer_to_p2(250)
    await settled(household, transfer, by_card("withdrawal", "P2", amount=1))
    declined = await outcome(household, follow_up("reversal", transfer))
    assert declined.balance_after in (None, 150)


@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "transfer"])
async def test_what_the_bank_application_moved_is_reversed_whatever_has_become_of_the_card(
    household: Pool, kind: str
) -> None:
    extra: dict[str, Any] = {"payee_card": NamedCard("DP2")} if kind == "transfer" else {}
    moved = by_card(kind, **extra)
    await settled(household, moved)
    await set_card_state(household, "cancelled")
    await set_card_state(household, "lost", "DP2")
    await household.execute("UPDATE parties.cards SET debit_application = 'closed'")
    await set_account_state(household, "frozen", kind="debit")
    assert await reversed_(household, moved) == ("reversed", "ok", Split(debit=100))
    assert await debit_balance(household) == 400


@pytest.mark.parametrize(
    ("kind", "closed"), [("deposit", "P1"), ("withdrawal", "P1"), ("transfer", "P1"), ("transfer", "P2")]
)
async def test_neither_out_of_nor_into_a_closed_debit_account_anything_is_reversed(
    household: Pool, kind: str, closed: str
) -> None:
    extra: dict[str, Any] = {"payee_card": NamedCard("DP2")} if kind == "transfer" else {}
    moved = by_card(kind, **extra)
    await settled(household, moved)
    await set_account_state(household, "closed", closed, kind="debit")
    assert await reversed_(household, moved) == ("declined", Code.ACCOUNT_CLOSED, Split())


# Before its original


async def test_a_reversal_before_its_original_refuses_it_when_it_comes(ledger: Pool) -> None:
    late = payment(amount=300)
    reversal = await outcome(ledger, follow_up("reversal", late))
    assert (reversal.status, reversal.code, reversal.original_message_id) == (
        "reversed",
        Code.ORIGINAL_NOT_FOUND,
        late.message_id,
    )
    refused = await outcome(ledger, late)
    assert (refused.status, refused.code, refused.message_id, refused.amount, refused.replayed) == (
        "declined",
        Code.REVERSED_BEFORE_ARRIVAL,
        late.message_id,
        300,
        False,
    )
    assert await balance(ledger) == 1_000


async def test_what_came_after_its_reversal_is_answered_the_same_when_it_comes_again(ledger: Pool) -> None:
    late = payment(amount=300)
    await outcomes(ledger, follow_up("reversal", late))
    first, again, third = [await outcome(ledger, late) for _ in range(3)]
    assert [each.replayed for each in (first, again, third)] == [False, True, True]
    assert first.settlement_id == again.settlement_id == third.settlement_id
    assert {each.code for each in (first, again, third)} == {Code.REVERSED_BEFORE_ARRIVAL}


async def test_other_content_under_the_id_of_what_came_after_its_reversal_is_a_conflict(ledger: Pool) -> None:
    """Same key, other amount or other account, silently answered with the first result: FINERACT-2485."""
    late = payment(amount=300, message_id="LATE")
    await outcomes(ledger, follow_up("reversal", late))
    await outcomes(ledger, late)
    changed = await outcome(ledger, payment(amount=301, message_id="LATE"))
    assert (changed.status, changed.code, changed.differing_fields) == ("conflict", Code.MESSAGE_CONFLICT, ("amount",))


async def test_the_reversal_of_what_has_not_come_is_answered_the_same_again(ledger: Pool) -> None:
    late = payment(amount=300)
    reversal = follow_up("reversal", late)
    first, again = await outcome(ledger, reversal), await outcome(ledger, reversal)
    await outcomes(ledger, late)
    third = await outcome(ledger, reversal)
    assert [each.replayed for each in (first, again, third)] == [False, True, True]
    assert {(each.status, each.code, each.settlement_id) for each in (first, again, third)} == {
        ("reversed", Code.ORIGINAL_NOT_FOUND, first.settlement_id)
    }


async def test_a_second_reversal_finds_the_first_before_and_after_the_original_comes(ledger: Pool) -> None:
    late = payment(amount=300)
    await outcomes(ledger, follow_up("reversal", late))
    assert await reversed_(ledger, late) == ("declined", Code.ALREADY_REVERSED, Split())
    await outcomes(ledger, late)
    assert await reversed_(ledger, late) == ("declined", Code.ALREADY_REVERSED, Split())


@pytest.mark.parametrize("kind", ["authorization", "registration", "deposit", "transfer", "capture", "refund", "void"])
async def test_every_kind_is_refused_that_was_reversed_before_it_came(household: Pool, kind: str) -> None:
    earlier = authorization(amount=100) if kind in ("capture", "void") else payment(amount=100)
    late = {
        "authorization": authorization(amount=100),
        "registration": registration(),
        "deposit": by_card("deposit"),
        "transfer": transfer_to_p2(),
    }.get(kind) or follow_up(kind, earlier)
    await settled(household, earlier)
    before = await balances(household), await held(household)
    assert await told(household, follow_up("reversal", late)) == [("reversed", Code.ORIGINAL_NOT_FOUND)]
    assert await told(household, late) == [("declined", Code.REVERSED_BEFORE_ARRIVAL)]
    assert (await balances(household), await held(household)) == before


async def test_a_reversal_before_its_original_lies_on_it_whoever_its_person_is(ledger: Pool) -> None:
    late = payment(amount=300)
    await outcomes(ledger, follow_up("reversal", late, person_no="P2"))
    assert await told(ledger, late) == [("declined", Code.REVERSED_BEFORE_ARRIVAL)]


async def test_a_reversal_before_its_original_does_not_touch_other_institutions(ledger: Pool) -> None:
    late = payment(amount=300)
    await outcomes(ledger, follow_up("reversal", late, institution=PHARMACY))
    assert await told(ledger, late) == [("settled", "ok")]


async def test_reversal_and_original_at_once_never_leave_the_money_moved(ledger: Pool) -> None:
    for _ in range(10):
        paid = payment(amount=50)
        reversal, original = await asyncio.gather(outcome(ledger, follow_up("reversal", paid)), outcome(ledger, paid))
        assert (reversal.status, reversal.code, original.code) in {
            ("reversed", Code.OK, Code.OK),
            ("reversed", Code.ORIGINAL_NOT_FOUND, Code.REVERSED_BEFORE_ARRIVAL),
        }
    assert await balance(ledger) == 1_000


async def test_reversals_of_two_persons_and_the_original_at_once_are_all_answered(ledger: Pool) -> None:
    for _ in range(10):
        paid = payment(amount=50)
        answers = await asyncio.gather(
            outcome(ledger, follow_up("reversal", paid)),
            outcome(ledger, follow_up("reversal", paid, person_no="P2")),
            outcome(ledger, paid),
        )
        taken = answers[2].status == "settled" and answers[0].code != Code.OK
        assert not taken, [each.code for each in answers]
    assert await balance(ledger) == 1_000


# In one batch with its original


async def test_in_a_batch_behind_its_original_a_reversal_undoes_it(household: Pool) -> None:
    paid = of_all_sources()
    _, back = await outcomes(household, paid, follow_up("reversal", paid))
    assert (back.status, back.code, split_of(back)) == (
        "reversed",
        "ok",
        Split(account=1_000, family=500, debit=400, cash=100),
    )
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_in_a_batch_before_its_original_a_reversal_refuses_it(ledger: Pool) -> None:
    late = payment(amount=300)
    assert await told(ledger, follow_up("reversal", late), late, late, follow_up("reversal", late)) == [
        ("reversed", Code.ORIGINAL_NOT_FOUND),
        ("declined", Code.REVERSED_BEFORE_ARRIVAL),
        ("declined", Code.REVERSED_BEFORE_ARRIVAL),
        ("declined", Code.ALREADY_REVERSED),
    ]
    assert (await outcome(ledger, late)).replayed
    assert await balance(ledger) == 1_000


async def test_a_whole_story_in_one_batch_comes_to_what_it_comes_to_message_by_message(household: Pool) -> None:
    async def story(*, at_once: bool) -> list[tuple[str, str, Split]]:
        hold, paid = authorization(amount=300), payment(amount=900, card=OWN_CARD, use_debit=True)
        capture = follow_up("capture", hold, amount=100)
        refund = follow_up("refund", paid, amount=250)
        messages = [
            hold, paid, capture, refund, follow_up("reversal", capture), follow_up("reversal", refund),
            follow_up("refund", paid), follow_up("reversal", paid), follow_up("reversal", hold),
            follow_up("reversal", hold),
        ]  # fmt: skip
        if at_once:
            answers = await outcomes(household, *messages)
        else:
            answers = [await outcome(household, message) for message in messages]
        return [(each.status, each.code, split_of(each)) for each in answers]

    one_by_one = await story(at_once=False)
    assert await story(at_once=True) == one_by_one
    assert await balances(household) == (1_000, 300, 200, 400)
    assert await held(household) == 0
    assert await disagreements(household) == []


# Which originals


@pytest.mark.parametrize("kind", ["void", "registration", "reversal"])
async def test_some_kinds_are_not_reversible(ledger: Pool, kind: str) -> None:
    hold = authorization(amount=100)
    done = {"void": follow_up("void", hold), "registration": registration(), "reversal": follow_up("reversal", hold)}
    await outcomes(ledger, hold, done[kind])
    assert await reversed_(ledger, done[kind]) == ("declined", Code.NOT_REVERSIBLE, Split())


async def test_a_declined_reversal_is_not_reversible_either(ledger: Pool) -> None:
    paid = payment(amount=300)
    second = follow_up("reversal", paid)
    await outcomes(ledger, paid, follow_up("reversal", paid), second)
    assert await reversed_(ledger, second) == ("declined", Code.NOT_REVERSIBLE, Split())


async def test_of_what_was_declined_or_rejected_there_is_nothing_to_reverse(ledger: Pool) -> None:
    declined = payment(amount=5_000, short_balance="decline")
    hold = authorization(amount=5_000, short_balance="decline")
    refund = follow_up("refund", payment())
    rejected = payment(amount=5, institution=PHARMACY)
    await ledger.execute("UPDATE parties.institutions SET state = 'blocked' WHERE institution = $1", PHARMACY)
    await outcomes(ledger, declined, hold, refund, rejected)
    await ledger.execute("UPDATE parties.institutions SET state = 'active' WHERE institution = $1", PHARMACY)
    for original in (declined, hold, refund, rejected):
        assert await reversed_(ledger, original) == ("reversed", Code.NOTHING_TO_REVERSE, Split())


async def test_a_second_reversal_is_declined(ledger: Pool) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid, follow_up("reversal", paid))
    assert await reversed_(ledger, paid) == ("declined", Code.ALREADY_REVERSED, Split())
    assert await balance(ledger) == 1_000


async def test_reversals_at_once_undo_once(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315."""
    paid = payment(amount=300)
    await settled(ledger, paid)
    answers = await asyncio.gather(*(outcome(ledger, follow_up("reversal", paid)) for _ in range(6)))
    assert sorted(each.code for each in answers) == [*[Code.ALREADY_REVERSED] * 5, Code.OK]
    assert await balance(ledger) == 1_000


async def test_refund_and_reversal_at_once_give_back_once(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315."""
    for _ in range(5):
        paid = payment(amount=300)
        await settled(ledger, paid)
        kinds = ("refund", "reversal", "refund", "reversal")
        await asyncio.gather(*(outcome(ledger, follow_up(kind, paid)) for kind in kinds))
        assert await balance(ledger) == 1_000


async def test_a_reversal_that_was_declined_may_succeed_later_under_another_id(ledger: Pool) -> None:
    paid = payment(amount=1_000)
    refund = follow_up("refund", paid, amount=400)
    await settled(ledger, paid, refund, payment(amount=100))
    assert (await reversed_(ledger, refund))[0] == "declined"
    await settled(ledger, contribution("P1", 100))
    assert await reversed_(ledger, refund) == ("reversed", "ok", Split(account=400))


async def test_what_another_person_did_is_not_reversed(ledger: Pool) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid)
    assert await reversed_(ledger, paid, person_no="P2") == (
        "declined",
        Code.ORIGINAL_OF_ANOTHER_PERSON,
        Split(),
    )
    assert await balance(ledger) == 700


async def test_that_it_is_reversed_already_is_told_before_whose_it_is_and_what_kind(ledger: Pool) -> None:
    late = registration()
    await outcomes(ledger, follow_up("reversal", late))
    assert await reversed_(ledger, late, person_no="P2") == ("declined", Code.ALREADY_REVERSED, Split())


@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"person_no": "STRANGER"}, ("declined", Code.PERSON_UNKNOWN)),
        ({"institution": "X00000000003"}, ("rejected", Code.INSTITUTION_UNKNOWN)),
    ],
)
async def test_a_reversal_that_is_refused_lays_nothing_on_its_original(
    ledger: Pool, overrides: dict[str, Any], expected: tuple[str, str]
) -> None:
    late = payment(amount=300)
    assert await told(ledger, follow_up("reversal", late, **overrides)) == [expected]
    assert await told(ledger, late) == [("settled", "ok")]


# Sent again


async def test_a_reversal_sent_again_is_answered_as_the_first_time(household: Pool) -> None:
    paid = of_all_sources()
    reversal = follow_up("reversal", paid)
    await settled(household, paid)
    first, again = await outcome(household, reversal), await outcome(household, reversal)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.settlement_id, again.amount, parts_of(again)) == (first.settlement_id, first.amount, parts_of(first))
    assert await balances(household) == (1_000, 300, 200, 400)


@pytest.mark.parametrize("is_known", [True, False])
async def test_a_reversal_under_a_taken_id_with_other_content_is_a_conflict(ledger: Pool, is_known: bool) -> None:
    """Same key, other amount or other account, silently answered with the first result: FINERACT-2485."""
    paid, other = payment(amount=300), payment(amount=200)
    if is_known:
        await settled(ledger, paid, other)
    await settled(ledger, follow_up("reversal", paid, message_id="R1"))
    changed = await outcome(ledger, follow_up("reversal", other, message_id="R1"))
    assert (changed.status, changed.differing_fields) == ("conflict", ("original_message_id",))
    if not is_known:
        assert await told(ledger, other) == [("settled", "ok")]


async def test_a_reversal_under_the_id_of_its_original_is_a_conflict(ledger: Pool) -> None:
    paid = payment(amount=300, message_id="SAME")
    await settled(ledger, paid)
    changed = await outcome(ledger, follow_up("reversal", payment(), message_id="SAME"))
    assert changed.status == "conflict"
    assert await balance(ledger) == 700


async def test_a_reversed_payment_sent_again_is_still_told_as_settled(ledger: Pool) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid, follow_up("reversal", paid))
    again = await outcome(ledger, paid)
    assert (again.status, again.replayed, again.account_paid) == ("settled", True, 300)
    assert await balance(ledger) == 1_000
