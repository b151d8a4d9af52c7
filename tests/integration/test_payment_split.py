"""A payment's split: own account, mutual aid, debit account, cash; and what the region's rules leave of it."""

import asyncio
import time
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.messages import Card
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    add_card,
    add_institution,
    add_person,
    authorization,
    follow_up,
    payment,
)
from tests.kinds import (
    OWN_CARD,
    Owner,
    Split,
    account_parts,
    add_person_of_two_years,
    balance,
    days_pass,
    debit_balance,
    disagreements,
    grant,
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


def at_pharmacy(amount: int, **overrides: Any) -> Any:
    return payment(institution=PHARMACY, amount=amount, **overrides)


# All sources


async def test_own_account_then_family_then_debit_account_then_cash(household: Pool) -> None:
    """Split parts that sum to more than the whole: blnk#73."""
    paid = await outcome(household, payment(amount=2_000, card=OWN_CARD, use_debit=True))
    assert (paid.status, split_of(paid)) == ("settled", Split(account=1_000, family=500, debit=400, cash=100))
    assert parts_of(paid) == [
        ("current", 1_000),
        ("mutual_aid", 300),
        ("mutual_aid", 200),
        ("debit", 400),
        ("cash", 100),
    ]
    assert [await balance(household, person_no) for person_no in ("P1", "M", "F")] == [0, 0, 0]
    assert await debit_balance(household) == 0
    assert await received(household) == 1_900 - 400  # HOSPITAL took the deposit of 400 before
    assert await disagreements(household) == []


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (1_000, Split(account=1_000)),
        (1_001, Split(account=1_000, family=1)),
        (1_500, Split(account=1_000, family=500)),
        (1_501, Split(account=1_000, family=500, debit=1)),
        (1_900, Split(account=1_000, family=500, debit=400)),
        (1_901, Split(account=1_000, family=500, debit=400, cash=1)),
    ],
)
async def test_a_source_is_touched_when_those_before_it_are_used_up(
    household: Pool, amount: int, expected: Split
) -> None:
    paid = await outcome(household, payment(amount=amount, card=OWN_CARD, use_debit=True))
    assert split_of(paid) == expected


async def test_what_is_left_of_the_own_account_is_told(household: Pool) -> None:
    paid = await outcome(household, payment(amount=1_600, card=OWN_CARD, use_debit=True))
    assert paid.balance_after == 0
    assert await debit_balance(household) == 300


@pytest.mark.parametrize(("amount", "status"), [(1_900, "settled"), (1_901, "declined")])
async def test_all_or_nothing_counts_every_source(household: Pool, amount: int, status: str) -> None:
    paid = await outcome(household, payment(amount=amount, card=OWN_CARD, use_debit=True, short_balance="decline"))
    assert paid.status == status
    if status == "declined":
        assert (paid.code, split_of(paid), paid.parts) == (Code.INSUFFICIENT_FUNDS, Split(), ())
        assert [await balance(household, person_no) for person_no in ("P1", "M", "F")] == [1_000, 300, 200]
        assert await debit_balance(household) == 400


async def test_a_replay_tells_the_same_split(household: Pool) -> None:
    message = payment(amount=2_000, card=OWN_CARD, use_debit=True)
    first, again = await outcome(household, message), await outcome(household, message)
    assert again.replayed
    assert (split_of(again), parts_of(again)) == (split_of(first), parts_of(first))


async def test_a_batch_is_split_on_what_its_messages_leave(household: Pool) -> None:
    card = {"card": OWN_CARD, "use_debit": True}
    paid = await outcomes(household, *(payment(amount=700, **card) for _ in range(3)))
    assert [split_of(each) for each in paid] == [
        Split(account=700),
        Split(account=300, family=400),
        Split(family=100, debit=400, cash=200),
    ]


# Own account


