"""Refund: money goes back to where it came from, the last part first, and never more than came."""

import asyncio
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.messages import AMOUNT_MAX, Message, NamedCard
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
    grant,
    held,
    lay_down,
    outcome,
    outcomes,
    parts_of,
    received,
    set_account_state,
    set_card_state,
    split_of,
    told,
)


def of_all_sources() -> Message:
    """1,000 fen of the own account, 300 of M, 200 of F, 400 of the debit account and 100 in cash."""
    return payment(amount=2_000, card=OWN_CARD, use_debit=True)


async def settled(pool: Pool, *messages: Message) -> None:
    assert {status for status, _ in await told(pool, *messages)} <= {"settled", "held"}


async def balances(pool: Pool) -> tuple[int, int, int, int]:
    """Of P1, M, F and P1's debit account."""
    own, mother, father = [await balance(pool, person_no) for person_no in ("P1", "M", "F")]
    return own, mother, father, await debit_balance(pool)


# Where the money goes back to


@pytest.mark.parametrize(
    ("amount", "expected", "left"),
    [
        (1, Split(cash=1), (0, 0, 0, 0)),
        (100, Split(cash=100), (0, 0, 0, 0)),
        (101, Split(debit=1, cash=100), (0, 0, 0, 1)),
        (500, Split(debit=400, cash=100), (0, 0, 0, 400)),
        (501, Split(family=1, debit=400, cash=100), (0, 0, 1, 400)),
        (701, Split(family=201, debit=400, cash=100), (0, 1, 200, 400)),
        (1_001, Split(account=1, family=500, debit=400, cash=100), (1, 300, 200, 400)),
        (2_000, Split(account=1_000, family=500, debit=400, cash=100), (1_000, 300, 200, 400)),
    ],
)
async def test_the_last_part_is_refunded_first(
    household: Pool, amount: int, expected: Split, left: tuple[int, int, int, int]
) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    refunded = await outcome(household, follow_up("refund", paid, amount=amount))
    assert (refunded.status, refunded.code, refunded.amount) == ("settled", "ok", amount)
    assert split_of(refunded) == expected
    assert await balances(household) == left
    assert await disagreements(household) == []


async def test_refunds_one_after_the_other_go_on_where_the_last_one_ended(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    refunds = [await outcome(household, follow_up("refund", paid, amount=fen)) for fen in (50, 250, 450, 250, 1_000)]
    assert [split_of(each) for each in refunds] == [
        Split(cash=50),
        Split(debit=200, cash=50),
        Split(family=250, debit=200),
        Split(family=250),
        Split(account=1_000),
    ]
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_refunds_of_one_batch_go_on_where_the_last_one_ended(household: Pool) -> None:
    paid = of_all_sources()
    refunds = await outcomes(household, paid, *(follow_up("refund", paid, amount=fen) for fen in (300, 450, 1_250, 1)))
    assert [(each.status, split_of(each)) for each in refunds[1:]] == [
        ("settled", Split(debit=200, cash=100)),
        ("settled", Split(family=250, debit=200)),
        ("settled", Split(account=1_000, family=250)),
        ("declined", Split()),
    ]
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_without_an_amount_all_that_is_left_is_refunded_and_told(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid, follow_up("refund", paid, amount=300))
    refunded = await outcome(household, follow_up("refund", paid))
    assert (refunded.amount, split_of(refunded)) == (1_700, Split(account=1_000, family=500, debit=200))


async def test_a_refund_tells_its_original_and_what_is_in_the_account(ledger: Pool) -> None:
    paid = payment(amount=300)
    refunded = (await outcomes(ledger, paid, follow_up("refund", paid, amount=100)))[1]
    assert (refunded.original_message_id, refunded.balance_after) == (paid.message_id, 800)
    assert parts_of(refunded) == [("current", 100)]


async def test_the_institution_gives_what_the_accounts_get(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid, follow_up("refund", paid, amount=1_500))
    assert await received(household) == -400 + 1_900 - 1_400  # the deposit; what accounts paid; what they got back


async def test_of_a_payment_in_cash_alone_cash_is_refunded(ledger: Pool) -> None:
    paid = payment(amount=300)
    await settled(ledger, payment(amount=1_000), paid)
    refunded = await outcome(ledger, follow_up("refund", paid, amount=200))
    assert (refunded.status, split_of(refunded)) == ("settled", Split(cash=200))
    assert await told(ledger, follow_up("refund", paid, amount=101)) == [("declined", Code.REFUND_EXCEEDS_ORIGINAL)]


async def test_money_goes_back_to_the_part_of_the_account_that_it_came_from(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, earlier=600, current=300)
    paid = payment(amount=700)
    await settled(pool, paid)
    assert await account_parts(pool) == (0, 200)
    first = await outcome(pool, follow_up("refund", paid, amount=500))
    assert parts_of(first) == [("current", 100), ("accumulated", 400)]
    assert await account_parts(pool) == (100, 600)
    await settled(pool, follow_up("refund", paid))
    assert await account_parts(pool) == (300, 600)


async def test_where_the_accumulated_part_paid_first_the_current_one_is_refunded_first(
    pool: Pool, owner: Owner
) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, earlier=600, current=300)
    await lay_down(owner, use_accumulated_first=True)
    paid = payment(amount=700)
    await settled(pool, paid, follow_up("refund", paid, amount=150))
    assert await account_parts(pool) == (300, 50)


