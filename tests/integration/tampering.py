"""Statements that tamper with a ledger, and the rows that `verify` then has to name.

They are written for the fixture `books`, or for the ledger of `settle_every_kind`.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, TypeAlias

import asyncpg
import pytest
from app.database import Pool, connect, open_pool
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Card, Message, NamedCard
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import Report, verify, verify_over
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
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
    registration,
)

ZERO_SUM = "zero sum: ledger"

SETTLEMENTS = "settlement.settlements"
KEYS = "settlement.message_keys"

#: Without it the table itself would refuse what is tampered with.
LOOSE = f"ALTER TABLE {SETTLEMENTS} DROP CONSTRAINT settlement_parts_sum_to_amount;"

#: Another value of each type.
CHANGED = {
    "bigint": "coalesce({0}, 0) + 1024",
    "integer": "coalesce({0}, 0) + 1",
    "smallint": "coalesce({0}, 0) + 1",
    "date": "coalesce({0}, current_date) + 1",
    "timestamp with time zone": "coalesce({0}, now()) + interval '1 microsecond'",
    "boolean": "NOT {0}",
    "bytea": "sha256({0})",
    "bigint[]": "{0} || 0::bigint",
    "text": "coalesce({0}, '') || 'x'",
}


def tampering(name: str, sql: str, *broken: str) -> Any:
    """A test case: a statement of the tables' owner, and all that is broken by it, written "check: row"."""
    return pytest.param(sql, list(broken), id=name.replace(" ", "-"))


#: Names of the checks that find something now.
Broken: TypeAlias = Callable[[], Awaitable[set[str]]]


@asynccontextmanager
async def verifier(database: Database) -> AsyncIterator[Callable[[], Awaitable[Report]]]:
    """Verifies again and again: a connection that is kept plans the checks once, which takes most of their time."""
    connection = await connect(database.app_url, application_name="tests")
    try:
        yield partial(verify_over, connection)
    finally:
        await connection.close()


async def tamper_and_verify(database: Database, sql: str) -> list[str]:
    owner = await connect(database.owner_url, application_name="tests")
    try:
        await owner.execute(sql)
    finally:
        await owner.close()
    report = await verify(database.app_url)
    assert "PERSON" not in str(report.violations)
    return [f"{violation.check}: {violation.row}" for violation in report.violations]


def at(position: int, batch: int = 3072) -> str:
    return f"batch_id = {batch} AND position = {position}"


def settlement(position: int, batch: int = 3072) -> str:
    return f"settlement batch {batch} position {position}"


def tree(position: int, batch: int = 3072) -> str:
    return f"tree: {settlement(position, batch)}"


def transfer(position: int, batch: int = 3072, leg: int = 0) -> str:
    return f"transfer batch {batch} position {position} leg {leg}"


def drop_batch(batch: int) -> str:
    tables = ("ledger.batches", "ledger.transfers", "settlement.settlements")
    return "".join(f"DELETE FROM {table} WHERE batch_id = {batch};" for table in tables)


def swap(table: str, first: int, second: int, batch: int = 3072) -> str:
    return f"""
    UPDATE {table} SET position = 99 WHERE {at(first, batch)};
    UPDATE {table} SET position = {first} WHERE {at(second, batch)};
    UPDATE {table} SET position = {second} WHERE {at(99, batch)};
    """


def edit(change: str, position: int, batch: int) -> str:
    return f"UPDATE {SETTLEMENTS} SET {change} WHERE {at(position, batch)}"


def retell(old: str, new: str, position: int, batch: int) -> str:
    """Edit the particulars, whose texts hold message ids that differ from run to run."""
    return edit(f"particulars = replace(particulars, '{old}', '{new}')", position, batch)


def move(change: str, position: int, batch: int, leg: int = 0) -> str:
    return f"UPDATE ledger.transfers SET {change} WHERE {at(position, batch)} AND leg = {leg}"


def place(position: int, batch: int) -> str:
    return f"batch {batch} position {position}"


def of(position: int, batch: int) -> str:
    """The rows under the message key of a settlement."""
    return f"message_key IN (SELECT message_key FROM {KEYS} WHERE {at(position, batch)})"


async def found_today(database: Database, sql: str) -> list[str]:
    """What is found, with the day of the test as `today`."""
    return [re.sub(r"20[2-9][0-9]-..-..", "today", each) for each in await tamper_and_verify(database, sql)]


# A ledger with every kind


