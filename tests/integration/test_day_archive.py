"""Sealed days as files: proved against everything that they must agree with, and brought back to the last byte."""

from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from signal import SIGKILL
from subprocess import CompletedProcess
from typing import Any

import orjson
import pytest
from app.clearing.day_archive.archive import MANIFEST, create, restore, verify
from app.clearing.day_archive.tables import TABLES
from app.database import Connection, Pool, connect
from app.errors import UsageError
from app.ledger import bookings
from app.ledger.business_days import BusinessDays
from app.ledger.journal import OpenBatch, open_batch
from app.settlement.feed.projector import catch_up
from app.verify import verify as verify_ledger
from tests.builders import PHARMACY, Database, follow_up, payment
from tests.clearing_days import make_day, open_places, post_on, post_yesterday, seal, yesterday
from tests.commands import medsettle


@pytest.fixture
async def own(database: Database) -> AsyncIterator[Connection]:
    """A connection as the command has it."""
    connection = await connect(database.app_url, application_name="tests")
    yield connection
    await connection.close()


@pytest.fixture
async def day(pool: Pool, owner: Any, database: Database, monkeypatch: pytest.MonkeyPatch) -> date:
    """Yesterday, sealed and told, with settlements of many forms and the payouts of the day before it."""
    await open_places(pool)
    before = yesterday() - timedelta(days=1)
    await make_day(owner, before)

    async def opened_yesterday(connection: Connection, days: BusinessDays) -> OpenBatch:
        return (await open_batch(connection, days))._replace(business_day=yesterday())

    await post_on(pool, before, payment(amount=900))
    with monkeypatch.context() as patch:
        patch.setattr(bookings, "open_batch", opened_yesterday)
        await seal(database, before)
    paid = payment(amount=3_000, metadata={"药": "a|b~\\c"}, occurred_at=datetime(2026, 1, 2, 3, 4, 5, 67, tzinfo=UTC))
    await post_yesterday(pool, paid, payment(institution=PHARMACY, amount=70, med_type="41"))
    await post_yesterday(pool, follow_up("refund", paid, amount=1_000), payment(person_no="STRANGER"))
    await catch_up(pool)
    await seal(database)
    await pool.execute("UPDATE ledger.batches SET published_at = clock_timestamp() WHERE published_at IS NULL")
    return yesterday()


async def _rows(pool: Pool, day: date) -> dict[str, list[str]]:
    """All rows of the day as texts."""
    return {
        table.name: [
            row["row"]
            for row in await pool.fetch(
                f"SELECT t::text AS row FROM {table.schema}.{table.name} AS t WHERE business_day = $1 ORDER BY 1", day
            )
        ]
        for table in TABLES
    }


async def _lose(owner: Any, day: date) -> None:
    """As only the owner of the tables can."""
    for schema, name in (("settlement", "settlements"), ("ledger", "transfers"), ("settlement", "feed")):
        await owner.execute(f"DROP TABLE {schema}.{name}_{day:%Y%m%d}")
    for name in ("batches", "bookings"):
        await owner.execute(f"DELETE FROM ledger.{name} WHERE business_day = $1", day)


def _archive(database: Database, *words: str, failpoint: str = "") -> CompletedProcess[str]:
    return medsettle("archive", *words, on=database, MEDSETTLE_FAILPOINT=failpoint)


async def test_a_lost_day_comes_back_byte_for_byte(
    own: Connection, pool: Pool, owner: Any, database: Database, day: date, tmp_path: Path
) -> None:
    before = await _rows(pool, day)
    assert all(before.values()), "each table has rows to lose"
    await create(own, day, tmp_path, operator="c1")
    await _lose(owner, day)
    assert (await verify_ledger(database.app_url)).violations
    brought = await restore(own, day, tmp_path)
    assert brought == {name: len(rows) for name, rows in before.items()}
    assert await _rows(pool, day) == before
    assert (await verify_ledger(database.app_url)).violations == []


async def test_the_manifest_tells_rows_and_sums_in_fen(own: Connection, day: date, tmp_path: Path) -> None:
    told = (await create(own, day, tmp_path, operator="c1"))["tables"]
    opening = 2 * 1_000_000
    assert told["settlements"]["rows"] == 2 + 4
    assert told["settlements"]["sums"]["amount"] == opening + 3_000 + 70 + 1_000 + 1_000
    assert told["settlements"]["sums"]["account_paid"] == await own.fetchval(
        "SELECT sum(account_paid) FROM settlement.settlements WHERE business_day = $1", day
    )