async def test_of_the_own_account_only_what_is_not_held_is_paid(ledger: Pool) -> None:
    [_, paid] = await outcomes(ledger, authorization(amount=600), payment(amount=1_000))
    assert split_of(paid) == Split(account=400, cash=600)


@pytest.mark.parametrize(
    ("accumulated_first", "expected", "left"),
    [
        (False, [("current", 300), ("accumulated", 400)], (0, 200)),
        (True, [("accumulated", 600), ("current", 100)], (200, 0)),
    ],
)
async def test_the_region_says_which_part_of_the_own_account_goes_first(
    pool: Pool, owner: Owner, accumulated_first: bool, expected: list[tuple[str, int]], left: tuple[int, int]
) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, earlier=600, current=300)
    await lay_down(owner, use_accumulated_first=accumulated_first)
    assert parts_of(await outcome(pool, payment(amount=700))) == expected
    assert await account_parts(pool) == left


async def test_the_familys_accounts_pay_by_their_parts_too(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    await add_person_of_two_years(pool, owner, "M", earlier=600, current=300)
    await add_person(pool, "P1")
    await grant(pool, "M")
    paid = await outcome(pool, payment(amount=700))
    assert parts_of(paid) == [("mutual_aid", 700)]
    assert await account_parts(pool, "M") == (0, 200)


# Mutual aid


async def test_granters_give_in_the_order_in_which_they_were_filed(family: Pool) -> None:
    first, second = await outcomes(family, payment(amount=1_250), payment(amount=100))
    assert (parts_of(first), parts_of(second)) == (
        [("current", 1_000), ("mutual_aid", 250)],
        [("mutual_aid", 50), ("mutual_aid", 50)],
    )
    assert [await balance(family, granter) for granter in ("M", "F")] == [0, 150]


@pytest.mark.parametrize("state", ["dormant", "frozen", "closed"])
async def test_a_granter_whose_account_is_not_normal_is_passed_over(family: Pool, state: str) -> None:
    await set_account_state(family, state, "M")
    paid = await outcome(family, payment(amount=1_150))
    assert parts_of(paid) == [("current", 1_000), ("mutual_aid", 150)]
    assert [await balance(family, granter) for granter in ("M", "F")] == [300, 50]


async def test_a_granter_with_nothing_left_is_passed_over(family: Pool) -> None:
    await outcomes(family, payment(person_no="M", amount=300))
    paid = await outcome(family, payment(amount=1_150))
    assert parts_of(paid) == [("current", 1_000), ("mutual_aid", 150)]


async def test_a_granter_gives_nothing_of_what_is_held_there(family: Pool) -> None:
    await outcomes(family, authorization(person_no="M", amount=280))
    paid = await outcome(family, payment(amount=1_150))
    assert parts_of(paid) == [("current", 1_000), ("mutual_aid", 20), ("mutual_aid", 130)]


async def test_family_helps_the_one_it_granted_and_nobody_else(family: Pool) -> None:
    paid = await outcome(family, payment(person_no="M", amount=1_000))
    assert split_of(paid) == Split(account=300, cash=700)


async def test_an_ended_grant_gives_nothing(family: Pool) -> None:
    await family.execute("UPDATE parties.mutual_aid_grants SET ended_at = now(), ended_by = 'c' WHERE granter = 'M'")
    assert split_of(await outcome(family, payment(amount=1_400))) == Split(account=1_000, family=200, cash=200)


async def test_a_message_that_wants_no_mutual_aid_gets_none(family: Pool) -> None:
    paid = await outcome(family, payment(amount=1_200, use_mutual_aid=False))
    assert split_of(paid) == Split(account=1_000, cash=200)


async def test_of_two_messages_in_a_batch_only_the_one_that_wants_mutual_aid_gets_it(family: Pool) -> None:
    without, with_aid = await outcomes(family, payment(amount=1_200, use_mutual_aid=False), payment(amount=100))
    assert (split_of(without), split_of(with_aid)) == (Split(account=1_000, cash=200), Split(family=100))


async def test_a_region_may_forbid_mutual_aid(family: Pool, owner: Owner) -> None:
    await lay_down(owner, mutual_aid=False)
    assert split_of(await outcome(family, payment(amount=1_200))) == Split(account=1_000, cash=200)


async def test_family_helps_where_the_own_account_is_empty_but_not_where_it_is_frozen(family: Pool) -> None:
    await set_account_state(family, "frozen")
    assert await told(family, payment(amount=1)) == [("declined", Code.ACCOUNT_FROZEN)]
    await set_account_state(family, "normal")
    assert split_of((await outcomes(family, payment(amount=1_000), payment(amount=50)))[1]) == Split(family=50)


async def test_two_persons_in_one_batch_share_a_granter_and_never_overdraw_it(family: Pool) -> None:
    await add_person(family, "P2")
    await grant(family, "M", "P2")
    paid = await outcomes(family, payment(person_no="P2", amount=250), payment(amount=1_150))
    assert [split_of(each) for each in paid] == [Split(family=250), Split(account=1_000, family=150)]
    assert [await balance(family, granter) for granter in ("M", "F")] == [0, 100]
    assert await disagreements(family) == []


async def test_two_persons_at_once_never_take_more_of_a_granter_than_is_there(family: Pool) -> None:
    """The optimistic lock race of blnk#239: two writers read one balance and both spend it."""
    await add_person(family, "P2")
    await grant(family, "M", "P2")
    paid = await asyncio.gather(*(outcome(family, payment(person_no=person, amount=200)) for person in ("P2", "M") * 3))
    assert sum(each.account_paid + each.mutual_aid_paid for each in paid) == 300
    assert await balance(family, "M") == 0


# Debit account


async def test_the_debit_account_pays_only_where_the_message_asks_for_it(household: Pool) -> None:
    paid = await outcome(household, payment(amount=1_600, card=OWN_CARD))
    assert split_of(paid) == Split(account=1_000, family=500, cash=100)


async def test_the_debit_account_pays_only_by_the_card_itself(household: Pool) -> None:
    paid = await outcome(household, payment(amount=1_600, card=Card("01"), use_debit=True))
    assert split_of(paid) == Split(account=1_000, family=500, cash=100)


@pytest.mark.parametrize("application", ["off", "closed"])
async def test_without_its_debit_application_the_card_still_pays_by_the_accounts(
    household: Pool, application: str
) -> None:
    await switch_debit_application(household, application)
    paid = await outcome(household, payment(amount=1_600, card=OWN_CARD, use_debit=True))
    assert split_of(paid) == Split(account=1_000, family=500, cash=100)


@pytest.mark.parametrize("state", ["frozen", "closed"])
async def test_a_debit_account_that_is_not_normal_pays_nothing(household: Pool, state: str) -> None:
    await set_account_state(household, state, kind="debit")
    paid = await outcome(household, payment(amount=1_600, card=OWN_CARD, use_debit=True))
    assert split_of(paid) == Split(account=1_000, family=500, cash=100)


async def test_a_card_without_a_debit_account_pays_by_the_accounts(ledger: Pool) -> None:
    await add_card(ledger, "Z1")
    paid = await outcome(ledger, payment(amount=1_100, card=Card("03", "Z1"), use_debit=True))
    assert split_of(paid) == Split(account=1_000, cash=100)


# The order of the checks


async def test_the_card_is_looked_at_before_the_account(household: Pool) -> None:
    await set_card_state(household, "lost")
    await set_account_state(household, "frozen")
    by_card, by_voucher = await told(household, payment(card=OWN_CARD), payment())
    assert (by_card, by_voucher) == (("declined", Code.CARD_LOST), ("declined", Code.ACCOUNT_FROZEN))


@pytest.mark.parametrize(
    ("state", "code"),
    [
        ("dormant", Code.ACCOUNT_DORMANT),
        ("frozen", Code.ACCOUNT_FROZEN),
        ("closed", Code.ACCOUNT_CLOSED),
        ("normal", Code.INSURANCE_SUSPENDED),
    ],
)
async def test_the_accounts_state_is_looked_at_before_the_insurance(
    ledger: Pool, owner: Owner, state: str, code: Code
) -> None:
    await lay_down(owner, suspended_may_spend=False)
    await suspend(ledger)
    await set_account_state(ledger, state)
    assert await told(ledger, payment()) == [("declined", code)]


async def suspend(pool: Pool, insurance: str = "medical", person_no: str = "P1") -> None:
    await pool.execute(
        "INSERT INTO parties.insurances (person_no, insurance, state, since) VALUES ($1, $2, 'suspended', now())",
        person_no, insurance,
    )  # fmt: skip


async def test_whose_insurance_is_suspended_spends_where_the_region_does_not_forbid_it(
    ledger: Pool, owner: Owner
) -> None:
    await suspend(ledger)
    assert await told(ledger, payment()) == [("settled", "ok")]
    await lay_down(owner, suspended_may_spend=False)
    assert await told(ledger, payment(), authorization()) == [("declined", Code.INSURANCE_SUSPENDED)] * 2


async def test_a_suspended_pension_stops_no_payment(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, suspended_may_spend=False)
    await suspend(ledger, "pension")
    assert await told(ledger, payment()) == [("settled", "ok")]


async def test_the_suspension_of_one_does_not_stop_the_other(ledger: Pool, owner: Owner) -> None:
    await add_person(ledger, "P2", balance=10)
    await lay_down(owner, suspended_may_spend=False)
    await suspend(ledger)
    assert await told(ledger, payment(amount=5), payment(person_no="P2", amount=5)) == [
        ("declined", Code.INSURANCE_SUSPENDED),
        ("settled", "ok"),
    ]


# What the account may pay for


def reason_of(outcome: Outcome) -> str | None:
    """Why the rest is due in cash."""
    return outcome.parts[-1].reason


@pytest.mark.parametrize("med_type", ["11", "21"])
async def test_for_a_listed_med_type_the_account_pays(family: Pool, owner: Owner, med_type: str) -> None:
    await lay_down(owner, med_types=["11", "21"])
    paid = await outcome(family, payment(amount=1_200, med_type=med_type))
    assert split_of(paid) == Split(account=1_000, family=200)


@pytest.mark.parametrize("med_type", ["41", None])
async def test_for_a_med_type_that_is_not_listed_account_and_family_pay_nothing(
    household: Pool, owner: Owner, med_type: str | None
) -> None:
    await lay_down(owner, med_types=["11", "21"])
    paid = await outcome(household, payment(amount=500, med_type=med_type, card=OWN_CARD, use_debit=True))
    assert split_of(paid) == Split(debit=400, cash=100)
    assert reason_of(paid) == Code.MED_TYPE_NOT_PAYABLE


async def test_all_or_nothing_for_a_med_type_that_is_not_listed_is_declined_by_its_name(
    household: Pool, owner: Owner
) -> None:
    await lay_down(owner, med_types=["11"])
    unlisted = {"med_type": "41", "short_balance": "decline"}
    by_debit = {"card": OWN_CARD, "use_debit": True}
    assert await told(
        household,
        payment(amount=1, **unlisted),
        payment(amount=401, **unlisted, **by_debit),
        payment(amount=400, **unlisted, **by_debit),
    ) == [
        ("declined", Code.MED_TYPE_NOT_PAYABLE),
        ("declined", Code.MED_TYPE_NOT_PAYABLE),
        ("settled", "ok"),
    ]


async def test_an_authorization_for_a_med_type_that_is_not_listed_holds_nothing(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, med_types=["11"])
    assert [status for status, _ in await told(ledger, authorization(med_type="41"), authorization(med_type="11"))] == [
        "declined",
        "held",
    ]


# The day's caps at pharmacies


async def test_the_days_sum_at_pharmacies_is_capped(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    first, second, third = await outcomes(ledger, at_pharmacy(300), at_pharmacy(300), at_pharmacy(1))
    assert [split_of(each) for each in (first, second, third)] == [
        Split(account=300),
        Split(account=200, cash=100),
        Split(cash=1),
    ]
    assert [reason_of(each) for each in (first, second, third)] == [None, *[Code.DAILY_CAP_REACHED] * 2]


async def test_the_days_sum_is_kept_between_batches(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    paid = [await outcome(ledger, at_pharmacy(300)) for _ in range(2)]
    assert [each.account_paid for each in paid] == [300, 200]


async def test_payments_at_once_never_pass_the_days_sum(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    paid = await asyncio.gather(*(outcome(ledger, at_pharmacy(150)) for _ in range(6)))
    assert sum(each.account_paid for each in paid) == 500


async def test_family_money_counts_on_the_days_sum_and_debit_money_does_not(household: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=1_200)
    paid = await outcome(household, at_pharmacy(2_000, card=OWN_CARD, use_debit=True))
    assert split_of(paid) == Split(account=1_000, family=200, debit=400, cash=400)
    assert reason_of(paid) == Code.DAILY_CAP_REACHED


async def test_the_days_sum_is_of_the_person_who_buys_and_not_of_who_gives(family: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=1_200)
    await outcomes(family, at_pharmacy(1_200))
    assert split_of(await outcome(family, at_pharmacy(100, person_no="M"))) == Split(account=100)


async def test_where_the_balance_and_not_the_cap_is_short_no_cap_is_blamed(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=1_100)
    paid, declined = await outcomes(ledger, at_pharmacy(1_050), at_pharmacy(40, short_balance="decline"))
    assert (split_of(paid), reason_of(paid)) == (Split(account=1_000, cash=50), None)
    assert declined.code == Code.INSUFFICIENT_FUNDS


async def test_all_or_nothing_over_the_days_sum_is_declined_by_its_name_and_counts_nothing(
    ledger: Pool, owner: Owner
) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    assert await told(ledger, at_pharmacy(501, short_balance="decline"), at_pharmacy(500, short_balance="decline")) == [
        ("declined", Code.DAILY_CAP_REACHED),
        ("settled", "ok"),
    ]


async def test_all_or_nothing_over_the_days_sum_is_settled_where_the_debit_account_bears_the_rest(
    household: Pool, owner: Owner
) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    paid = await outcome(household, at_pharmacy(900, card=OWN_CARD, use_debit=True, short_balance="decline"))
    assert split_of(paid) == Split(account=500, debit=400)


async def test_a_hospital_is_not_capped(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=1, pharmacy_daily_payments=0)
    assert split_of(await outcome(ledger, payment(amount=900))) == Split(account=900)


async def test_the_days_number_of_payments_is_capped(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_payments=2)
    paid = await outcomes(ledger, *(at_pharmacy(10) for _ in range(3)))
    assert [each.account_paid for each in paid] == [10, 10, 0]
    assert reason_of(paid[2]) == Code.DAILY_CAP_REACHED


async def test_only_payments_that_took_account_money_count_on_the_days_number(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_payments=1, med_types=["11"])
    paid = await outcomes(
        ledger,
        at_pharmacy(10, med_type="41"),
        at_pharmacy(9_999, med_type="11", short_balance="decline"),
        at_pharmacy(10, med_type="11"),
        at_pharmacy(10, med_type="11"),
    )
    assert [each.account_paid for each in paid] == [0, 0, 10, 0]


async def test_a_refund_on_the_day_gives_its_sum_back_to_the_day_and_not_the_payment(
    ledger: Pool, owner: Owner
) -> None:
    await lay_down(owner, pharmacy_daily_fen=500, pharmacy_daily_payments=2)
    first = at_pharmacy(500)
    await outcomes(ledger, first)
    await outcomes(ledger, follow_up("refund", first, amount=200))
    second, third = await outcomes(ledger, at_pharmacy(150), at_pharmacy(50))
    assert (split_of(second), split_of(third)) == (Split(account=150), Split(cash=50))


async def test_of_a_refund_only_the_account_money_is_given_back_to_the_day(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    first = at_pharmacy(700)
    paid = await outcomes(ledger, first, follow_up("refund", first, amount=300), at_pharmacy(150))
    assert [split_of(each) for each in paid] == [
        Split(account=500, cash=200),
        Split(account=100, cash=200),
        Split(account=100, cash=50),
    ]


async def test_a_reversal_on_the_day_gives_its_sum_and_the_payment_back_to_the_day(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500, pharmacy_daily_payments=1)
    first = at_pharmacy(500)
    await outcomes(ledger, first)
    await outcomes(ledger, follow_up("reversal", first))
    assert [each.account_paid for each in await outcomes(ledger, at_pharmacy(500), at_pharmacy(1))] == [500, 0]


async def test_refund_and_reversal_give_each_fen_back_to_the_day_once(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    first, second = at_pharmacy(300), at_pharmacy(200)
    await outcomes(ledger, first, second, follow_up("refund", first, amount=100), follow_up("reversal", first))
    assert (await outcome(ledger, at_pharmacy(400))).account_paid == 300


async def test_a_reversed_refund_counts_on_the_day_again(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    paid = at_pharmacy(500)
    refund = follow_up("refund", paid, amount=200)
    await outcomes(ledger, paid, refund, follow_up("reversal", refund))
    assert split_of(await outcome(ledger, at_pharmacy(1))) == Split(cash=1)


async def test_a_refund_on_a_later_day_gives_nothing_to_that_day(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, pharmacy_daily_fen=500)
    yesterdays = at_pharmacy(300)
    await outcomes(ledger, yesterdays)
    await days_pass(owner, 1)
    await outcomes(ledger, at_pharmacy(450), follow_up("refund", yesterdays))
    assert (await outcome(ledger, at_pharmacy(100))).account_paid == 50


async def test_what_was_paid_before_the_cap_held_does_not_count(ledger: Pool, owner: Owner) -> None:
    before = at_pharmacy(400)
    await outcomes(ledger, before)
    await lay_down(owner, pharmacy_daily_fen=500)
    await outcomes(ledger, follow_up("refund", before, amount=400))
    paid = await outcomes(ledger, at_pharmacy(450), at_pharmacy(100))
    assert [each.account_paid for each in paid] == [450, 50]


# Rules and time


async def test_a_rule_change_applies_from_its_time_and_is_shown_in_the_parts(ledger: Pool, owner: Owner) -> None:
    await lay_down(owner, after=3, med_types=["11"])
    applies_at = time.monotonic() + 3
    rules = RuleBook(MIDNIGHT)

    async def paid() -> Outcome:
        [answer] = (await settle(ledger, [payment(amount=10, med_type="41")], rules=rules)).answers
        return answer.outcome

    before = await paid()
    await asyncio.sleep(applies_at + 0.2 - time.monotonic())
    after = await paid()
    assert [(part.source, part.amount, part.part, part.reason) for part in (*before.parts, *after.parts)] == [
        ("account", 10, "current", None),
        ("cash", 10, None, Code.MED_TYPE_NOT_PAYABLE),
    ]


async def test_a_rule_holds_in_its_region_alone(ledger: Pool, owner: Owner) -> None:
    await add_person(ledger, "P2", balance=1_000)
    await owner.execute("UPDATE ledger.accounts SET terms = '310000' WHERE owner = 'P2'")
    await lay_down(owner, region="310000", pharmacy_daily_fen=100)
    paid = await outcomes(ledger, at_pharmacy(500), at_pharmacy(500, person_no="P2"))
    assert [each.account_paid for each in paid] == [500, 100]