async def settle_every_kind(database: Database) -> None:
    """A whole ledger with all kinds in all their ways, always at the same places.

    Accounts: hospital 1000, pharmacy 1001, PERSON1 to PERSON4 1002 to 1005, debit accounts of PERSON1 and PERSON4 1006
    and 1007. Batches, all in lane 0: up to 5120 the opening money comes in, a year turns, and then come those below.
    """
    pool = await open_pool(database.app_url, size_max=2, application_name="tests")
    owner = await connect(database.owner_url, application_name="tests")
    try:
        await add_institution(pool, HOSPITAL)
        await add_institution(pool, PHARMACY, kind="pharmacy")
        for number, balance in enumerate((10_000, 500, 300, 20_000), start=1):
            await add_person(pool, f"PERSON{number}", balance=balance)
        await add_debit_card(pool, "PERSON1", balance=3_000)
        await add_debit_card(pool, "PERSON4")
        await owner.execute(_RULES)
        await _turn_the_year(owner)
        paid = await _settle_payments(pool)
        await _settle_returns(pool, paid)
        await _settle_bank_application(pool)
        await _settle_holds(pool)
        await _turn_the_year(owner)
        await _settle_agency(pool)
    finally:
        await owner.close()
        await pool.close()


#: The batches of `settle_every_kind`.
PAYMENTS, RETURNS, BANK, HOLDS, AGENCY = (1024 * height for height in range(6, 11))

CARD1 = Card("03", "DPERSON1")

_RULES = """
INSERT INTO settlement.region_rules
    (region, effective_from, filed_by, filed_at, use_accumulated_first, pharmacy_daily_fen)
VALUES ('', '1971-01-01Z', 'tests', '1970-01-01Z', false, 5000);
INSERT INTO parties.mutual_aid_grants (beneficiary, granter, relation, place, authorised_by)
VALUES ('PERSON2', 'PERSON3', 'child', 1, 'tests'), ('PERSON2', 'PERSON1', 'child', 2, 'tests');
"""


async def _turn_the_year(owner: "asyncpg.Connection[asyncpg.Record]") -> None:
    await owner.execute("UPDATE ledger.accounts SET part_year = part_year - 1 WHERE part_year > 0")


async def _settle(pool: Pool, batch: int, *expected: tuple[Message, str]) -> list[Message]:
    """Settle messages that come to what is expected: a status, with a code where that is not ok."""
    messages = [message for message, _ in expected]
    settled = await settle(pool, messages, rules=RuleBook(MIDNIGHT))
    assert settled.batch_id == batch
    came_to = [each.status if each.code == "ok" else f"{each.status} {each.code}" for each in settled.answers]
    assert came_to == [status for _, status in expected], came_to
    return messages


async def _settle_payments(pool: Pool) -> list[Message]:
    return await _settle(
        pool,
        PAYMENTS,
        (payment(person_no="PERSON1", amount=700), "settled"),  # carries over
        (payment(person_no="PERSON2", amount=2_000), "settled"),  # own 500, family 300 and 1,200
        (contribution("PERSON1", 400), "settled"),
        (payment(person_no="PERSON1", amount=12_000, use_debit=True, card=CARD1), "settled"),  # all parts there are
        (payment(person_no="PERSON4", amount=1_000, institution=PHARMACY), "settled"),
        (payment(person_no="PERSON4", amount=6_000, institution=PHARMACY), "settled"),  # capped at 4,000
        (payment(person_no="PERSON2", amount=100, short_balance="decline"), "declined insufficient_funds"),
        (registration(person_no="PERSON4"), "settled"),
        (payment(person_no="PERSON4", amount=1, institution="X00000000003"), "rejected institution_unknown"),
        (by_card("purchase", "PERSON4"), "declined insufficient_funds"),
    )


