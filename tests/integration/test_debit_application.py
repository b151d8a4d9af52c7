"""The card's bank application: deposit, withdrawal, purchase and transfer, never below zero, and who may."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.messages import AMOUNT_MAX, Card, Message, NamedCard
from tests.builders import HOSPITAL, add_card, add_debit_card, add_institution, add_person, by_card, payment
from tests.kinds import (
    Owner,
    Split,
    balance,
    debit_balance,
    disagreements,
    lay_down,
    outcome,
    outcomes,
    parts_of,
    received,
    set_account_state,
    set_card_state,
    split_of,
    switch_debit_application,
    told,
)

ALL_KINDS = ["deposit", "withdrawal", "purchase", "transfer"]


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """The pool of a ledger with HOSPITAL and P1 with 1,000 fen; in the debit account of card DP1 400 and of DP2 50."""
    await add_institution(pool, HOSPITAL)
    await add_person(pool, "P1", balance=1_000)
    await add_person(pool, "P2")
    await add_debit_card(pool, "P1", balance=400)
    await add_debit_card(pool, "P2", balance=50)
    return pool


def of_kind(kind: str, amount: int = 100, **overrides: Any) -> Message:
    """By P1's card; a transfer goes to P2's."""
    payee: dict[str, Any] = {"payee_card": NamedCard("DP2", "SN1")} if kind == "transfer" else {}
    return by_card(kind, amount=amount, **{**payee, **overrides})


def transfer(amount: int = 100, *, to: str = "DP2", card_sn: str | None = None, **overrides: Any) -> Message:
    return by_card("transfer", amount=amount, payee_card=NamedCard(to, card_sn), **overrides)


async def both(pool: Pool) -> tuple[int, int]:
    """The debit accounts of P1 and P2."""
    return await debit_balance(pool), await debit_balance(pool, "P2")


# What moves


@pytest.mark.parametrize(
    ("kind", "left", "gained"),
    [
        ("deposit", (500, 50), -100),
        ("withdrawal", (300, 50), 100),
        ("purchase", (300, 50), 100),
        ("transfer", (300, 150), 0),
    ],
)
async def test_each_kind_moves_its_money_and_nothing_else(
    ledger: Pool, kind: str, left: tuple[int, int], gained: int
) -> None:
    before = await received(ledger)
    moved = await outcome(ledger, of_kind(kind))
    assert (moved.status, moved.code, moved.amount, split_of(moved)) == ("settled", "ok", 100, Split(debit=100))
    assert (parts_of(moved), moved.balance_after) == ([("debit", 100)], left[0])
    assert await both(ledger) == left
    assert await received(ledger) - before == gained
    assert await balance(ledger) == 1_000
    assert await disagreements(ledger) == []


@pytest.mark.parametrize("kind", ["withdrawal", "purchase", "transfer"])
async def test_a_debit_account_never_falls_below_zero(ledger: Pool, kind: str) -> None:
    answers = await outcomes(ledger, of_kind(kind, 401), of_kind(kind, 400), of_kind(kind, 1))
    assert [(each.status, each.code, each.balance_after) for each in answers] == [
        ("declined", Code.INSUFFICIENT_FUNDS, 400),
        ("settled", Code.OK, 0),
        ("declined", Code.INSUFFICIENT_FUNDS, 0),
    ]
    assert await debit_balance(ledger) == 0


@pytest.mark.parametrize("kind", ["withdrawal", "purchase", "transfer"])
async def test_the_personal_account_does_not_stand_in_for_the_debit_account(ledger: Pool, kind: str) -> None:
    assert await told(ledger, of_kind(kind, 500, short_balance="split", use_mutual_aid=True)) == [
        ("declined", Code.INSUFFICIENT_FUNDS)
    ]
    assert await balance(ledger) == 1_000


async def test_a_batch_moves_on_what_its_messages_leave(ledger: Pool) -> None:
    back = by_card("transfer", "P2", amount=450, payee_card=NamedCard("DP1"))
    assert (
        await told(ledger, transfer(400), back, by_card("purchase", amount=450), by_card("deposit", amount=1))
        == [("settled", "ok")] * 4
    )
    assert await both(ledger) == (1, 0)


async def test_withdrawals_at_once_never_take_more_than_is_there(ledger: Pool) -> None:
    """The optimistic lock race of blnk#239: two writers read one balance and both spend it."""
    answers = await asyncio.gather(*(outcome(ledger, by_card("withdrawal", amount=150)) for _ in range(6)))
    assert sorted(each.code for each in answers) == [*[Code.INSUFFICIENT_FUNDS] * 4, *[Code.OK] * 2]
    assert await debit_balance(ledger) == 100


async def test_transfers_both_ways_at_once_all_end_and_lose_nothing(ledger: Pool) -> None:
    """One holder's lock waits for the other's: here the order of locks is one for all."""
    forth = [transfer(10) for _ in range(10)]
    back = [by_card("transfer", "P2", amount=10, payee_card=NamedCard("DP1")) for _ in range(10)]
    answers = await asyncio.gather(*(outcome(ledger, each) for pair in zip(forth, back, strict=True) for each in pair))
    assert len(answers) == 20
    assert sum(await both(ledger)) == 450
    assert await disagreements(ledger) == []


