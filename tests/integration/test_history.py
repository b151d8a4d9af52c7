"""Balances as of a time equal a replay; entries come in pages without a gap."""

from datetime import date, datetime, timedelta
from random import Random

import pytest
from app.config import ZONE
from app.database import Pool, transaction
from app.ledger.history import Balances, Entry, Order, balances_at, balances_in, find_account, read_entries
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.settlement.statement import read_statement
from tests.builders import AGENCY, HOSPITAL, MIDNIGHT, add_institution, add_person, contribution, payment
from tests.ledger_histories import Event, History, Owner, store

DAYS = [
    date(2023, 11, 3), date(2023, 12, 31), date(2024, 1, 1), date(2024, 7, 9), date(2025, 3, 1), date(2025, 3, 2),
]  # fmt: skip


def moment(day: date, number: int = 0) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=ZONE) + timedelta(microseconds=number)


@pytest.fixture
async def histories(owner: Owner) -> list[History]:
    """Accounts with made histories over three years, each movement in a batch of its own."""
    dice = Random(20)
    made = []
    for number in range(12):
        history = History(5_000 + number, f"P{number}")
        kinds = ("in", "in", "out_current_first", "out_accumulated_first", "interest")
        history.play(
            Event(dice.choice(DAYS), dice.choice(kinds), dice.randint(1, 900))  # type: ignore[arg-type]
            for _ in range(number * 2)
        )
        made.append(history)
    for day in DAYS:
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    await store(owner, made)
    await owner.copy_records_to_table(
        "batches",
        schema_name="ledger",
        columns=("batch_id", "business_day", "size", "settled_at", "tree_root", "leaf_marks", "chain_hash"),
        records=[
            (transfer.batch_id, transfer.business_day, 1, moment(transfer.business_day, number), b"", b"", b"")
            for history in made
            for number, transfer in enumerate(history.transfers)
        ],
    )
    return made


async def test_balances_of_the_past_equal_a_replay(pool: Pool, histories: list[History]) -> None:
    asked = sorted({day + timedelta(days=by) for day in DAYS for by in (-1, 0, 1)} | {date(2024, 12, 31)})
    async with transaction(pool) as connection:
        for history in histories:
            for day in asked:
                end = moment(day) + timedelta(hours=11, minutes=59)
                current, accumulated = history.end_of(day)
                found = await balances_at(connection, history.account_id, end, day.year)
                assert found == Balances(current + accumulated, current, accumulated), (history.person_no, day)


async def test_a_movement_counts_from_its_own_time_on(pool: Pool, histories: list[History]) -> None:
    async with transaction(pool) as connection:
        for history in histories:
            for number, transfer in enumerate(history.transfers):
                after = transfer.debit_balance_after if transfer.debit_entry else transfer.credit_balance_after
                at = moment(transfer.business_day, number)
                found = await balances_at(connection, history.account_id, at, at.year)
                assert found.balance == after


async def test_before_its_first_posting_of_a_year_all_is_accumulated(pool: Pool, histories: list[History]) -> None:
    async with transaction(pool) as connection:
        for history in histories:
            account = await find_account(connection, history.person_no, "personal")
            assert account is not None
            whole = history.current + history.accumulated
            assert balances_in(account, history.year)[1:] == (history.current, history.accumulated)
            assert balances_in(account, history.year + 1) == (whole, 0, whole)


@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
@pytest.mark.parametrize("limit", [1, 7, 500])
async def test_entries_come_in_pages(pool: Pool, histories: list[History], order: Order, limit: int) -> None:
    async with transaction(pool) as connection:
        for history in histories:
            read: list[Entry] = []
            cursor = None
            while True:
                page = await read_entries(connection, history.account_id, order=order, cursor=cursor, limit=limit)
                assert len(page.entries) <= limit
                read += page.entries
                cursor = page.cursor
                if cursor is None:
                    break
            if order == "newest_first":
                read.reverse()
            assert [entry.entry for entry in read] == list(range(1, len(history.transfers) + 1))
            assert [entry.batch_id for entry in read] == [t.batch_id for t in history.transfers]
            assert [entry.accumulated for entry in read] == [t.accumulated for t in history.transfers]
            balance = 0
            for number, entry in enumerate(read):
                balance += entry.amount
                assert entry.balance_after == balance
                assert entry.settled_at == moment(entry.business_day, number)


async def test_a_statement_names_the_settlement_of_each_entry(pool: Pool, owner: Owner) -> None:
    await add_institution(pool, HOSPITAL)
    account_id = await add_person(pool, "P1", balance=1_000)
    await owner.execute("UPDATE ledger.accounts SET part_year = part_year - 1 WHERE owner = 'P1'")
    paid, extra = payment(amount=400), contribution("P1", 50)
    settled = await settle(pool, [paid, extra], rules=RuleBook(MIDNIGHT))
    async with transaction(pool) as connection:
        found = await read_statement(connection, account_id, order="newest_first", cursor=None, limit=10)
    lines = [(line.entry.amount, line.settlement and line.settlement.message_id) for line in found.lines]
    assert lines[:4] == [
        (50, extra.message_id),
        (-400, paid.message_id),
        (1_000, paid.message_id),  # carried over by the payment
        (-1_000, paid.message_id),
    ]
    ids = [line.settlement.settlement_id for line in found.lines if line.settlement]
    assert ids[:2] == [settled.answers[1].outcome.settlement_id, settled.answers[0].outcome.settlement_id]
    assert found.lines[0].settlement is not None
    assert found.lines[0].settlement.institution == AGENCY