async def test_the_order_of_today_does_not_change_where_money_came_from(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, earlier=600, current=300)
    paid = payment(amount=700)
    await settled(pool, paid)
    await lay_down(owner, use_accumulated_first=True)
    await settled(pool, follow_up("refund", paid, amount=150))
    assert await account_parts(pool) == (0, 350)


async def test_family_money_goes_back_to_the_part_that_it_came_from(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, "M", earlier=600, current=300)
    await add_person(pool, "P1")
    await grant(pool, "M")
    paid = payment(amount=700)
    await settled(pool, paid, follow_up("refund", paid, amount=450))
    assert await account_parts(pool, "M") == (50, 600)


async def test_after_the_years_turn_money_goes_back_to_the_accumulated_part(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=700)
    await settled(ledger, paid)
    await a_year_passes(owner)
    await settled(ledger, contribution("P1", 50))
    refunded = await outcome(ledger, follow_up("refund", paid, amount=500))
    assert parts_of(refunded) == [("accumulated", 500)]
    assert await account_parts(ledger) == (50, 800)
    assert await disagreements(ledger) == []


async def test_after_the_years_turn_family_money_goes_back_to_the_accumulated_part(
    household: Pool, owner: Owner
) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await a_year_passes(owner)
    await settled(household, contribution("M", 50), contribution("P1", 60), follow_up("refund", paid))
    assert [await account_parts(household, person) for person in ("P1", "M", "F")] == [(60, 1_000), (50, 300), (0, 200)]
    assert await debit_balance(household) == 400


async def test_a_refund_may_be_the_first_that_happens_in_a_year(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=700)
    await settled(ledger, paid)
    await a_year_passes(owner)
    await settled(ledger, follow_up("refund", paid, amount=500))
    assert await account_parts(ledger) == (0, 800)
    await settled(ledger, follow_up("refund", paid))
    assert await account_parts(ledger) == (0, 1_000)
    assert await disagreements(ledger) == []


# How much


async def test_all_refunds_together_never_exceed_the_original(ledger: Pool) -> None:
    paid = payment(amount=1_000)
    await settled(ledger, paid, follow_up("refund", paid, amount=999))
    assert await told(
        ledger,
        follow_up("refund", paid, amount=2),
        follow_up("refund", paid, amount=1),
        follow_up("refund", paid, amount=1),
        follow_up("refund", paid),
    ) == [
        ("declined", Code.REFUND_EXCEEDS_ORIGINAL),
        ("settled", "ok"),
        ("declined", Code.ALREADY_REFUNDED),
        ("declined", Code.ALREADY_REFUNDED),
    ]
    assert await balance(ledger) == 1_000


