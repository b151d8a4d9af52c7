"""`verify` holds on whatever settling leaves; that it finds what was tampered with is in `test_verify_tampering`."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta, timezone

import asyncpg
import pytest
from app.database import Pool
from app.errors import DatabaseUnavailable, UsageError
from app.settlement.messages import AMOUNT_MAX, Card, Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import CHECKS, print_report, run_verify, verify
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    Database,
    add_card,
    add_institution,
    add_person,
    contribution,
    payment,
)
from tests.harness import DEADLINE_SECONDS

DAY_BEFORE = time(23, 59, 59)  # where the day begins this late, it is still yesterday


async def test_an_empty_ledger_is_whole(database: Database) -> None:
    report = await verify(database.app_url)
    assert report.ok
    assert [result.check for result in report.results] == list(CHECKS)


async def test_a_mixed_run_is_whole(books: Pool, database: Database) -> None:
    await add_person(books, "FROZEN", balance=1_000, state="frozen")
    await add_person(books, "CLOSED", state="closed")
    await add_person(books, "RICH", balance=AMOUNT_MAX)
    await add_card(books, "CARD1", "RICH")
    await add_card(books, "CARD2", "RICH", state="lost")
    east = timezone(timedelta(hours=8))
    messages = [
        payment(person_no="FROZEN"),
        contribution("FROZEN", 1),
        payment(person_no="CLOSED"),
        contribution("CLOSED", 1),
        payment(person_no="RICH", amount=AMOUNT_MAX - 1, card=Card("03", "CARD1", "SN1")),
        payment(person_no="RICH", card=Card("03", "CARD2"), med_type="41", use_mutual_aid=False, use_debit=True),
        payment(person_no="RICH", amount=3, occurred_at=datetime(1931, 12, 31, 23, 59, 59, 999_999, tzinfo=east)),
        payment(person_no="RICH", amount=4, metadata={"药": "阿司匹林 | ~ \\ \x00 🏥", "n": [1.5, None, True]}),
    ]
    conflicting = payment(message_id=messages[0].message_id, amount=1)
    settled = await settle(books, [*messages, *messages, conflicting], rules=RuleBook(MIDNIGHT))
    assert [answer.is_new for answer in settled.answers] == [True] * 8 + [False] * 9
    assert (await verify(database.app_url)).violations == []


async def test_several_lanes_and_days_are_whole(books: Pool, database: Database) -> None:
    days = set()
    async with books.acquire() as connection, connection.transaction():
        await connection.execute("SELECT FROM ledger.lanes WHERE lane = 0 FOR NO KEY UPDATE")
        for cut_off in (MIDNIGHT, DAY_BEFORE, MIDNIGHT):
            settled = await settle(books, [payment(person_no="PERSON1", amount=1)], rules=RuleBook(cut_off))
            assert settled.batch_id is not None
            assert settled.batch_id % 1024 == 1
            days.add(settled.answers[0].outcome.business_day)
    await settle(books, [payment(person_no="PERSON1", amount=1)], rules=RuleBook(MIDNIGHT))
    assert len(days) == 2
    assert (await verify(database.app_url)).violations == []


@pytest.mark.parametrize("size", [1, 15, 16, 17, 256, 257, 600])
async def test_the_hash_tree_is_the_same_in_sql(pool: Pool, database: Database, size: int) -> None:
    await add_institution(pool)
    await add_person(pool, balance=300_000)
    await settle(pool, [payment() for _ in range(size)], rules=RuleBook(MIDNIGHT))
    assert (await verify(database.app_url)).violations == []


texts = st.text(max_size=20)
ids = st.text("ABCxyz019._:@=+*-", min_size=1, max_size=30)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=5,
)
messages = st.builds(
    payment,
    message_id=ids,
    person_no=st.sampled_from(["PERSON1", "PERSON2", "STRANGER"]),
    institution=st.sampled_from([HOSPITAL, PHARMACY, "X00000000003"]),
    amount=st.integers(1, 2_000) | st.just(AMOUNT_MAX),
    card=st.builds(Card, st.sampled_from(["01", "02"])) | st.builds(Card, st.just("03"), ids, st.none() | ids),
    med_type=st.none() | st.text("0123456789", min_size=2, max_size=6),
    short_balance=st.sampled_from(["split", "decline"]),
    use_mutual_aid=st.booleans(),
    use_debit=st.booleans(),
    occurred_at=st.none() | st.datetimes(timezones=st.just(UTC)),
    metadata=st.none() | st.dictionaries(texts, values, max_size=3),
)


@given(batch=st.lists(messages, min_size=1, max_size=30))
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_hashed_texts_are_the_same_in_sql(books: Pool, database: Database, batch: Sequence[Message]) -> None:
    await settle(books, batch, rules=RuleBook(MIDNIGHT))
    assert (await verify(database.app_url)).violations == []


async def test_it_looks_at_one_moment_beside_live_traffic(books: Pool, database: Database) -> None:
    rows: set[int] = set()

    async def traffic() -> None:
        while len(rows) < 3:
            await settle(books, [payment(person_no="PERSON1", amount=1) for _ in range(50)], rules=RuleBook(MIDNIGHT))

    async with asyncio.timeout(DEADLINE_SECONDS), asyncio.TaskGroup() as senders:
        for _ in range(3):
            senders.create_task(traffic())
        while len(rows) < 3:
            report = await verify(database.app_url)
            assert report.violations == []
            rows.add(max(result.rows for result in report.results))


# What is shown


async def test_a_whole_ledger_is_reported(books: Pool, database: Database, capsys: pytest.CaptureFixture[str]) -> None:
    print_report(await run_verify(database.app_url))
    shown = capsys.readouterr()
    widest = max(len(check.name) for check in CHECKS)
    for check in CHECKS:
        assert f"verify {check.name}: " in shown.err
        assert f"{check.name:{widest}}  {check.claim}" in shown.out
    assert f"The ledger is whole: {len(CHECKS)} checks in " in shown.out


async def test_a_broken_row_is_reported_in_one_line(
    books: Pool, database: Database, owner: "asyncpg.Connection[asyncpg.Record]", capsys: pytest.CaptureFixture[str]
) -> None:
    await owner.execute("UPDATE ledger.accounts SET balance = balance + 1 WHERE account_id = 1003")
    report = await verify(database.app_url)
    assert not report.ok
    print_report(report)
    lines = capsys.readouterr().out.splitlines()
    assert "BROKEN account 1003: balance is 1 fen, its transfers make 0 (balances)" in lines
    assert lines[-1].startswith("The ledger IS BROKEN: ")


async def test_a_database_without_a_ledger_is_named(postgres: str) -> None:
    with pytest.raises(UsageError, match="run `medsettle migrate`"):
        await verify(postgres)


async def test_a_server_that_is_away_is_named() -> None:
    with pytest.raises(DatabaseUnavailable, match="nothing is proved"):
        await verify("postgresql://nobody@127.0.0.1:1/nothing")
