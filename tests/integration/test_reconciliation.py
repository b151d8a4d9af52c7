"""Details compared row by row: what is equal, and each kind of break found and named."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from app.clearing.reconciliation.breaks import Break, check_break, level_break
from app.clearing.reconciliation.desk import reconcile_totals
from app.clearing.reconciliation.runs import read_run
from app.clearing.reconciliation.scope import Stated, Sums
from app.clearing.reconciliation.unmatched import Arrivals
from app.config import ZONE
from app.database import Pool
from app.errors import Refused
from app.ledger.business_days import BusinessDays
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    PHARMACY,
    Database,
    add_debit_card,
    add_institution,
    add_person,
    authorization,
    by_card,
    contribution,
    follow_up,
    payment,
)
from tests.kinds import grant, outcomes
from tests.reconciling import MIDNIGHT, UploadedRow, found_in, reconciled, row_of, rows_of, scope_of, today


@pytest.fixture
async def day(pool: Pool) -> Sequence[UploadedRow]:
    """Three payments at HOSPITAL of today, one of which cost more than the person's share."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=10_000)
    await add_person(pool, "P2", balance=100)
    return await rows_of(
        pool,
        payment(amount=1_000, med_type="11", treatment_id="T1"),
        payment(amount=2_000, med_type="11", total_fee=5_000),
        payment(amount=500, med_type="21", person_no="P2"),
    )


def kinds(breaks: Sequence[Break]) -> list[tuple[str, str | None]]:
    """Of each: its kind, and which settlement it is of."""
    return [(each.kind, each.settlement_id) for each in breaks]


async def only_break(pool: Pool, url: str, rows: Sequence[UploadedRow], *, with_message_ids: bool = False) -> Break:
    run = await reconciled(pool, url, rows, with_message_ids=with_message_ids)
    assert (run.state, run.is_equal) == ("ok", False)
    [found] = await found_in(pool, run)
    return found


async def test_what_the_institution_was_told_is_equal(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    run = await reconciled(pool, database.app_url, day, stated=Stated(6_500, 3_000, 3_100, 400, 3))
    assert (run.state, run.is_equal, run.rows) == ("ok", True, (3, 0, 0, 0, 0))
    assert run.sums == (6_500, 3_000, 3_100, 400, 3)
    assert run.description == ""
    run = await reconciled(pool, database.app_url, day, with_message_ids=True)
    assert (run.is_equal, run.rows) == (True, (3, 0, 0, 0, 0))
    assert await found_in(pool, run) == []


async def test_other_sums_than_stated_make_equal_rows_unequal(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    run = await reconciled(pool, database.app_url, day, stated=Stated(medfee=6_501, settlements=2))
    assert run.is_equal is False
    assert run.description == "medfee: 65.01 here 65.00, 0.01 less; settlements: 2 here 3, 1 more"


async def test_a_row_that_only_the_ledger_has(pool: Pool, database: Database, day: Sequence[UploadedRow]) -> None:
    found = await only_break(pool, database.app_url, [day[0], day[2]])
    missing = day[1]
    assert (found.kind, found.settlement_id, found.message_id) == (
        "centre_more", missing.settlement_id, missing.message_id,
    )  # fmt: skip
    assert (found.medfee, found.fund_pay, found.account_pay, found.their_medfee) == (5_000, 3_000, 2_000, None)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"medfee": 5_001}, ["medfee"]),
        ({"fund_pay": 2_999}, ["fund_pay"]),
        ({"account_pay": 0}, ["account_pay"]),
        ({"person_no": "P2"}, ["person_no"]),
        ({"flag": "1"}, ["refund_flag"]),
        ({"person_no": "P9", "medfee": 1, "fund_pay": 1, "account_pay": 1},
         ["person_no", "medfee", "fund_pay", "account_pay"]),
    ],
)  # fmt: skip
async def test_a_row_that_differs_names_its_fields(
    pool: Pool, database: Database, day: Sequence[UploadedRow], changes: dict[str, object], fields: list[str]
) -> None:
    found = await only_break(pool, database.app_url, [day[0], day[1].with_(**changes), day[2]])
    assert (found.kind, found.settlement_id, found.line, found.fields) == (
        "differs", day[1].settlement_id, 2, fields,
    )  # fmt: skip
    assert (found.medfee, found.their_medfee) == (5_000, changes.get("medfee", 5_000))