async def test_the_largest_amounts_are_refunded_to_the_fen(ledger: Pool) -> None:
    """No precision in balances: blnk#323."""
    await add_person(ledger, "RICH", balance=AMOUNT_MAX)
    paid = payment(person_no="RICH", amount=AMOUNT_MAX)
    await settled(ledger, paid, follow_up("refund", paid, amount=1))
    refunded = await outcome(ledger, follow_up("refund", paid, amount=AMOUNT_MAX - 2))
    assert (refunded.status, refunded.account_paid, refunded.balance_after) == (
        "settled",
        AMOUNT_MAX - 2,
        AMOUNT_MAX - 1,
    )
    assert (await outcome(ledger, follow_up("refund", paid))).amount == 1


async def test_refunds_at_once_never_exceed_the_original(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315."""
    paid = payment(amount=1_000)
    await settled(ledger, paid)
    refunds = await asyncio.gather(*(outcome(ledger, follow_up("refund", paid, amount=300)) for _ in range(6)))
    assert sorted(each.code for each in refunds) == [Code.OK] * 3 + [Code.REFUND_EXCEEDS_ORIGINAL] * 3
    assert await balance(ledger) == 900


async def test_full_refunds_at_once_pay_once(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315."""
    paid = payment(amount=1_000)
    await settled(ledger, paid)
    refunds = await asyncio.gather(*(outcome(ledger, follow_up("refund", paid)) for _ in range(6)))
    assert sorted(each.code for each in refunds) == [*[Code.ALREADY_REFUNDED] * 5, Code.OK]
    assert await balance(ledger) == 1_000


async def test_one_refund_sent_many_times_at_once_pays_once(ledger: Pool) -> None:
    """Double refund under concurrency: blnk PR#315."""
    paid = payment(amount=1_000)
    await settled(ledger, paid)
    refund = follow_up("refund", paid, amount=400)
    refunds = await asyncio.gather(*(outcome(ledger, refund) for _ in range(6)))
    assert {each.status for each in refunds} == {"settled"}
    assert sum(not each.replayed for each in refunds) == 1
    assert await balance(ledger) == 400


# The region's limits


async def test_a_region_may_allow_full_refunds_only(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, partial_refunds=False)
    paid, other = payment(amount=300), payment(amount=300)
    assert await told(
        ledger,
        paid,
        other,
        follow_up("refund", paid, amount=299),
        follow_up("refund", paid, amount=300),
        follow_up("refund", other),
    ) == [
        *[("settled", "ok")] * 2,
        ("declined", Code.PARTIAL_REFUND_NOT_ALLOWED),
        *[("settled", "ok")] * 2,
    ]


async def test_a_full_refund_is_one_of_all_that_is_left(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid, follow_up("refund", paid, amount=100))
    await lay_down(owner, partial_refunds=False)
    assert await told(
        ledger,
        follow_up("refund", paid, amount=100),
        follow_up("refund", paid, amount=201),
        follow_up("refund", paid, amount=200),
    ) == [
        ("declined", Code.PARTIAL_REFUND_NOT_ALLOWED),
        ("declined", Code.REFUND_EXCEEDS_ORIGINAL),
        ("settled", "ok"),
    ]


@pytest.mark.parametrize(
    ("refund_days", "age", "expected"),
    [
        (0, 0, ("settled", Code.OK)),
        (0, 1, ("declined", Code.REFUND_TOO_LATE)),
        (7, 7, ("settled", Code.OK)),
        (7, 8, ("declined", Code.REFUND_TOO_LATE)),
        (None, 900, ("settled", Code.OK)),
    ],
)
async def test_a_region_may_allow_refunds_for_some_days_only(
    ledger: Pool, owner: Owner, refund_days: int | None, age: int, expected: tuple[str, str]
) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid)
    await days_pass(owner, age)
    await lay_down(owner, refund_days=refund_days)
    assert await told(ledger, follow_up("refund", paid)) == [expected]


