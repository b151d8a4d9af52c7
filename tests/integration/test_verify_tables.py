"""Nothing stands in the tables of holds, returns, tombstones and days at pharmacies that is not proved."""

from typing import TypeAlias

import asyncpg
import pytest
from app.database import connect, open_pool
from app.settlement.feed.projector import catch_up
from tests.builders import HOSPITAL, Database
from tests.integration.tampering import CHANGED, HOLDS, PAYMENTS, of, verifier

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

TABLES = {
    "settlement.holds": of(12, HOLDS),
    "settlement.hold_entries": "entry_id = 7",
    "settlement.returns": of(3, PAYMENTS),
    "settlement.tombstones": "late_batch_id IS NOT NULL",
    "settlement.pharmacy_days": "true",
    "settlement.feed": f"institution = '{HOSPITAL}'",
    "settlement.feed_days": f"institution = '{HOSPITAL}'",
    "settlement.feed_heads": f"institution = '{HOSPITAL}'",
    "settlement.feed_lanes": "lane = 255",
}


#: Of 256 lanes most stand empty and are alike.
TRIED = {"settlement.feed_lanes": "height > 0 OR lane % 32 = 0"}


@pytest.fixture
async def every_kind(every_kind: Database) -> Database:
    """With its feeds."""
    async with await open_pool(every_kind.app_url, size_max=1, application_name="tests") as pool:
        await catch_up(pool)
    return every_kind


async def _keep(owner: Owner, table: str) -> None:
    """Take a copy and let anything be written; what the table itself refuses needs no proof."""
    await owner.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    for (name,) in await owner.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype = 'c'", table
    ):
        await owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name}")


async def _mend(owner: Owner, table: str) -> None:
    await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} OVERRIDING SYSTEM VALUE SELECT * FROM kept")


@pytest.mark.parametrize("table", TABLES)
async def test_every_column_is_proved(every_kind: Database, table: str) -> None:
    owner = await connect(every_kind.owner_url, application_name="tests")
    await _keep(owner, table)
    columns = await owner.fetch(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped AND attidentity = ''",
        table,
    )
    unproved = []
    async with verifier(every_kind) as verified:
        for name, kind in columns:
            await owner.execute(f"UPDATE {table} SET {name} = {CHANGED[kind].format(name)} WHERE {TABLES[table]}")
            if (await verified()).ok:
                unproved.append(name)
            await _mend(owner, table)
        assert (await verified()).ok
    await owner.close()
    assert unproved == []


@pytest.mark.parametrize("table", TABLES)
async def test_every_row_is_missed(every_kind: Database, table: str) -> None:
    owner = await connect(every_kind.owner_url, application_name="tests")
    await _keep(owner, table)
    rows = [place for (place,) in await owner.fetch(f"SELECT ctid::text FROM kept WHERE {TRIED.get(table, 'true')}")]
    assert rows
    async with verifier(every_kind) as verified:
        for place in rows:
            await owner.execute(
                f"DELETE FROM {table} AS t USING kept AS k"
                f" WHERE k.ctid = '{place}' AND (t.*) IS NOT DISTINCT FROM (k.*)"
            )
            assert not (await verified()).ok, place
            await _mend(owner, table)
    await owner.close()


async def test_the_application_may_not_tamper(every_kind: Database) -> None:
    connection = await connect(every_kind.owner_url, application_name="tests")
    await connection.execute("SET ROLE medsettle_app")
    unchangeable = {
        "settlement.holds": ("message_key", "account_id", "amount", "expires_at", "bucket"),
        "settlement.hold_entries": ("message_key", "account_id", "change", "happened_at"),
        "settlement.returns": ("message_key", "amount"),
        "settlement.tombstones": ("message_key",),
        "settlement.pharmacy_days": ("account_id", "business_day"),
        "settlement.feed": ("institution", "last_no", "business_day", "first_settled_at", "last_settled_at", "places"),
        "settlement.feed_days": ("institution", "business_day", "first_no"),
        "settlement.feed_heads": ("institution",),
        "settlement.feed_lanes": ("lane",),
    }
    for table, columns in unchangeable.items():
        for sql in (
            f"DELETE FROM {table}",
            f"TRUNCATE {table}",
            *(f"UPDATE {table} SET {column} = {column}" for column in columns),
        ):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await connection.execute(sql)
    await connection.close()
