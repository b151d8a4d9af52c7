"""Whatever of a settlement file is tampered with, `verify` names the file."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from app.database import Connection, Pool
from app.verify import verify
from tests.builders import HOSPITAL, PHARMACY, Database, Databases, payment
from tests.clearing_days import made_once, open_places, post_yesterday, seal, yesterday
from tests.filing import tell_banks, write


async def _file_a_day(database: Database, pool: Pool, _: Connection) -> None:
    """Yesterday, filed with two banks."""
    await open_places(pool)
    await tell_banks(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    await write(database)


@pytest.fixture(scope="module")
async def filed_day(databases: Databases) -> AsyncIterator[Database]:
    async with made_once(databases, _file_a_day) as database:
        yield database


@pytest.fixture
async def database(databases: Databases, filed_day: Database) -> AsyncIterator[Database]:
    async with databases(of=filed_day) as database:
        yield database


_PAYMENT = "file_id LIKE '%BANK01_payment%'"
_BYTES = f"UPDATE clearing.file_chunks SET content = set_byte(content, 9, get_byte(content, 9) # 1) WHERE {_PAYMENT};"
_BYTES_AND_DIGEST = f"""
{_BYTES}
UPDATE clearing.files SET sha256 = (SELECT sha256(content) FROM clearing.file_chunks AS c WHERE c.{_PAYMENT})
WHERE {_PAYMENT}
"""
_PAYMENT_FILE = "BANK01_payment_v1.txt"
_MANIFEST_FILE = "BANK01_manifest_v1.json"


@pytest.mark.parametrize(
    ("sql", "broken"),
    [
        (_BYTES, {f"contents: {_PAYMENT_FILE}"}),
        (f"DELETE FROM clearing.file_chunks WHERE {_PAYMENT}", {f"contents: {_PAYMENT_FILE}"}),
        (f"INSERT INTO clearing.file_chunks SELECT file_id, 1, 'x' FROM clearing.files WHERE {_PAYMENT}",
         {f"contents: {_PAYMENT_FILE}"}),
        (f"UPDATE clearing.file_chunks SET chunk_no = 1 WHERE {_PAYMENT}", {f"contents: {_PAYMENT_FILE}"}),
        (f"UPDATE clearing.file_chunks SET content = substr(content, 2) WHERE {_PAYMENT}",
         {f"contents: {_PAYMENT_FILE}"}),
        (f"UPDATE clearing.files SET size = size + 1 WHERE {_PAYMENT}",
         {f"contents: {_PAYMENT_FILE}", f"contents: {_MANIFEST_FILE}"}),
        (f"UPDATE clearing.files SET signature = NULL, key_id = NULL WHERE {_PAYMENT}", {f"files: {_PAYMENT_FILE}"}),
        (f"UPDATE clearing.files SET credits = credits + 1 WHERE {_PAYMENT}",
         {f"files: {_PAYMENT_FILE}", f"contents: {_MANIFEST_FILE}"}),
        # Bytes that were changed with their digest are betrayed by the manifest.
        (_BYTES_AND_DIGEST, {f"contents: {_MANIFEST_FILE}"}),
        (f"DELETE FROM clearing.file_chunks WHERE {_PAYMENT}; DELETE FROM clearing.files WHERE {_PAYMENT}",
         {f"contents: {_MANIFEST_FILE}", "files: of bank BANK01 on today"}),
        ("UPDATE clearing.lines SET amount = amount + 1 WHERE bank = 'BANK01'",
         {f"files: {_PAYMENT_FILE}", f"files: {_MANIFEST_FILE}"}),
        ("UPDATE clearing.lines SET bank = 'BANK02'",
         {f"files: {_PAYMENT_FILE}", f"files: {_MANIFEST_FILE}", "files: BANK02_payment_v1.xml",
          "files: BANK02_manifest_v1.json"}),
        ("UPDATE clearing.totals SET refunds = 1 WHERE debits = 70",
         {f"files: BANK02_detail_{PHARMACY}_v1.csv.gz", f"files: BANK02_detail_{PHARMACY}_v1.parquet"}),
    ],
)  # fmt: skip
async def test_a_file_that_was_changed_is_named(database: Database, owner: Any, sql: str, broken: set[str]) -> None:
    await owner.execute(sql)
    report = await verify(database.app_url)
    day = yesterday()
    found = {
        f"{each.check}: {each.row.removeprefix('file ').removeprefix(f'{day:%Y%m%d}_').replace(str(day), 'today')}"
        for each in report.violations
        if each.check in ("files", "contents")
    }
    assert found == broken


async def test_a_file_that_is_not_there_although_its_day_is_filed_is_named(database: Database, owner: Any) -> None:
    await owner.execute(
        "UPDATE clearing.files SET written_at = NULL, size = NULL, sha256 = NULL, signature = NULL, key_id = NULL"
        f" WHERE institution = '{HOSPITAL}' AND kind = 'detail_csv'"
    )
    [csv, manifest] = (await verify(database.app_url)).violations
    assert (csv.check, csv.detail) == ("files", "is not written and its day is filed")
    assert manifest.row.endswith(_MANIFEST_FILE)