async def _settle_returns(pool: Pool, paid: list[Message]) -> None:
    family_refund = follow_up("refund", paid[1], amount=1_300)
    pharmacy_refund = follow_up("refund", paid[4], amount=100)
    unknown, late = payment(message_id="NOWHERE", person_no="PERSON1"), payment(message_id="LATE", person_no="PERSON1")
    await _settle(
        pool,
        RETURNS,
        (family_refund, "settled"),  # 1,200 to PERSON1, 100 to PERSON3
        (follow_up("refund", paid[3], amount=4_000), "settled"),  # cash 500, debit 3,000, own 500
        (follow_up("refund", paid[4], amount=500), "settled"),
        (follow_up("reversal", family_refund), "reversed"),
        (follow_up("refund", paid[1], amount=100), "settled"),
        (follow_up("reversal", paid[1]), "reversed"),
        (follow_up("reversal", paid[5]), "reversed"),
        (follow_up("reversal", unknown), "reversed original_not_found"),
        (follow_up("reversal", late), "reversed original_not_found"),
        (follow_up("reversal", paid[6]), "reversed nothing_to_reverse"),
        (pharmacy_refund, "settled"),
        (follow_up("reversal", pharmacy_refund), "reversed"),
        (follow_up("refund", paid[3], amount=100), "settled"),
        (follow_up("refund", paid[7]), "declined not_refundable"),
    )


async def _settle_bank_application(pool: Pool) -> None:
    withdrawal, purchase = by_card("withdrawal", "PERSON4", amount=300), by_card("purchase", "PERSON4", amount=400)
    transferred = by_card("transfer", "PERSON4", amount=250, payee_card=NamedCard("DPERSON1"))
    deposit, refund = by_card("deposit", "PERSON4", amount=120), follow_up("refund", purchase, amount=150)
    await _settle(
        pool,
        BANK,
        (payment(message_id="LATE", person_no="PERSON1"), "declined reversed_before_arrival"),
        (by_card("deposit", "PERSON4", amount=2_000), "settled"),
        (withdrawal, "settled"),
        (purchase, "settled"),
        (transferred, "settled"),
        (refund, "settled"),
        (follow_up("reversal", transferred), "reversed"),
        (deposit, "settled"),
        (follow_up("reversal", deposit), "reversed"),
        (follow_up("reversal", refund), "reversed"),
        (follow_up("reversal", withdrawal), "reversed"),
        (by_card("transfer", "PERSON4", amount=60, payee_card=NamedCard("DPERSON1")), "settled"),
    )


async def _settle_holds(pool: Pool) -> None:
    """Of the first hold three captures, the last final, one reversed before and one behind it; then one of each end."""
    holds = [authorization(person_no="PERSON4", amount=fen) for fen in (3_000, 1_000, 800, 900)]
    far = datetime(datetime.now(UTC).year + 1, 1, 1, 1, 1, 1, 20, tzinfo=UTC)
    dated = authorization(person_no="PERSON4", amount=350, expires_at=far)
    soon = datetime.now(UTC) + timedelta(seconds=5)  # by then the batch is settled on a busy machine too
    expiring = authorization(person_no="PERSON4", amount=250, expires_at=soon)
    captures = [follow_up("capture", holds[0], amount=fen) for fen in (500, 700)]
    part = follow_up("capture", holds[1], amount=400)
    await _settle(
        pool,
        HOLDS,
        (holds[0], "held"),
        (captures[0], "settled"),
        (captures[1], "settled"),
        (follow_up("reversal", captures[0]), "reversed"),
        (follow_up("capture", holds[0], amount=200, final=True), "settled"),
        (follow_up("reversal", captures[1]), "reversed"),
        (holds[1], "held"),
        (part, "settled"),
        (holds[2], "held"),
        (follow_up("void", holds[2]), "settled"),
        (holds[3], "held"),
        (follow_up("reversal", holds[3]), "reversed"),
        (dated, "held"),
        (expiring, "held"),
        (follow_up("refund", part, amount=100), "settled"),
        (follow_up("void", holds[2]), "declined hold_voided"),
    )
    await asyncio.sleep(max(0, (soon - datetime.now(UTC)).total_seconds()) + 0.01)
    assert await expire_due_holds(pool) == 1


async def _settle_agency(pool: Pool) -> None:
    await _settle(
        pool,
        AGENCY,
        (contribution("PERSON1", 0, kind="carry_over"), "settled"),
        (contribution("PERSON4", 10, kind="claw_back"), "settled"),  # carries over
        (contribution("PERSON4", 20, kind="adjustment", direction="debit"), "settled"),
        (contribution("PERSON4", 30, kind="adjustment", direction="credit"), "settled"),
        (contribution("PERSON4", 40, kind="retiree_credit"), "settled"),
        (contribution("PERSON4", 5, kind="interest"), "settled"),
        (contribution("PERSON4", 10**9, kind="claw_back"), "declined insufficient_funds"),
        (payment(person_no="PERSON4", amount=50, metadata={"药": "a|b~c"}), "settled"),
    )