async def test_a_treatment_differs_where_both_sides_know_it(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    rows = [day[0].with_(treatment_id="T2"), day[1].with_(treatment_id="T9"), day[2]]
    found = await only_break(pool, database.app_url, rows)
    assert (found.line, found.fields) == (1, ["treatment_id"])


async def test_rows_that_only_the_institution_has_say_why(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    held, declined, elsewhere, bought = (
        authorization(amount=10), payment(person_no="P2", amount=700, short_balance="decline"),
        payment(institution=PHARMACY, amount=20), payment(amount=30, med_type="11", insurance_type="390"),
    )  # fmt: skip
    told = await outcomes(pool, held, declined, elsewhere, bought)
    rows = [row_of(each, message) for each, message in zip(told, (held, declined, elsewhere, bought), strict=True)]
    made_up = day[0].with_(settlement_id=f"{today():%Y%m%d}" + "9" * 20)
    other_day = day[0].with_(settlement_id="20250101" + "0" * 20)
    no_number = day[0].with_(settlement_id="20261399" + "0" * 20)
    uploaded = [*day[:2], *rows, made_up, other_day, no_number]
    run = await reconciled(pool, database.app_url, uploaded, scope_of(insurance_type="310", clearing_type="11"))
    found = await found_in(pool, run)
    assert [(each.kind, each.reason, each.line) for each in found] == [
        ("institution_more", "not_settled", 3),
        ("institution_more", "insufficient_funds", 4),
        ("institution_more", "not_known", 5),
        ("institution_more", "other_class", 6),
        ("institution_more", "not_known", 7),
        ("institution_more", "not_known", 8),
        ("institution_more", "not_known", 9),
    ]
    assert run.rows == (2, 0, 7, 0, 0)


async def test_a_settlement_of_another_day_is_told_as_that(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    tomorrow = today() + timedelta(days=1)
    run = await reconciled(pool, database.app_url, day[:1], scope_of(first_day=tomorrow, last_day=tomorrow))
    assert [(each.kind, each.reason) for each in await found_in(pool, run)] == [("institution_more", "other_day")]


async def test_a_message_that_may_still_come_is_not_arrived_and_does_not_differ(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    """Hyperswitch: what is expected and what is mismatched must be told apart."""
    under_way = payment(amount=40)
    row = UploadedRow(None, "P1", 40, 40, message_id=under_way.message_id)
    found = await only_break(pool, database.app_url, [*day, row], with_message_ids=True)
    assert (found.kind, found.reason, found.message_id) == ("not_arrived", "not_known", under_way.message_id)

    await outcomes(pool, under_way)
    run = await reconciled(pool, database.app_url, [*day, row], with_message_ids=True)
    assert (run.is_equal, run.rows) == (True, (4, 0, 0, 0, 0))


def test_a_message_may_come_until_two_hours_after_its_day() -> None:
    midnight = datetime(2026, 11, 26, tzinfo=ZONE)
    day = (midnight - timedelta(days=1)).date()
    for late, may_come in ((timedelta(), True), (timedelta(hours=2) - timedelta(seconds=1), True),
                           (timedelta(hours=2), False)):  # fmt: skip
        assert Arrivals(BusinessDays(MIDNIGHT), midnight + late).may_come(day) is may_come


async def test_a_message_that_was_reversed_before_it_came_is_not_on_its_way(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    never = payment(amount=40)
    await outcomes(pool, follow_up("reversal", never))
    row = UploadedRow(None, "P1", 40, 40, message_id=never.message_id)
    found = await only_break(pool, database.app_url, [*day, row], with_message_ids=True)
    assert (found.kind, found.reason) == ("institution_more", "reversed_before_arrival")
    await outcomes(pool, never)
    found = await only_break(pool, database.app_url, [*day, row], with_message_ids=True)
    assert (found.kind, found.reason) == ("institution_more", "reversed_before_arrival")


async def test_a_message_under_a_wrong_number_differs_in_it(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    rows = [day[0].with_(settlement_id="H-OWN-1"), *day[1:]]
    found = await only_break(pool, database.app_url, rows, with_message_ids=True)
    assert (found.kind, found.settlement_id, found.fields) == ("differs", day[0].settlement_id, ["settlement_id"])


async def test_two_rows_that_find_one_settlement_are_one_too_many(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    rows = [*day, day[0].with_(settlement_id=None)]
    rows[0] = rows[0].with_(message_id=None)
    found = await only_break(pool, database.app_url, rows, with_message_ids=True)
    assert (found.kind, found.reason, found.line) == ("institution_more", "repeated", 4)


# What gives money back


async def test_refunds_and_reversals_are_rows_below_zero(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    paid = [*(payment(amount=600, total_fee=1_000) for _ in range(3)), authorization(amount=300)]
    rows = [row_of(each, message) for each, message in zip(await outcomes(pool, *paid), paid, strict=True)][:3]
    captured = follow_up("capture", paid[3], amount=100)
    rows += await rows_of(pool, captured)
    back = [
        follow_up("refund", paid[0]), follow_up("refund", paid[1], amount=200), follow_up("reversal", paid[2]),
        follow_up("refund", captured), follow_up("void", paid[3]),
    ]  # fmt: skip
    told = await outcomes(pool, *back)
    undone = follow_up("reversal", back[0])
    told += await outcomes(pool, undone)
    fees = [1_000, 200, 1_000, 100]
    for outcome, message, fee in zip(told[:4], back[:4], fees, strict=True):
        row = row_of(outcome, message, sign=-1)
        rows.append(row.with_(medfee=-fee, fund_pay=-fee - row.account_pay))
    rows.append(row_of(told[5], undone).with_(medfee=1_000, fund_pay=400))
    run = await reconciled(pool, database.app_url, [*day, *rows])
    assert await found_in(pool, run) == []
    assert run.sums == (6_500 + 1_800, 3_000 + 800, 3_100 + 1_000, 400, 3 + 1)
    # Without refunds, what gives back and what undoes that are left out on both sides.
    run = await reconciled(pool, database.app_url, [*day, *rows[:-1]], scope_of(includes_refunds=False))
    assert (run.is_equal, run.rows) == (True, (7, 0, 0, 0, 0))
    assert run.sums == (6_500 + 3_100, 3_000 + 1_200, 3_100 + 1_900, 400, 7)
    assert (await verify(database.app_url)).violations == []


async def test_a_refund_may_stand_under_the_number_of_what_was_refunded(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    message = payment(amount=600)
    [paid] = await rows_of(pool, message)
    [back] = await rows_of(pool, follow_up("refund", message))
    positive, negative = paid.with_(flag="1"), paid.with_(medfee=-600, account_pay=-600, flag="1")
    run = await reconciled(pool, database.app_url, [*day, positive, negative])
    assert (run.is_equal, run.rows) == (True, (5, 0, 0, 0, 0))
    run = await reconciled(pool, database.app_url, [*day, positive, negative.with_(account_pay=-599)])
    [found] = await found_in(pool, run)
    assert (found.kind, found.settlement_id, found.fields) == ("differs", back.settlement_id, ["account_pay"])
    run = await reconciled(pool, database.app_url, [*day, positive])
    assert kinds(await found_in(pool, run)) == [("centre_more", back.settlement_id)]
    # Without refunds the flag of what was refunded meets nothing.
    run = await reconciled(pool, database.app_url, [*day, positive, negative], scope_of(includes_refunds=False))
    assert await found_in(pool, run) == []


async def test_the_bank_application_of_the_card_is_not_reconciled_here(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    await add_debit_card(pool, "P1", balance=900)
    bought = by_card("purchase")
    await outcomes(pool, bought, by_card("withdrawal"), contribution("P1", 5))
    await outcomes(pool, follow_up("refund", bought, amount=10))
    run = await reconciled(pool, database.app_url, day)
    assert (run.is_equal, run.rows) == (True, (3, 0, 0, 0, 0))


# Runs, one behind the other


async def test_a_run_of_the_same_scope_voids_the_one_before_and_levels_what_is_gone(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    first = await reconciled(pool, database.app_url, [day[1].with_(medfee=1), day[2].with_(person_no="P9")])
    missing, differing, other = await found_in(pool, first)
    await check_break(pool, first.run_id, missing.break_id, by="c1", note="asked them")
    await check_break(pool, first.run_id, differing.break_id, by="c1", note="")
    second = await reconciled(pool, database.app_url, [day[1].with_(medfee=2), day[2]])
    assert {each.settlement_id: (each.state, each.changed_by) for each in await found_in(pool, first)} == {
        missing.settlement_id: ("void", "c1"),
        differing.settlement_id: ("void", "c1"),
        other.settlement_id: ("levelled", f"run {second.run_id}"),
    }
    now = {each.settlement_id: each for each in await found_in(pool, second)}
    # The same break goes on as it stood, another one of the same row is new; both are as old as the row's first.
    again, anew = now[missing.settlement_id], now[differing.settlement_id]
    assert (again.state, again.changed_by, again.note) == ("checked", "c1", "asked them")
    assert (anew.state, anew.changed_by, anew.note) == ("new", None, None)
    assert (again.first_found_at, anew.first_found_at) == (missing.first_found_at, differing.first_found_at)
    run = await pool.fetchrow("SELECT state, voided_by FROM reconciliation.runs WHERE run_id = $1", first.run_id)
    assert run is not None
    assert tuple(run) == ("void", second.run_id)


async def test_a_run_of_another_scope_voids_nothing(pool: Pool, database: Database, day: Sequence[UploadedRow]) -> None:
    first = await reconciled(pool, database.app_url, day[:1])
    await reconciled(pool, database.app_url, day, scope_of(clearing_type="11"))
    await reconciled(pool, database.app_url, day, scope_of(PHARMACY))
    assert {each.state for each in await found_in(pool, first)} == {"new"}


async def test_a_run_without_refunds_levels_no_refund_that_one_with_them_missed(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    paid = payment(amount=100)
    rows = [*day, *await rows_of(pool, paid)]
    await outcomes(pool, follow_up("refund", paid))
    first = await reconciled(pool, database.app_url, rows)
    without = await reconciled(pool, database.app_url, rows, scope_of(includes_refunds=False))
    assert without.is_equal
    [refund] = await found_in(pool, first)
    assert (refund.kind, refund.gives_back, refund.state) == ("centre_more", True, "new")


async def test_family_money_is_no_account_money_where_the_institution_has_it_apart(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    await grant(pool, "P1", "P2")
    [paid] = await rows_of(pool, payment(amount=300, person_no="P2", use_mutual_aid=True))
    assert paid.account_pay == 300  # all of it of P1: P2 has spent what it had
    apart = scope_of(account_includes_mutual_aid=False)
    sums = Sums(6_800, 3_000, 3_100, 400, 4)
    stated = Stated(*sums)
    run = await reconciled(pool, database.app_url, [*day, paid.with_(account_pay=0)], apart, stated)
    assert (run.is_equal, run.rows, run.sums) == (True, (4, 0, 0, 0, 0), sums)
    run = await reconcile_totals(database.app_url, apart, stated, requested_by="tests")
    assert (run.is_equal, run.sums) == (True, sums)
    # Told inside, the same rows differ, and that run takes no place of the one before.
    inside = await reconciled(pool, database.app_url, [*day, paid.with_(account_pay=0)])
    [found] = await found_in(pool, inside)
    assert (found.fields, found.account_pay, found.their_account_pay) == (["account_pay"], 300, 0)
    run = await reconciled(pool, database.app_url, [*day, paid], apart)
    [found] = await found_in(pool, run)
    assert (found.fields, found.account_pay, found.their_account_pay) == (["account_pay"], 0, 300)
    assert (await read_run(pool, inside.run_id)).state == "ok"


async def test_a_break_that_is_done_with_is_not_changed_again(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    run = await reconciled(pool, database.app_url, day[:1])
    first, second = await found_in(pool, run)
    levelled = await level_break(pool, run.run_id, first.break_id, by="c1", note="booked by them")
    assert (levelled.state, levelled.changed_by, levelled.note) == ("levelled", "c1", "booked by them")
    with pytest.raises(Refused, match="levelled") as refused:
        await check_break(pool, run.run_id, first.break_id, by="c2", note="")
    assert refused.value.code == "break_closed"
    with pytest.raises(Refused) as refused:
        await check_break(pool, run.run_id + 1, second.break_id, by="c2", note="")
    assert refused.value.code == "break_unknown"