# Cards and accounts


@pytest.mark.parametrize("state", ["temp_lost", "lost", "pin_locked", "replaced", "cancelled", "expired"])
async def test_a_refund_works_whatever_has_become_of_the_card(household: Pool, state: str) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await set_card_state(household, state)
    assert await told(household, follow_up("refund", paid, card=OWN_CARD)) == [("settled", "ok")]
    assert await balances(household) == (1_000, 300, 200, 400)


@pytest.mark.parametrize("state", ["frozen", "dormant"])
async def test_accounts_that_rest_are_credited(household: Pool, state: str) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    for person_no in ("P1", "M", "F"):
        await set_account_state(household, state, person_no)
    await set_account_state(household, "frozen", kind="debit")
    assert await told(household, follow_up("refund", paid)) == [("settled", "ok")]
    assert await balances(household) == (1_000, 300, 200, 400)


@pytest.mark.parametrize(("closed", "kind"), [("P1", "personal"), ("M", "personal"), ("P1", "debit")])
async def test_a_closed_account_is_not_credited_and_then_nobody_is(household: Pool, closed: str, kind: str) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await set_account_state(household, "closed", closed, kind=kind)
    refunded = await outcome(household, follow_up("refund", paid))
    assert (refunded.status, refunded.code, split_of(refunded)) == ("declined", Code.ACCOUNT_CLOSED, Split())
    assert await balances(household) == (0, 0, 0, 0)