async def test_the_largest_amount_is_deposited(ledger: Pool) -> None:
    moved = await outcome(ledger, by_card("deposit", amount=AMOUNT_MAX))
    assert (moved.status, moved.balance_after) == ("settled", AMOUNT_MAX + 400)


# Whose card


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("issued", Code.CARD_NOT_ACTIVE),
        ("temp_lost", Code.CARD_LOST),
        ("lost", Code.CARD_LOST),
        ("pin_locked", Code.CARD_PIN_LOCKED),
        ("replaced", Code.CARD_REPLACED),
        ("cancelled", Code.CARD_CANCELLED),
        ("expired", Code.CARD_EXPIRED),
    ],
)
async def test_a_card_that_is_not_active_moves_nothing_and_is_told_as_in_a_payment(
    ledger: Pool, kind: str, state: str, code: Code
) -> None:
    await set_card_state(ledger, state)
    moved, paid = await outcomes(ledger, of_kind(kind), payment(card=Card("03", "DP1")))
    assert (moved.status, moved.code, moved.balance_after) == ("declined", code, None)
    assert paid.code == code
    assert await both(ledger) == (400, 50)


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize(
    ("card", "code"),
    [
        (Card("03", "DP2"), Code.CARD_OF_ANOTHER_PERSON),
        (Card("03", "D9"), Code.CARD_UNKNOWN),
        (Card("03", "DP1", "SN9"), Code.CARD_SN_MISMATCH),
    ],
    ids=["another's", "unknown", "wrong number"],
)
async def test_only_the_payers_own_card_moves_money(ledger: Pool, kind: str, card: Card, code: Code) -> None:
    assert await told(ledger, of_kind(kind, card=card)) == [("declined", code)]
    assert await both(ledger) == (400, 50)


@pytest.mark.parametrize("kind", ALL_KINDS)
async def test_a_card_that_is_no_longer_valid_moves_nothing(ledger: Pool, kind: str) -> None:
    await ledger.execute("UPDATE parties.cards SET valid_to = '2020-01-01' WHERE card_no = 'DP1'")
    assert await told(ledger, of_kind(kind)) == [("declined", Code.CARD_EXPIRED)]


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("application", ["off", "closed"])
async def test_without_its_debit_application_a_card_moves_nothing(ledger: Pool, kind: str, application: str) -> None:
    await switch_debit_application(ledger, application)
    assert await told(ledger, of_kind(kind)) == [("declined", Code.DEBIT_APPLICATION_OFF)]


@pytest.mark.parametrize("kind", ALL_KINDS)
async def test_a_card_whose_application_was_never_opened_moves_nothing(ledger: Pool, kind: str) -> None:
    await add_card(ledger, "Z1")
    assert await told(ledger, of_kind(kind, card=Card("03", "Z1"))) == [("declined", Code.DEBIT_APPLICATION_OFF)]


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize(("state", "code"), [("frozen", Code.ACCOUNT_FROZEN), ("closed", Code.ACCOUNT_CLOSED)])
async def test_a_debit_account_that_is_not_normal_moves_nothing(
    ledger: Pool, kind: str, state: str, code: Code
) -> None:
    await set_account_state(ledger, state, kind="debit")
    assert await told(ledger, of_kind(kind)) == [("declined", code)]
    assert await both(ledger) == (400, 50)


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize("state", ["frozen", "dormant"])
async def test_the_personal_accounts_state_does_not_concern_the_bank(ledger: Pool, kind: str, state: str) -> None:
    await set_account_state(ledger, state)
    assert await told(ledger, of_kind(kind)) == [("settled", "ok")]


@pytest.mark.parametrize("kind", ALL_KINDS)
async def test_the_regions_rules_do_not_concern_the_bank(ledger: Pool, owner: Owner, kind: str) -> None:
    await lay_down(owner, med_types=[], pharmacy_daily_fen=0, pharmacy_daily_payments=0, suspended_may_spend=False)
    await ledger.execute(
        "INSERT INTO parties.insurances (person_no, insurance, state, since)"
        " VALUES ('P1', 'medical', 'suspended', now())"
    )
    assert await told(ledger, of_kind(kind)) == [("settled", "ok")]


@pytest.mark.parametrize("kind", ALL_KINDS)
@pytest.mark.parametrize(
    ("overrides", "expected"),
    [
        ({"person_no": "STRANGER"}, ("declined", Code.PERSON_UNKNOWN)),
        ({"institution": "X00000000003"}, ("rejected", Code.INSTITUTION_UNKNOWN)),
    ],
    ids=["person", "institution"],
)
async def test_unknown_parties_are_told_first(
    ledger: Pool, kind: str, overrides: dict[str, Any], expected: tuple[str, str]
) -> None:
    assert await told(ledger, of_kind(kind, **overrides)) == [expected]


# The payee


