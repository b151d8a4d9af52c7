"""Interest against an independent computation with fractions, day by day, and paid once whatever happens."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import asyncpg
import pytest
from app.database import Connection, Pool, connect
from app.errors import UsageError
from app.funding.interest import pay_interest, work_out
from app.funding.rates import Rate, file_rate, read_rates_that_stand, weights
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.builders import HOSPITAL, MIDNIGHT, Database, add_institution, contribution, payment
from tests.ledger_histories import Event, History, Owner, Step, interest, store

YEAR = 2024  # a leap year
DAYS = [
    date(2023, 3, 5), date(2023, 12, 31),
    date(2024, 1, 1), date(2024, 1, 2), date(2024, 2, 29), date(2024, 6, 15), date(2024, 12, 30), date(2024, 12, 31),
    date(2025, 1, 1), date(2025, 4, 1),
]  # fmt: skip
LAST = datetime.now(UTC).year - 1
TODAY = datetime.now(UTC).date()
FILED = datetime(2020, 1, 1, tzinfo=UTC)

_moments = st.one_of(st.sampled_from(DAYS), st.dates(date(2022, 1, 1), date(2025, 12, 31)))
_amounts = st.one_of(st.integers(1, 50), st.integers(1, 10**6), st.integers(1, 10**14))
_events = st.builds(
    Event,
    st.sampled_from(DAYS),
    st.sampled_from(["in", "in", "out_current_first", "out_accumulated_first", "interest"]),
    _amounts,
)
_histories = st.lists(
    st.tuples(st.lists(_events, max_size=9), st.sampled_from(["", "110000", "nowhere"])), min_size=1, max_size=8
)
_millionths = st.one_of(st.sampled_from([0, 1_500, 3_500, 1_000_000]), st.integers(0, 1_000_000))
_further_steps = st.lists(
    st.builds(
        Step, st.sampled_from(["", "110000"]), st.sampled_from(["current", "accumulated"]), _moments, _millionths
    ),
    max_size=6,
    unique_by=lambda step: step[:3],
)


def days_of(year: int) -> list[date]:
    first = date(year, 1, 1)
    return [first + timedelta(days=n) for n in range((date(year + 1, 1, 1) - first).days)]


def steps_of(current: int, accumulated: int, *further: Step) -> list[Step]:
    return [Step("", "current", date(2021, 1, 1), current), Step("", "accumulated", date(2021, 1, 1), accumulated),
            *further]  # fmt: skip


def rates_of(steps: list[Step]) -> list[Rate]:
    return [Rate(s.region, s.part, s.day, s.millionths, "tests", FILED) for s in steps]  # type: ignore[arg-type]


@pytest.fixture
async def past(owner: Owner) -> Owner:
    """A connection of the owner, with the partitions of DAYS."""
    for day in DAYS:
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    return owner


async def worked_out(reader: Connection, year: int, steps: list[Step]) -> dict[str, int]:
    await work_out(reader, year, weights(rates_of(steps), year))
    rows = await reader.fetch("SELECT person_no, fen FROM interest_due")
    await reader.execute("DROP TABLE interest_due")
    return {row["person_no"]: row["fen"] for row in rows}


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
@given(made=_histories, rates=st.tuples(_millionths, _millionths), further=_further_steps)
async def test_interest_is_what_fractions_make_day_by_day(
    past: Owner, made: list[tuple[list[Event], str]], rates: tuple[int, int], further: list[Step]
) -> None:
    histories = []
    for number, (events, region) in enumerate(made):
        history = History(5_000 + number, f"P{number}", region)
        history.play(events)
        histories.append(history)
    steps = steps_of(*rates, *further)
    changes = past.transaction()
    await changes.start()
    try:
        await store(past, histories)
        for year in (2023, YEAR, 2025):
            expected = {h.person_no: interest(h, steps, days_of(year)) for h in histories}
            found = await worked_out(past, year, steps)
            assert found == {person_no: fen for person_no, fen in expected.items() if fen}
    finally:
        await changes.rollback()


# 366 days at 100 % / 360: of 30 fen 30.5, of 90 fen 91.5.
@pytest.mark.parametrize(("fen", "expected"), [(0, 0), (29, 29), (30, 31), (31, 32), (90, 92)])
async def test_halves_are_rounded_up(past: Owner, fen: int, expected: int) -> None:
    history = History(5_000, "P1")
    history.play([Event(date(2023, 3, 5), "in", fen)])
    await store(past, [history])
    assert (await worked_out(past, YEAR, steps_of(0, 1_000_000))).get("P1", 0) == expected


async def test_each_part_is_rounded_by_itself(past: Owner) -> None:
    """30 fen of either part make 30.5: 31 + 31, where the sum of both would make 61."""
    history = History(5_000, "P1")
    history.play([Event(date(2023, 3, 5), "in", 30), Event(date(2024, 1, 1), "in", 30)])
    await store(past, [history])
    assert await worked_out(past, YEAR, steps_of(1_000_000, 1_000_000)) == {"P1": 62}


@pytest.mark.parametrize(("state", "paid"), [("normal", True), ("frozen", True), ("dormant", True), ("closed", False)])
async def test_closed_accounts_alone_bear_none(past: Owner, state: str, paid: bool) -> None:
    history = History(5_000, "P1", state=state)
    history.play([Event(date(2023, 3, 5), "in", 1_000)])
    await store(past, [history])
    assert bool(await worked_out(past, YEAR, steps_of(10_000, 10_000))) is paid


# Paid


@pytest.fixture
async def ended(pool: Pool, owner: Owner) -> list[History]:
    """Accounts with a history in the two years before this one, rates, and a hospital."""
    await add_institution(pool, HOSPITAL)
    days = [date(LAST - 1, 5, 1), date(LAST, 2, 1), date(LAST, 11, 30)]
    for day in days:
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    histories = []
    for number in range(30):
        history = History(5_000 + number, f"P{number}", state="frozen" if number == 7 else "normal")
        history.play(
            [
                Event(days[0], "in", 10_007 * (number + 1)),
                Event(days[1], "in", 3_001 * number + 1),
                Event(days[2], "out_current_first", 4_001 * number + 1),
            ][: 1 + number % 3]
        )
        histories.append(history)
    await store(owner, histories)
    for part, millionths in (("current", 1_500), ("accumulated", 11_000)):
        assert await file_of(pool, part=part, millionths=millionths)
    return histories


async def file_of(pool: Pool, **overrides: Any) -> bool:
    fields: dict[str, Any] = {
        "region": "", "part": "current", "effective_from": date(LAST - 2, 1, 1), "millionths": 1_500,
        "operator": "clerk-1", "today": TODAY,
    }  # fmt: skip
    return await file_rate(pool, **{**fields, **overrides})


def expected_of(histories: list[History], year: int = LAST) -> dict[str, int]:
    steps = [
        Step("", "current", date(2000, 1, 1), 1_500),
        Step("", "accumulated", date(2000, 1, 1), 11_000),
    ]
    return {h.person_no: interest(h, steps, days_of(year)) for h in histories}


async def paid(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch(
        "SELECT person_no, amount FROM settlement.settlements WHERE kind = 'interest' AND status = 'settled'"
    )
    assert len({row["person_no"] for row in rows}) == len(rows), "somebody is paid twice"
    return {row["person_no"]: row["amount"] for row in rows}


async def test_interest_is_paid_into_the_accumulated_part_once(
    pool: Pool, database: Database, ended: list[History]
) -> None:
    first = await pay_interest(pool, database.app_url, LAST, rules=RuleBook(MIDNIGHT))
    expected = expected_of(ended)
    assert await paid(pool) == expected
    assert (first.settled, first.already, first.fen) == (30, 0, sum(expected.values()))
    again = await pay_interest(pool, database.app_url, LAST, rules=RuleBook(MIDNIGHT))
    assert (again.settled, again.already, again.fen) == (0, 30, sum(expected.values()))
    for row in await pool.fetch(
        "SELECT owner, balance, accumulated, part_year FROM ledger.accounts WHERE kind = 'personal'"
    ):
        history = next(h for h in ended if h.person_no == row["owner"])
        whole = history.current + history.accumulated + expected[row["owner"]]
        assert (row["balance"], row["accumulated"], row["part_year"]) == (whole, whole, TODAY.year)


async def test_what_is_posted_after_the_year_changes_nothing(
    pool: Pool, database: Database, ended: list[History]
) -> None:
    messages = [
        message
        for number in range(0, 30, 2)
        for message in (
            payment(person_no=f"P{number}", amount=1_234),
            contribution(f"P{number}", 50_000),
            payment(person_no=f"P{number}", amount=20_000),
        )
    ]
    await settle(pool, messages, rules=RuleBook(MIDNIGHT))
    await pay_interest(pool, database.app_url, LAST, rules=RuleBook(MIDNIGHT))
    assert await paid(pool) == expected_of(ended)


async def test_a_run_that_was_cut_off_pays_the_rest(pool: Pool, database: Database, ended: list[History]) -> None:
    expected = expected_of(ended)
    cut_off = [
        contribution(f"P{n}", expected[f"P{n}"], kind="interest", message_id=f"INT-{LAST}-P{n}") for n in range(11)
    ]
    await settle(pool, cut_off, rules=RuleBook(MIDNIGHT))
    tally = await pay_interest(pool, database.app_url, LAST, rules=RuleBook(MIDNIGHT))
    assert (tally.settled, tally.already) == (19, 11)
    assert await paid(pool) == expected


async def test_a_year_is_paid_after_its_end_alone(pool: Pool, database: Database, ended: list[History]) -> None:
    with pytest.raises(UsageError, match="last postings"):
        await pay_interest(pool, database.app_url, LAST + 1, rules=RuleBook(MIDNIGHT))


async def test_a_year_with_days_without_a_rate_is_not_paid(pool: Pool, database: Database) -> None:
    assert await file_of(pool, part="current", effective_from=date(LAST, 1, 1))
    assert await file_of(pool, part="accumulated", effective_from=date(LAST, 1, 2))
    with pytest.raises(UsageError, match=f"{LAST}-01-01"):
        await pay_interest(pool, database.app_url, LAST, rules=RuleBook(MIDNIGHT))


# Rates


async def test_a_rate_is_filed_once_and_never_changed(pool: Pool) -> None:
    assert await file_of(pool)
    assert not await file_of(pool)
    with pytest.raises(UsageError, match="Another rate"):
        await file_of(pool, millionths=1)
    [rate] = await read_rates_that_stand(pool)
    assert rate[:5] == ("", "current", date(LAST - 2, 1, 1), 1_500, "clerk-1")
    with pytest.raises(asyncpg.InsufficientPrivilegeError):
        await pool.execute("UPDATE funding.interest_rates SET millionths = 1")


async def test_no_rate_is_filed_for_a_year_that_may_be_paid(pool: Pool, ended: list[History]) -> None:
    with pytest.raises(UsageError, match="may be paid"):
        await file_of(pool, region="110000", effective_from=date(LAST, 12, 31))
    with pytest.raises(UsageError, match="may be paid"):
        await file_of(pool, effective_from=date(LAST - 5, 1, 1))
    assert await file_of(pool, region="110000", effective_from=date(LAST + 1, 1, 1))


async def test_a_region_has_its_own_rate_from_its_first_one_on() -> None:
    steps = steps_of(10, 10, Step("110000", "current", date(YEAR, 12, 31), 25))
    found = {(weight.region, weight.day): weight for weight in weights(rates_of(steps), YEAR)}
    assert found["110000", date(YEAR, 12, 30)][2:] == (25 + 10, 20)
    assert found["", date(YEAR, 12, 30)][2:] == (20, 20)
    assert found["", date(YEAR, 1, 1)][2:] == (3_660, 3_660)


async def test_a_reader_of_the_application_may_work_it_out(database: Database) -> None:
    reader = await connect(database.app_url, application_name="tests")
    assert await worked_out(reader, YEAR, steps_of(1, 1)) == {}
    await reader.close()
