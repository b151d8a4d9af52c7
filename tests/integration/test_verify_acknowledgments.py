"""Whatever of acknowledgments, results, returns and lines drawn again is tampered with, `verify` finds it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import asyncpg
import pytest
from app.codes import Code
from app.database import Connection, Pool
from tests.acknowledging import answer, return_file, send_file, status_report
from tests.builders import HOSPITAL, PHARMACY, Database, Databases, payment
from tests.clearing_days import made_once, make_day, open_places, post_on, post_yesterday, seal, yesterday
from tests.filing import tell_banks
from tests.integration.tampering import CHANGED, LOOSE, Broken

_FIRST = yesterday() - timedelta(days=1)


async def _acknowledge_a_day(database: Database, pool: Pool, owner: Connection) -> None:
    """An acknowledged day of two banks, and one filed behind it.

    HOSPITAL's line failed, after an acknowledgment that was refused, and is drawn again; PHARMACY's was paid and came
    back, after its line of yesterday was drawn.
    """
    await open_places(pool)
    await tell_banks(pool)
    await make_day(owner, _FIRST)
    await post_on(pool, _FIRST, payment(amount=3_000), payment(amount=70, institution=PHARMACY))
    await seal(database, _FIRST)
    text = await send_file(pool, database, day=_FIRST)
    assert (await answer(database, text, b"0")).code == Code.ACKNOWLEDGMENT_INVALID
    assert (await answer(database, text, return_file(text, "1", text.lines, code="H059"))).code == Code.OK
    await post_yesterday(pool, payment(amount=20, institution=PHARMACY))
    await seal(database)
    xml = await send_file(pool, database, "BANK02", _FIRST)
    for report in (
        status_report(xml, "ACSC"),
        status_report(xml, None, [(line.line_id, "RJCT") for line in xml.lines]),
    ):
        assert (await answer(database, xml, report)).code == Code.OK
    again = await send_file(pool, database)
    assert (await answer(database, again, return_file(again, "0", again.lines))).code == Code.OK
    states = await owner.fetch("SELECT state FROM clearing.business_days ORDER BY business_day")
    assert [state for (state,) in states] == ["acknowledged", "filed"]


@pytest.fixture(scope="module")
async def acknowledged_day(databases: Databases) -> AsyncIterator[Database]:
    async with made_once(databases, _acknowledge_a_day) as database:
        yield database


@pytest.fixture
async def database(databases: Databases, acknowledged_day: Database) -> AsyncIterator[Database]:
    async with databases(of=acknowledged_day) as database:
        yield database


_FAILED = "(SELECT min(ack_id) FROM clearing.line_results WHERE outcome = 'failed')"
_FORGED_RETURN = """
INSERT INTO ledger.bookings SELECT batch_id, business_day, 9, bucket, purpose, 'forged' FROM ledger.bookings
WHERE purpose = 'payout_return' LIMIT 1
"""
_FORGED_ACKNOWLEDGMENT = """
INSERT INTO clearing.acknowledgments (file_id, form, sha256, content, code, received_by, paid_count, paid, first_count)
SELECT file_id, form, sha256('x'), 'x', 'ok', 'BANK01', 1, 70, 1 FROM clearing.acknowledgments LIMIT 1
"""
_PAID_AFTER_FAILED = f"""
INSERT INTO clearing.line_results SELECT business_day, line_no, 'paid', code, reason, ack_id
FROM clearing.line_results WHERE ack_id = {_FAILED}
"""
_OTHER_FILE = """
UPDATE clearing.line_results SET ack_id = (
    SELECT a.ack_id FROM clearing.acknowledgments AS a JOIN clearing.files AS f USING (file_id)
    WHERE f.bank = 'BANK02' AND a.paid_count = 1
) WHERE outcome = 'failed'
"""
_AGAIN_OF_PAID = """
UPDATE clearing.lines AS l SET reissue_of_day = NULL, reissue_of_no = NULL
WHERE reissue_of_no IS NOT NULL AND institution = 'H00000000001'
"""
_TWICE = """
INSERT INTO clearing.lines
SELECT business_day, 9, bank, institution, amount, payee_name, payee_account, reissue_of_day, reissue_of_no
FROM clearing.lines WHERE reissue_of_no IS NOT NULL LIMIT 1
"""
_NOT_FAILED = """
DELETE FROM clearing.line_results
WHERE outcome = 'failed' AND business_day = (SELECT min(business_day) FROM clearing.line_results)
"""
_RETURN_OF_ANOTHER = "UPDATE ledger.bookings SET reference = reference || 'x' WHERE purpose = 'payout_return'"
_BOOKED_AS_RETURN = """
UPDATE ledger.bookings SET purpose = 'payout_return', reference = reference || 'x' WHERE purpose = 'payout'
"""
_OTHER_BYTES = """
UPDATE clearing.acknowledgments SET content = content || 'x', sha256 = sha256(content || 'x') WHERE code = 'ok'
"""


@pytest.mark.parametrize(
    ("sql", "checks"),
    [
        ("DELETE FROM ledger.bookings WHERE purpose = 'payout_return'", {"returned", "tree", "strays"}),
        (_RETURN_OF_ANOTHER, {"returned", "tree"}),
        (_BOOKED_AS_RETURN, {"returned", "lines", "tree"}),
        (_FORGED_RETURN, {"returned", "tree", "positions"}),
        ("UPDATE ledger.transfers SET amount = 3001 WHERE amount = 3000", {"returned", "lines", "tree"}),
        (_NOT_FAILED, {"acks", "said", "again", "acked"}),
        (_PAID_AFTER_FAILED, {"acks", "results", "said"}),
        (_OTHER_FILE, {"acks", "results", "said"}),
        (_FORGED_ACKNOWLEDGMENT, {"acks", "said"}),
        ("UPDATE clearing.acknowledgments SET paid = paid + 1 WHERE paid_count = 1", {"acks"}),
        ("UPDATE clearing.acknowledgments SET code = 'line_unknown' WHERE failed_count = 1", {"acks"}),
        (_OTHER_BYTES, {"said"}),
        ("UPDATE clearing.acknowledgments SET returned_at = NULL WHERE failed_count = 0 AND code = 'ok'", {"acks"}),
        ("UPDATE clearing.lines SET reissue_of_no = 9 WHERE reissue_of_no IS NOT NULL", {"again"}),
        ("UPDATE clearing.lines SET reissue_of_no = 2 WHERE reissue_of_no = 1", {"again"}),
        (_AGAIN_OF_PAID, {"lines"}),
        (_TWICE, {"again", "lines"}),
        ("UPDATE clearing.lines SET amount = 2999 WHERE reissue_of_no IS NOT NULL", {"again", "lines"}),
        (f"UPDATE clearing.lines SET institution = '{PHARMACY}' WHERE institution = '{HOSPITAL}'", {"lines"}),
        ("UPDATE clearing.business_days SET state = 'acknowledged'", {"acked"}),
    ],
)  # fmt: skip
async def test_what_banks_said_and_what_followed_is_proved(
    broken: Broken, owner: Any, sql: str, checks: set[str]
) -> None:
    await owner.execute(LOOSE)
    await owner.execute("ALTER TABLE clearing.lines DROP CONSTRAINT line_reissued_once")
    await owner.execute("ALTER TABLE clearing.lines DROP CONSTRAINT line_points_to_a_line")
    await owner.execute(sql)
    found = await broken()
    assert checks <= found


TABLES = ("clearing.acknowledgments", "clearing.line_results")
#: What is said and proved by nothing else.
_UNPROVED = {"clearing.acknowledgments": {"received_by", "received_at", "returned_at"}}
#: Rows that tell of something; those that were refused, and those that brought nothing new, do not.
_TELLING = {"clearing.acknowledgments": "first_count + failed_count > 0", "clearing.line_results": "true"}


async def _keep(owner: Any, table: str) -> None:
    await owner.execute("ALTER TABLE clearing.acknowledgments ALTER ack_id DROP IDENTITY")
    await owner.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    for (name,) in await owner.fetch(
        "SELECT conname FROM pg_constraint WHERE conrelid = $1::text::regclass AND contype IN ('c', 'p', 'f', 'u')",
        table,
    ):
        await owner.execute(f"ALTER TABLE {table} DROP CONSTRAINT {name} CASCADE")


@pytest.mark.parametrize("table", TABLES)
async def test_every_column_is_proved(broken: Broken, owner: Any, table: str) -> None:
    await _keep(owner, table)
    columns = await owner.fetch(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    unproved = set()
    for name, kind in columns:
        await owner.execute(
            f"UPDATE {table} SET {name} = {CHANGED[kind].format(name)}"
            f" WHERE ctid = (SELECT min(ctid) FROM {table} WHERE {_TELLING[table]})"
        )
        if not await broken():
            unproved.add(name)
        await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept")
    assert unproved == _UNPROVED.get(table, set())
    assert await broken() == set()


@pytest.mark.parametrize("table", TABLES)
async def test_every_row_is_missed(broken: Broken, owner: Any, table: str) -> None:
    await _keep(owner, table)
    places = await owner.fetch(f"SELECT ctid::text FROM kept WHERE {_TELLING[table]}")
    assert len(places) == 4
    for (place,) in places:
        await owner.execute(
            f"DELETE FROM {table} AS t USING kept AS k WHERE k.ctid = '{place}' AND (t.*) IS NOT DISTINCT FROM (k.*)"
        )
        assert await broken(), place
        await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept")


async def test_the_application_may_not_tamper(pool: Pool) -> None:
    for table in TABLES:
        for sql in (f"DELETE FROM {table}", f"TRUNCATE {table}", f"UPDATE {table} SET code = code"):
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                await pool.execute(sql)