async def test_what_does_not_go_to_the_closed_account_is_refunded(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await set_account_state(household, "closed")
    assert await told(household, follow_up("refund", paid, amount=1_000), follow_up("refund", paid, amount=1)) == [
        ("settled", "ok"),
        ("declined", Code.ACCOUNT_CLOSED),
    ]
    assert await balances(household) == (0, 300, 200, 400)


async def test_an_ended_grant_does_not_keep_the_money(household: Pool) -> None:
    paid = of_all_sources()
    await settled(household, paid)
    await household.execute("UPDATE parties.mutual_aid_grants SET ended_at = now(), ended_by = 'c'")
    await settled(household, follow_up("refund", paid))
    assert await balances(household) == (1_000, 300, 200, 400)


async def test_a_suspended_insurance_does_not_keep_the_money(ledger: Pool, owner: Owner) -> None:
    paid = payment(amount=300)
    await settled(ledger, paid)
    await lay_down(owner, suspended_may_spend=False, med_types=["99"])
    await ledger.execute(
        "INSERT INTO parties.insurances (person_no, insurance, state, since)"
        " VALUES ('P1', 'medical', 'suspended', now())"
    )
    assert await told(ledger, follow_up("refund", paid)) == [("settled", "ok")]


# What can be refunded


async def test_a_capture_is_refunded_and_what_is_held_stays_held(ledger: Pool) -> None:
    hold = authorization(amount=900)
    capture = follow_up("capture", hold, amount=400)
    await settled(ledger, hold, capture)
    refunded = await outcome(ledger, follow_up("refund", capture, amount=150))
    assert (refunded.status, split_of(refunded), refunded.balance_after) == ("settled", Split(account=150), 750)
    assert (await balance(ledger), await held(ledger)) == (750, 500)
    assert await told(ledger, follow_up("refund", capture, amount=251)) == [("declined", Code.REFUND_EXCEEDS_ORIGINAL)]


async def test_a_purchase_is_refunded_to_the_debit_account(household: Pool) -> None:
    bought = by_card("purchase", amount=300)
    await settled(household, bought)
    refunded = await outcome(household, follow_up("refund", bought, amount=100))
    assert (refunded.status, split_of(refunded), refunded.balance_after) == ("settled", Split(debit=100), 200)
    assert await balances(household) == (1_000, 300, 200, 200)
    assert parts_of(refunded) == [("debit", 100)]


async def test_each_capture_of_a_hold_is_refunded_by_itself(ledger: Pool) -> None:
    hold = authorization(amount=900)
    first, second = follow_up("capture", hold, amount=400), follow_up("capture", hold, amount=500)
    await settled(ledger, hold, first, second, follow_up("refund", first))
    assert await told(ledger, follow_up("refund", first), follow_up("refund", second)) == [
        ("declined", Code.ALREADY_REFUNDED),
        ("settled", "ok"),
    ]


@pytest.mark.parametrize("kind", ["authorization", "void", "refund", "reversal", "registration"])
async def test_other_kinds_are_not_refundable(ledger: Pool, kind: str) -> None:
    paid, hold = payment(amount=100), authorization(amount=100)
    done = {
        "authorization": hold,
        "void": follow_up("void", hold),
        "refund": follow_up("refund", paid, amount=10),
        "reversal": follow_up("reversal", paid),
        "registration": registration(),
    }
    await outcomes(ledger, paid, hold, *list(done.values())[1:])
    assert await told(ledger, follow_up("refund", done[kind])) == [("declined", Code.NOT_REFUNDABLE)]


@pytest.mark.parametrize("kind", ["deposit", "withdrawal", "transfer"])
async def test_what_the_bank_application_moves_is_not_refundable_but_for_purchases(household: Pool, kind: str) -> None:
    await add_person(household, "P2")
    await add_debit_card(household, "P2")
    extra: dict[str, Any] = {"payee_card": NamedCard("DP2")} if kind == "transfer" else {}
    moved = by_card(kind, **extra)
    await settled(household, moved)
    assert await told(household, follow_up("refund", moved)) == [("declined", Code.NOT_REFUNDABLE)]


async def test_what_was_declined_is_not_refunded(ledger: Pool) -> None:
    declined = payment(amount=5_000, short_balance="decline")
    hold = authorization(amount=100)
    too_much = follow_up("capture", hold, amount=101)
    await outcomes(ledger, declined, hold, too_much)
    assert (
        await told(ledger, follow_up("refund", declined), follow_up("refund", too_much))
        == [("declined", Code.ORIGINAL_NOT_SETTLED)] * 2
    )


async def test_what_never_came_is_not_refunded_and_may_still_come(ledger: Pool) -> None:
    late = payment(amount=100)
    assert await told(ledger, follow_up("refund", late), late, follow_up("refund", late)) == [
        ("declined", Code.ORIGINAL_NOT_FOUND),
        ("settled", "ok"),
        ("settled", "ok"),
    ]


async def test_a_message_of_another_institution_is_not_found(ledger: Pool) -> None:
    paid = payment(amount=100)
    await settled(ledger, paid)
    assert await told(ledger, follow_up("refund", paid, institution=PHARMACY)) == [
        ("declined", Code.ORIGINAL_NOT_FOUND)
    ]


async def test_a_payment_of_another_person_is_not_refunded(ledger: Pool) -> None:
    await add_person(ledger, "P2")
    paid = payment(amount=100)
    await settled(ledger, paid)
    assert await told(ledger, follow_up("refund", paid, person_no="P2")) == [
        ("declined", Code.ORIGINAL_OF_ANOTHER_PERSON)
    ]
    assert [await balance(ledger, person_no) for person_no in ("P1", "P2")] == [900, 0]


async def test_the_person_is_compared_before_the_kind(ledger: Pool) -> None:
    await add_person(ledger, "P2")
    hold = authorization(amount=100)
    await settled(ledger, hold)
    assert await told(ledger, follow_up("refund", hold, person_no="P2")) == [
        ("declined", Code.ORIGINAL_OF_ANOTHER_PERSON)
    ]


async def test_the_kind_is_compared_before_whether_it_was_settled(ledger: Pool) -> None:
    declined = authorization(amount=5_000, short_balance="decline")
    await outcomes(ledger, declined)
    assert await told(ledger, follow_up("refund", declined)) == [("declined", Code.NOT_REFUNDABLE)]


async def test_a_reversed_payment_is_not_refunded(ledger: Pool) -> None:
    paid = payment(amount=100)
    await outcomes(ledger, paid, follow_up("reversal", paid))
    assert await told(ledger, follow_up("refund", paid)) == [("declined", Code.ALREADY_REVERSED)]
    assert await balance(ledger) == 1_000


async def test_what_was_reversed_before_it_came_is_not_refunded(ledger: Pool) -> None:
    late = payment(amount=100)
    await outcomes(ledger, follow_up("reversal", late))
    assert await told(ledger, follow_up("refund", late), late, follow_up("refund", late)) == [
        ("declined", Code.ALREADY_REVERSED),
        ("declined", Code.REVERSED_BEFORE_ARRIVAL),
        ("declined", Code.ALREADY_REVERSED),
    ]


@pytest.mark.parametrize(
    ("refund", "expected"),
    [
        ({"person_no": "STRANGER"}, ("declined", Code.PERSON_UNKNOWN)),
        ({"institution": "X00000000003"}, ("rejected", Code.INSTITUTION_UNKNOWN)),
    ],
)
async def test_unknown_parties_are_told_first(ledger: Pool, refund: dict[str, Any], expected: tuple[str, str]) -> None:
    assert await told(ledger, follow_up("refund", payment(), **refund)) == [expected]


# Sent again


@pytest.mark.parametrize("amount", [0, 150])
async def test_a_refund_sent_again_is_answered_as_the_first_time(household: Pool, amount: int) -> None:
    paid = of_all_sources()
    refund = follow_up("refund", paid, amount=amount)
    await settled(household, paid)
    first, again = await outcome(household, refund), await outcome(household, refund)
    assert (first.replayed, again.replayed) == (False, True)
    assert (again.settlement_id, again.amount, parts_of(again)) == (first.settlement_id, first.amount, parts_of(first))


async def test_a_declined_refund_sent_again_stays_declined(ledger: Pool) -> None:
    paid = payment(amount=100)
    refund = follow_up("refund", paid)
    assert await told(ledger, refund, paid, refund) == [
        ("declined", Code.ORIGINAL_NOT_FOUND),
        ("settled", "ok"),
        ("declined", Code.ORIGINAL_NOT_FOUND),
    ]


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        ({"amount": 101}, ("amount",)),
        ({"amount": 0}, ("amount",)),
        ({"original_message_id": "OTHER"}, ("original_message_id",)),
        ({"kind": "reversal", "amount": 0}, ("kind", "amount")),
        ({"person_no": "P2"}, ("person_no",)),
    ],
    ids=str,
)
async def test_a_refund_under_a_taken_id_with_other_content_is_a_conflict(
    ledger: Pool, change: dict[str, Any], differing: tuple[str, ...]
) -> None:
    """Same key, other amount or other account, silently answered with the first result: FINERACT-2485."""
    paid = payment(amount=300)
    refund = follow_up("refund", paid, amount=100, message_id="REFUND")
    await settled(ledger, paid, refund)
    changed = await outcome(
        ledger, follow_up(**{"kind": "refund", "original": paid, "amount": 100, "message_id": "REFUND", **change})
    )
    assert (changed.status, changed.code, changed.differing_fields) == ("conflict", Code.MESSAGE_CONFLICT, differing)
    assert await balance(ledger) == 800


async def test_a_refund_twice_in_one_batch_pays_once(ledger: Pool) -> None:
    """The same key twice in one batch crashed formancehq/stack#1633."""
    paid = payment(amount=300)
    refund = follow_up("refund", paid, amount=100)
    answers = await outcomes(ledger, paid, refund, refund)
    assert [each.replayed for each in answers] == [False, False, True]
    assert await balance(ledger) == 800
