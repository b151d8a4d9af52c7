"""The class by which settlements are cleared: what follows a message is cleared as it, in Python and in SQL alike."""

from app.database import Pool
from app.settlement.clearing_class import class_text_sql, clearing_class, clearing_type_sql, insurance_type_sql
from app.settlement.records import Settlement
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    PHARMACY,
    Database,
    add_institution,
    add_person,
    authorization,
    contribution,
    follow_up,
    payment,
)
from tests.kinds import Split, outcome, outcomes, split_of, told

_ROWS = f"""
SELECT
    {", ".join(f"s.{column}" for column in Settlement.__struct_fields__)},
    {insurance_type_sql()} AS insurance_type, {clearing_type_sql()} AS clearing_type, {class_text_sql()} AS as_text
FROM settlement.settlements AS s
ORDER BY s.batch_id, s.position
"""


async def classes(pool: Pool) -> list[tuple[str, str]]:
    """Kind and class of all settlements, which both say alike."""
    found = []
    for *columns, insurance_type, clearing_type, as_text in await pool.fetch(_ROWS):
        row = Settlement(*columns)
        assert clearing_class(row) == (insurance_type, clearing_type)
        assert str(clearing_class(row)) == as_text
        found.append((row.kind, as_text))
    return found


async def parties(pool: Pool) -> None:
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=10_000)


async def test_what_follows_a_message_is_cleared_as_it(pool: Pool, database: Database) -> None:
    await parties(pool)
    hold = authorization(med_type="21", insurance_type="390")
    capture = follow_up("capture", hold, amount=400)
    refund = follow_up("refund", capture)
    bought = payment(institution=PHARMACY, med_type="41")
    await outcomes(pool, hold, capture, bought)
    await outcomes(pool, refund)
    await outcomes(
        pool,
        follow_up("reversal", refund),
        follow_up("void", hold),
        follow_up("reversal", bought),
        follow_up("reversal", payment()),
        payment(),
        payment(med_type="52"),
        contribution("P1", 5),
    )
    assert (await classes(pool))[1:] == [
        ("authorization", "390/21"),
        ("capture", "390/21"),
        ("payment", "310/41"),
        ("refund", "390/21"),
        ("reversal", "390/21"),
        ("void", "390/21"),
        ("reversal", "310/41"),
        ("reversal", "310/99"),
        ("payment", "310/99"),
        ("payment", "310/21"),
        ("contribution", "310/99"),
    ]
    assert (await verify(database.app_url)).violations == []


async def test_what_is_declined_is_of_no_class_but_its_own(pool: Pool) -> None:
    await parties(pool)
    bought = payment(med_type="11")
    await outcomes(pool, bought)
    assert await told(pool, follow_up("capture", bought)) == [("declined", "original_not_an_authorization")]
    assert (await classes(pool))[-1] == ("capture", "310/99")


async def test_a_repeat_is_told_from_other_content_by_all_that_is_told_of_the_care(pool: Pool) -> None:
    await parties(pool)
    first = payment(message_id="M1", insurance_type="310", total_fee=2_000, treatment_id="T1")
    back = follow_up("refund", first, message_id="M2", treatment_id="T1")
    await outcomes(pool, first, back)
    again, back_again, other = await outcomes(
        pool, first, back, payment(message_id="M1", total_fee=2_001, treatment_id="T1", use_account=False)
    )
    assert again.replayed
    assert back_again.replayed
    assert other.differing_fields == ("insurance_type", "total_fee", "use_account")


# Without the account


async def test_a_payment_without_the_account_is_cash_whatever_the_account_holds(pool: Pool, database: Database) -> None:
    await parties(pool)
    paid = payment(use_account=False)
    told_of = await outcome(pool, paid)
    assert split_of(told_of) == Split(cash=1_000)
    assert (told_of.balance_after, told_of.parts[0].reason) == (10_000, None)
    assert split_of(await outcome(pool, follow_up("refund", paid))) == Split(cash=1_000)
    assert (await verify(database.app_url)).violations == []


async def test_an_account_that_pays_nothing_is_not_asked_for_its_state(pool: Pool) -> None:
    await parties(pool)
    await add_person(pool, "P2", balance=10_000, state="frozen")
    assert await told(pool, payment(person_no="P2")) == [("declined", "account_frozen")]
    assert split_of(await outcome(pool, payment(person_no="P2", use_account=False))) == Split(cash=1_000)