@pytest.mark.parametrize(("card_no", "card_sn"), [("D9", None), ("DP2", "SN9")])
async def test_a_payee_card_that_does_not_exist_gets_nothing(ledger: Pool, card_no: str, card_sn: str | None) -> None:
    assert await told(ledger, transfer(to=card_no, card_sn=card_sn)) == [("declined", Code.PAYEE_CARD_UNKNOWN)]


@pytest.mark.parametrize("state", ["issued", "temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"])
async def test_a_payee_card_that_is_not_active_gets_nothing(ledger: Pool, state: str) -> None:
    await set_card_state(ledger, state, "DP2")
    assert await told(ledger, transfer()) == [("declined", Code.PAYEE_CARD_NOT_USABLE)]
    assert await both(ledger) == (400, 50)


@pytest.mark.parametrize("application", ["off", "closed"])
async def test_a_payee_card_without_its_application_gets_nothing(ledger: Pool, application: str) -> None:
    await switch_debit_application(ledger, application, "DP2")
    assert await told(ledger, transfer()) == [("declined", Code.PAYEE_CARD_NOT_USABLE)]


@pytest.mark.parametrize("state", ["frozen", "closed"])
async def test_a_payee_account_that_is_not_normal_gets_nothing(ledger: Pool, state: str) -> None:
    await set_account_state(ledger, state, "P2", kind="debit")
    assert await told(ledger, transfer()) == [("declined", Code.PAYEE_CARD_NOT_USABLE)]


async def test_nobody_transfers_to_the_account_it_comes_from(ledger: Pool) -> None:
    await ledger.execute(
        "INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to, bank, debit_application)"
        " VALUES ('SECOND', 'P1', 'SN2', 'active', '2099-12-31', 'BANK01', 'on')"
    )
    assert (
        await told(ledger, transfer(to="DP1"), transfer(to="SECOND"), transfer(9_999, to="DP1"))
        == [("declined", Code.PAYEE_IS_PAYER)] * 3
    )


async def test_a_payee_at_another_bank_gets_the_money(ledger: Pool) -> None:
    await add_person(ledger, "P3")
    await add_debit_card(ledger, "P3", bank="BANK02")
    assert await told(ledger, transfer(to="DP3")) == [("settled", "ok")]
    assert await ledger.fetchval("SELECT balance FROM ledger.accounts WHERE owner = 'BANK02/P3'") == 100


async def test_who_transfers_is_not_told_what_the_payee_has(ledger: Pool) -> None:
    moved, short = await outcomes(ledger, transfer(100), transfer(301))
    assert (moved.balance_after, short.balance_after) == (300, 300)


# Sent again


@pytest.mark.parametrize("kind", ALL_KINDS)
async def test_what_is_sent_again_moves_nothing_again(ledger: Pool, kind: str) -> None:
    """The same key twice in one batch crashed formancehq/stack#1633."""
    message = of_kind(kind)
    first, second = await outcomes(ledger, message, message)
    third = await outcome(ledger, message)
    assert [each.replayed for each in (first, second, third)] == [False, True, True]
    assert {each.settlement_id for each in (first, second, third)} == {first.settlement_id}
    assert await debit_balance(ledger) == (500 if kind == "deposit" else 300)


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"amount": 101}, ("amount",)),
        ({"kind": "purchase", "payee_card": None}, ("kind", "payee_card.card_no")),
        ({"payee_card": NamedCard("DP3")}, ("payee_card.card_no",)),
        ({"payee_card": NamedCard("DP2", "SN1")}, ("payee_card.card_sn",)),
        ({"occurred_at": datetime(2026, 1, 1, tzinfo=UTC)}, ("occurred_at",)),
    ],
    ids=["amount", "kind", "payee", "payee's number", "time"],
)
async def test_other_content_under_a_taken_id_is_a_conflict(
    ledger: Pool, change: dict[str, Any], differing: tuple[str, ...]
) -> None:
    """Same key, other amount or other account, silently answered with the first result: FINERACT-2485."""
    first: dict[str, Any] = {"kind": "transfer", "message_id": "T1", "payee_card": NamedCard("DP2")}
    await outcomes(ledger, by_card(**first))
    changed = await outcome(ledger, by_card(**{**first, **change}))
    assert (changed.status, changed.differing_fields) == ("conflict", differing)
    assert await both(ledger) == (300, 150)


async def test_a_declined_transfer_sent_again_stays_declined(ledger: Pool) -> None:
    message = transfer(500)
    assert await told(ledger, message, by_card("deposit", amount=100), message) == [
        ("declined", Code.INSUFFICIENT_FUNDS),
        ("settled", "ok"),
        ("declined", Code.INSUFFICIENT_FUNDS),
    ]


async def test_the_last_day_of_a_card_is_one_of_its_days(ledger: Pool) -> None:
    today = (datetime.now(UTC) + timedelta(hours=8)).date()  # Asia/Shanghai
    await ledger.execute("UPDATE parties.cards SET valid_to = $1", today)
    assert await told(ledger, *(of_kind(kind, 10) for kind in ALL_KINDS)) == [("settled", "ok")] * 4