async def test_a_table_that_is_there_is_left_alone(
    own: Connection, pool: Pool, owner: Any, day: date, tmp_path: Path
) -> None:
    before = await _rows(pool, day)
    await create(own, day, tmp_path, operator="c1")
    await owner.execute("DELETE FROM ledger.transfers WHERE business_day = $1", day)
    brought = await restore(own, day, tmp_path)
    assert {name for name, count in brought.items() if count} == {"transfers"}
    assert await _rows(pool, day) == before


async def test_only_a_sealed_day_that_was_told_is_archived(
    own: Connection, pool: Pool, day: date, tmp_path: Path
) -> None:
    with pytest.raises(UsageError, match="is not sealed"):
        await create(own, day + timedelta(days=1), tmp_path, operator="c1")
    await pool.execute("UPDATE ledger.batches SET published_at = NULL WHERE business_day = $1", day)
    with pytest.raises(UsageError, match="not told yet"):
        await create(own, day, tmp_path, operator="c1")
    assert not [each for each in tmp_path.iterdir() if not each.name.startswith(".")]


async def test_any_flipped_byte_of_any_file_is_found(own: Connection, day: date, tmp_path: Path) -> None:
    await create(own, day, tmp_path, operator="c1")
    assert await verify(own, day, tmp_path) == []
    for path in sorted((tmp_path / f"{day}").iterdir()):
        content = path.read_bytes()
        for place in range(0, len(content), max(1, len(content) // 6)):
            path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
            assert await verify(own, day, tmp_path), f"{path.name}, byte {place}"
        with pytest.raises(UsageError, match="Nothing is restored"):
            await restore(own, day, tmp_path)
        path.write_bytes(content)
    assert await verify(own, day, tmp_path) == []


async def test_a_manifest_that_was_made_to_suit_other_rows_is_found(own: Connection, day: date, tmp_path: Path) -> None:
    await create(own, day, tmp_path, operator="c1")
    path = tmp_path / f"{day}" / MANIFEST
    manifest = orjson.loads(path.read_bytes())
    path.write_bytes(orjson.dumps({**manifest, "made_at": "another time"}))
    assert await verify(own, day, tmp_path) == [f"{MANIFEST} is not the one that was recorded"]


async def test_rows_that_were_changed_in_the_database_are_found(
    own: Connection, owner: Any, day: date, tmp_path: Path
) -> None:
    await create(own, day, tmp_path, operator="c1")
    await owner.execute("UPDATE ledger.transfers SET amount = amount + 1 WHERE business_day = $1", day)
    assert await verify(own, day, tmp_path) == [f"ledger.transfers has other rows of {day} than transfers.parquet"]
    with pytest.raises(UsageError, match="Nothing is restored"):
        await restore(own, day, tmp_path)


async def test_a_day_that_is_not_what_it_was_sealed_as_is_not_archived(
    own: Connection, owner: Any, day: date, tmp_path: Path
) -> None:
    await owner.execute("UPDATE ledger.batches SET chain_hash = sha256('x') WHERE business_day = $1", day)
    with pytest.raises(UsageError, match="not what it was sealed as"):
        await create(own, day, tmp_path, operator="c1")


@pytest.mark.parametrize("failpoint", ["archive.written", "archive.named"])
async def test_a_killed_archive_is_made_by_the_next_run(
    pool: Pool, database: Database, day: date, tmp_path: Path, failpoint: str
) -> None:
    words = ("create", f"{day}", "--directory", f"{tmp_path}", "--operator", "c1")
    assert _archive(database, *words, failpoint=failpoint).returncode == -SIGKILL
    assert await pool.fetchval("SELECT count(*) FROM clearing.archives") == 0
    done = _archive(database, *words)
    assert (done.returncode, done.stdout.count("is archived and reads back")) == (0, 1), done.stderr
    proved = _archive(database, "verify", f"{day}", "--directory", f"{tmp_path}")
    assert (proved.returncode, proved.stdout) == (0, f"the archive of {day} is whole\n")
    assert f"{day} by c1" in _archive(database, "list").stdout


async def test_a_killed_restore_leaves_nothing_and_is_run_again(
    pool: Pool, owner: Any, database: Database, day: date, tmp_path: Path
) -> None:
    words = (f"{day}", "--directory", f"{tmp_path}", "--operator", "c1")
    assert _archive(database, "create", *words).returncode == 0
    before = await _rows(pool, day)
    await _lose(owner, day)
    assert _archive(database, "restore", *words, failpoint="archive.loaded").returncode == -SIGKILL
    assert await pool.fetchval("SELECT count(*) FROM ledger.batches WHERE business_day = $1", day) == 0
    done = _archive(database, "restore", *words)
    assert (done.returncode, "came back" in done.stdout) == (0, True), done.stderr
    assert await _rows(pool, day) == before
    assert (await verify_ledger(database.app_url)).violations == []
