"""Whatever of a sealed day, its totals, positions, lines and bookings is tampered with, `verify` finds it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from app.database import Connection, Pool
from tests.builders import HOSPITAL, PHARMACY, Database, Databases, follow_up, payment
from tests.clearing_days import made_once, make_day, open_places, post_on, post_today, post_yesterday, seal, yesterday
from tests.integration.tampering import CHANGED, LOOSE, Broken


async def _seal_two_days(database: Database, pool: Pool, owner: Connection) -> None:
    """Two sealed days: HOSPITAL was held over on the first one, and PHARMACY's net is negative on the second."""
    await open_places(pool)
    day = yesterday() - timedelta(days=1)
    await make_day(owner, day)
    bought = payment(institution=PHARMACY, amount=70)
    await owner.execute("UPDATE parties.institutions SET payee_account = '' WHERE institution = $1", HOSPITAL)
    await post_on(pool, day, payment(amount=3_000), bought)
    await seal(database, day)
    await owner.execute("UPDATE parties.institutions SET payee_account = '62' WHERE institution = $1", HOSPITAL)
    await post_yesterday(pool, payment(amount=500), follow_up("refund", bought))
    await seal(database)
    await post_today(pool, payment(amount=1))


@pytest.fixture(scope="module")
async def sealed_days(databases: Databases) -> AsyncIterator[Database]:
    async with made_once(databases, _seal_two_days) as database:
        yield database


@pytest.fixture
async def database(databases: Databases, sealed_days: Database) -> AsyncIterator[Database]:
    async with databases(of=sealed_days) as database:
        yield database


_FORGED_BOOKING = """
INSERT INTO ledger.bookings SELECT batch_id, business_day, 9, bucket, purpose, 'forged' FROM ledger.bookings LIMIT 1
"""


@pytest.mark.parametrize(
    ("sql", "checks"),
    [
        ("UPDATE settlement.settlements SET account_paid = 501, amount = 501 WHERE amount = 500", {"totals", "tree"}),
        ("UPDATE ledger.transfers SET amount = 501 WHERE amount = 500", {"net", "tree"}),
        ("UPDATE ledger.batches SET business_day = business_day - 1 WHERE business_day = current_date", {"days"}),
        ("DELETE FROM ledger.batches WHERE batch_id = (SELECT max(batch_id) FROM settlement.settlements)", {"heads"}),
        ("DELETE FROM clearing.seals WHERE business_day = (SELECT min(business_day) FROM clearing.seals)", {"days"}),
        ("DELETE FROM clearing.seals", {"days"}),
        ("DELETE FROM ledger.closed_days", {"days"}),
        ("DELETE FROM ledger.bookings WHERE reference LIKE '%1'", {"lines", "tree", "strays"}),
        ("UPDATE ledger.bookings SET reference = reference || 'x'", {"lines", "tree"}),
        (_FORGED_BOOKING, {"lines", "tree", "positions"}),
    ],
)  # fmt: skip
async def test_a_sealed_day_that_was_changed_is_found(broken: Broken, owner: Any, sql: str, checks: set[str]) -> None:
    await owner.execute(LOOSE)
    await owner.execute("ALTER TABLE clearing.seals DROP CONSTRAINT seals_business_day_fkey CASCADE")
    await owner.execute(sql)
    found = await broken()
    assert checks <= found


TABLES = ("clearing.seals", "clearing.totals", "clearing.positions", "clearing.lines")
#: What is said and proved by nothing else.
_UNPROVED = {"clearing.lines": {"payee_name", "payee_account"}}


@pytest.mark.parametrize("table", TABLES)
async def test_every_column_is_proved(broken: Broken, owner: Any, table: str) -> None:
    await owner.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    for (name,) in await owner.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype IN ('c', 'p', 'f')", table
    ):
        await owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")
    columns = await owner.fetch(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    unproved = set()
    for name, kind in columns:
        await owner.execute(
            f"UPDATE {table} SET {name} = {CHANGED[kind].format(name)} WHERE ctid = (SELECT min(ctid) FROM {table})"
        )
        if not await broken():
            unproved.add(name)
        await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept")
    assert unproved == _UNPROVED.get(table, set())
    assert await broken() == set()


@pytest.mark.parametrize("table", TABLES)
async def test_every_row_is_missed(broken: Broken, owner: Any, table: str) -> None:
    await owner.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    for place in [place for (place,) in await owner.fetch("SELECT ctid::text FROM kept")]:
        await owner.execute(
            f"DELETE FROM {table} AS t USING kept AS k WHERE k.ctid = '{place}' AND (t.*) IS NOT DISTINCT FROM (k.*)"
        )
        assert await broken(), place
        await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept")


async def test_the_application_may_not_tamper(pool: Pool) -> None:
    for table in (*TABLES, "ledger.closed_days", "ledger.cut_offs", "ledger.bookings", "clearing.netting_rules"):
        column = await pool.fetchval(
            "SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", table
        )
        for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET {column} = {column}"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(sql)
