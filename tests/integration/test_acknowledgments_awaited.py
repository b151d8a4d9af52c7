"""Which payment files wait for an acknowledgment, and for how many banking days."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from app import metrics
from app.clearing import gauges
from app.clearing.acknowledgments.overview import list_acknowledgments, waiting_files
from app.config import ZONE
from app.database import Pool
from tests.acknowledging import SentFile, answer, return_file, send_file, status_report
from tests.builders import MIDNIGHT, PHARMACY, Database, add_institution, payment
from tests.clearing_days import open_places, post_yesterday, seal, today
from tests.filing import tell_banks

CLINIC = "K00000000003"


@pytest.fixture
async def file(pool: Pool, database: Database) -> SentFile:
    """BANK01's file of two lines; BANK02 has one of one line."""
    await open_places(pool)
    await add_institution(pool, CLINIC, bank="BANK01")
    await pool.execute("UPDATE parties.institutions SET payee_account = '62' || institution")
    await tell_banks(pool)
    await post_yesterday(
        pool, payment(amount=3_000), payment(amount=500, institution=CLINIC), payment(amount=70, institution=PHARMACY)
    )
    await seal(database)
    return await send_file(pool, database)


async def _waiting(pool: Pool) -> list[tuple[str, int]]:
    async with pool.acquire() as connection:
        return [(file.bank, file.lines) for file in await waiting_files(connection)]


async def test_a_file_waits_until_each_of_its_lines_has_a_result(
    pool: Pool, database: Database, file: SentFile
) -> None:
    assert sorted(await _waiting(pool)) == [("BANK01", 2), ("BANK02", 1)]
    await answer(database, file, return_file(file, "0", [file.lines[0]]))
    await answer(database, file, return_file(file, "1", [file.lines[0]], code="bounced"))
    assert sorted(await _waiting(pool)) == [("BANK01", 1), ("BANK02", 1)]
    await answer(database, file, return_file(file, "1", [file.lines[1]]))
    assert await _waiting(pool) == [("BANK02", 1)]


async def test_its_age_is_told_in_banking_days(pool: Pool, owner: Any, database: Database, file: SentFile) -> None:
    """Four days, of which the calendar has one closed."""
    for ago in range(4):
        await owner.execute(
            "INSERT INTO clearing.calendar_days (day, is_banking_day, filed_by) VALUES ($1, $2, 'c1')",
            today() - timedelta(days=ago), ago != 1,
        )  # fmt: skip
    await owner.execute(
        "UPDATE clearing.files SET written_at = $1",
        datetime.combine(today() - timedelta(days=4), datetime.min.time(), ZONE),
    )
    async with pool.acquire() as connection:
        assert {each.banking_days for each in await waiting_files(connection)} == {3}


async def test_operators_see_how_many_lines_wait_and_for_how_long(
    pool: Pool, owner: Any, database: Database, file: SentFile
) -> None:
    await owner.execute("UPDATE clearing.files SET written_at = written_at - interval '8 days'")
    async with pool.acquire() as connection:
        await gauges._read(connection, MIDNIGHT)
    assert metrics.LINES_UNACKNOWLEDGED._value.get() == 3
    assert metrics.FILE_UNACKNOWLEDGED._value.get() >= 5
    other = await send_file(pool, database, "BANK02")
    for each in (file, other):
        await answer(
            database, each, return_file(each, "0", each.lines) if each is file else status_report(each, "ACSC")
        )
    async with pool.acquire() as connection:
        await gauges._read(connection, MIDNIGHT)
    assert metrics.LINES_UNACKNOWLEDGED._value.get() == 0
    assert metrics.FILE_UNACKNOWLEDGED._value.get() == 0


async def test_acknowledgments_are_listed_newest_first_those_that_were_refused_too(
    pool: Pool, database: Database, file: SentFile
) -> None:
    refused = await answer(database, file, b"0")
    taken = await answer(database, file, return_file(file, "1", file.lines))
    async with pool.acquire() as connection:
        found = await list_acknowledgments(connection, bank="BANK01")
        assert [(each.ack_id, each.code, each.failed) for each in found] == [
            (taken.ack_id, "ok", 3_500), (refused.ack_id, "acknowledgment_invalid", 0),
        ]  # fmt: skip
        assert found == await list_acknowledgments(connection, file_id=file.file_id)
        assert await list_acknowledgments(connection, bank="BANK01", before=taken.ack_id) == found[1:]
        assert await list_acknowledgments(connection, bank="BANK02") == []
