"""Uploads, runs and their results: nothing half-loaded, a killed run is compared again, totals, the result file."""

import asyncio
import io
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import pytest
from app.clearing.reconciliation.breaks import check_break, open_breaks
from app.clearing.reconciliation.desk import reconcile_details, reconcile_totals, settled_run
from app.clearing.reconciliation.result_file import WIDE_RESULTS, write_result
from app.clearing.reconciliation.runner import compare_waiting
from app.clearing.reconciliation.runs import list_runs, read_run
from app.clearing.reconciliation.scope import Scope, Stated
from app.clearing.reconciliation.session import session
from app.clearing.reconciliation.totals import compare_totals
from app.clearing.reconciliation.uploads import drop_unused, take_in
from app.database import Pool, connect
from app.errors import DatabaseUnavailable, Overloaded, Refused
from tests.builders import HOSPITAL, PHARMACY, Database, add_institution, add_person, payment
from tests.commands import medsettle
from tests.harness import eventually
from tests.kinds import Owner, outcomes
from tests.reconciling import (
    MIDNIGHT,
    UploadedRow,
    archive_of,
    found_in,
    reconciled,
    rows_of,
    scope_of,
    today,
    zipped,
)


@pytest.fixture
async def day(pool: Pool) -> Sequence[UploadedRow]:
    """Three payments at HOSPITAL of today."""
    await add_institution(pool, HOSPITAL)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, "P1", balance=10_000)
    return await rows_of(pool, *(payment(amount=fen, med_type="11") for fen in (1_000, 2_000, 3_000)))


async def upload_tables(pool: Pool) -> list[str]:
    return [
        name
        for (name,) in await pool.fetch(
            "SELECT relname FROM pg_class WHERE relname ~ '^upload_[0-9]+$' AND relkind = 'r' ORDER BY relname"
        )
    ]


async def uploaded(database: Database, rows: Sequence[UploadedRow], institution: str = HOSPITAL) -> int:
    upload = await take_in(database.app_url, institution, archive_of(rows), received_by="tests")
    assert upload.row_count == len(rows)
    return upload.upload_id


# Uploads


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("{good}{good}", "file_row_repeated"),
        ("{good}bad\n", "file_columns_invalid"),
        ("{good}X\tnull\tP1\t1.234\t0\t0\t0\n", "file_row_invalid"),
    ],
)
async def test_nothing_of_a_refused_file_is_kept(
    pool: Pool, database: Database, day: Sequence[UploadedRow], text: str, code: str
) -> None:
    file = zipped("".join([row.text() for row in day[1:]]) + text.format(good=day[0].text()))
    with pytest.raises(Refused) as refused:
        await take_in(database.app_url, HOSPITAL, file, received_by="tests")
    assert refused.value.code == code
    assert await upload_tables(pool) == []
    assert await pool.fetchval("SELECT count(*) FROM reconciliation.uploads") == 0


async def test_repeated_rows_are_named_by_their_lines(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    file = archive_of([*day, day[1].with_(medfee=7), day[0].with_(medfee=-7)])
    with pytest.raises(Refused, match="Lines 2 and 4 are of one settlement"):
        await take_in(database.app_url, HOSPITAL, file, received_by="tests")
    rows = [day[0], day[1], day[2].with_(settlement_id=None, message_id=day[0].message_id)]
    with pytest.raises(Refused, match=r"Lines 1 and 3 are of one settlement \(message_id\)"):
        await take_in(
            database.app_url, HOSPITAL, archive_of(rows, with_message_ids=True), with_message_ids=True,
            received_by="tests",
        )  # fmt: skip


async def test_rows_are_gone_when_they_are_compared(pool: Pool, database: Database, day: Sequence[UploadedRow]) -> None:
    upload_id = await uploaded(database, day)
    assert await upload_tables(pool) == [f"upload_{upload_id}"]
    run = await reconcile_details(pool, upload_id, scope_of(), Stated(), requested_by="tests")
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    assert await upload_tables(pool) == []
    # Asked again it is the same run; under another scope the rows are needed again.
    again = await reconcile_details(pool, upload_id, scope_of(), Stated(), requested_by="tests")
    assert (again.run_id, again.state) == (run.run_id, "ok")
    with pytest.raises(Refused) as refused:
        await reconcile_details(pool, upload_id, scope_of(clearing_type="11"), Stated(), requested_by="tests")
    assert refused.value.code == "upload_unknown"


async def test_rows_of_another_institution_are_not_known(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    upload_id = await uploaded(database, day)
    with pytest.raises(Refused) as refused:
        await reconcile_details(pool, upload_id, scope_of(PHARMACY), Stated(), requested_by="tests")
    assert refused.value.code == "upload_unknown"
    with pytest.raises(Refused) as refused:
        await take_in(database.app_url, "X00000000009", archive_of(day), received_by="tests")
    assert refused.value.code == "institution_unknown"


async def test_uploads_that_nobody_compares_are_bounded_and_dropped(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    for _ in range(10):
        await uploaded(database, day)
    with pytest.raises(Overloaded):
        await uploaded(database, day)
    await uploaded(database, day, PHARMACY)
    await owner.execute(
        "UPDATE reconciliation.uploads SET received_at = received_at - interval '25 hours' WHERE institution = $1",
        HOSPITAL,
    )
    assert await drop_unused(pool) == 10
    assert len(await upload_tables(pool)) == 1
    await uploaded(database, day)


async def test_rows_that_a_crash_of_the_database_lost_fail_the_run(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    upload_id = await uploaded(database, day)
    run = await reconcile_details(pool, upload_id, scope_of(), Stated(), requested_by="tests")
    await owner.execute(f"TRUNCATE reconciliation.upload_{upload_id}")
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    run = await read_run(pool, run.run_id)
    assert (run.state, run.code, run.sums) == ("failed", "upload_lost", None)
    with pytest.raises(Refused) as refused:
        await write_result(pool, run.run_id, io.BytesIO())
    assert refused.value.code == "reconciliation_not_done"


# Runs


_COMPARES = """
import asyncio, sys
from datetime import time
from app.clearing.reconciliation.runner import compare_waiting
from app.database import open_pool

async def main(url):
    await compare_waiting(await open_pool(url, size_max=1, application_name="tests"), url, time(0))

asyncio.run(main(sys.argv[1]))
"""


def comparing(database: Database) -> "subprocess.Popen[bytes]":
    return subprocess.Popen([sys.executable, "-c", _COMPARES, database.app_url], stderr=subprocess.DEVNULL)


async def waits_for_a_lock(pool: Pool) -> bool:
    return bool(
        await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'medsettle reconciliation'"
            " AND datname = current_database() AND wait_event_type = 'Lock'"
        )
    )


async def test_a_run_killed_in_the_middle_is_compared_by_whoever_comes_next(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    before = await reconciled(pool, database.app_url, day[:2])
    run = await reconcile_details(pool, await uploaded(database, day[1:]), scope_of(), Stated(), requested_by="tests")
    running = comparing(database)
    async with owner.transaction():
        # It has its breaks and waits for the run that it voids.
        await owner.execute("SELECT FROM reconciliation.runs WHERE run_id = $1 FOR UPDATE", before.run_id)
        await eventually(partial(waits_for_a_lock, pool))
        running.kill()
        await asyncio.to_thread(running.wait)
    assert (await read_run(pool, run.run_id)).state == "waiting"
    assert await found_in(pool, run) == []
    assert {each.state for each in await found_in(pool, before)} == {"new"}

    async def is_compared() -> bool:
        await compare_waiting(pool, database.app_url, MIDNIGHT)
        return (await read_run(pool, run.run_id)).state != "waiting"

    await eventually(is_compared)
    done = await read_run(pool, run.run_id)
    assert (done.state, done.rows) == ("ok", (2, 1, 0, 0, 0))
    assert (await read_run(pool, before.run_id)).voided_by == run.run_id


async def test_a_run_that_fails_each_time_is_given_up_and_holds_up_no_other(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    await owner.execute("ALTER TABLE reconciliation.breaks ADD CONSTRAINT planted CHECK (kind <> 'centre_more')")
    failing = await reconcile_details(
        pool, await uploaded(database, day[1:]), scope_of(), Stated(), requested_by="tests"
    )
    good = await reconcile_details(
        pool, await uploaded(database, [], PHARMACY), scope_of(PHARMACY), Stated(), requested_by="tests"
    )
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    failing, good = await read_run(pool, failing.run_id), await read_run(pool, good.run_id)
    assert (failing.state, failing.code) == ("failed", "reconciliation_failed")
    assert (good.state, good.is_equal) == ("ok", True)
    assert await upload_tables(pool) == []


async def test_a_run_that_takes_too_long_each_time_is_given_up(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    await owner.execute(
        "CREATE FUNCTION reconciliation.stopped() RETURNS trigger LANGUAGE plpgsql"
        " AS $$ BEGIN RAISE 'statement timeout' USING ERRCODE = 'query_canceled'; END $$;"
        " CREATE TRIGGER planted BEFORE INSERT ON reconciliation.breaks EXECUTE FUNCTION reconciliation.stopped()"
    )
    run = await reconcile_details(pool, await uploaded(database, []), scope_of(), Stated(), requested_by="tests")
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    run = await read_run(pool, run.run_id)
    assert (run.state, run.code) == ("failed", "reconciliation_failed")


async def test_a_run_is_not_given_up_for_a_database_that_was_busy(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    run = await reconcile_details(pool, await uploaded(database, day), scope_of(), Stated(), requested_by="tests")
    # A right that is missing stands for every failure that speaks of the server and not of the run.
    await owner.execute("REVOKE INSERT ON reconciliation.breaks FROM medsettle_app")
    for _ in range(4):
        with pytest.raises(DatabaseUnavailable):
            await compare_waiting(pool, database.app_url, MIDNIGHT)
    await owner.execute("GRANT INSERT ON reconciliation.breaks TO medsettle_app")
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    assert (await read_run(pool, run.run_id)).state == "ok"


async def test_runs_of_one_process_wait_for_the_turn_of_another(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    run = await reconcile_details(pool, await uploaded(database, day), scope_of(), Stated(), requested_by="tests")
    other = await connect(database.app_url, application_name="tests")
    await other.execute("SELECT pg_advisory_lock(1919247215)")
    assert await compare_waiting(pool, database.app_url, MIDNIGHT) == []
    assert (await settled_run(pool, run, seconds_max=0.1)).state == "waiting"
    await other.close()

    async def is_compared() -> bool:
        return [each.run_id for each in await compare_waiting(pool, database.app_url, MIDNIGHT)] == [run.run_id]

    await eventually(is_compared)
    assert (await settled_run(pool, run, seconds_max=10)).state == "ok"


async def test_totals_are_kept_and_a_later_run_voids_the_one_before(
    pool: Pool, database: Database, day: Sequence[UploadedRow]
) -> None:
    stated = Stated(6_000, 0, 6_000, 0, 3)
    first = await reconcile_totals(database.app_url, scope_of(), stated, requested_by="c1")
    assert (first.state, first.is_equal, first.sums, first.description) == ("ok", True, (6_000, 0, 6_000, 0, 3), "")
    await outcomes(pool, payment(amount=1))
    second = await reconcile_totals(database.app_url, scope_of(), stated, requested_by="c1")
    assert (second.is_equal, second.differences) == (
        False, (("medfee", 6_000, 6_001), ("account_pay", 6_000, 6_001), ("settlements", 3, 4)),
    )  # fmt: skip
    assert second.description == (
        "medfee: 60.00 here 60.01, 0.01 more; account_pay: 60.00 here 60.01, 0.01 more; settlements: 3 here 4, 1 more"
    )
    runs = await list_runs(pool, institution=HOSPITAL, state=None, before=2**62, limit=10)
    assert [(each.run_id, each.state, each.voided_by) for each in runs] == [
        (second.run_id, "ok", None), (first.run_id, "void", second.run_id),
    ]  # fmt: skip


async def test_totals_that_wait_for_others_of_their_scope_void_them_whatever_isolation_the_database_has(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    name = await owner.fetchval("SELECT quote_ident(current_database())")
    await owner.execute(f"ALTER DATABASE {name} SET default_transaction_isolation = 'repeatable read'")
    async with session(database.app_url) as connection:
        async with connection.transaction():
            first = await compare_totals(connection, scope_of(), Stated(), requested_by="c1")
            waiting = asyncio.create_task(reconcile_totals(database.app_url, scope_of(), Stated(), requested_by="c2"))
            await eventually(partial(waits_for_a_lock, pool))
        second = await waiting
    assert second.state == "ok"
    assert (await read_run(pool, first.run_id)).voided_by == second.run_id


async def test_totals_are_of_the_office_that_settles_with_the_institution(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    async def settlements(office: str) -> int:
        run = await reconcile_totals(database.app_url, scope_of(settlement_office=office), Stated(), requested_by="c1")
        assert run.sums is not None
        return run.sums.settlements

    assert await settlements("310000") == 3  # none is registered: there is but one
    await owner.execute("UPDATE parties.institutions SET settlement_office = '310000'")
    assert [await settlements(office) for office in ("", "310000", "320000")] == [3, 3, 0]


async def test_days_that_are_no_range_or_too_many_are_refused() -> None:
    for first, last in (("2026-11-02", "2026-11-01"), ("2026-11-01", "2026-12-02"), ("1999-12-31", "2000-01-01")):
        with pytest.raises(Refused) as refused:
            Scope(HOSPITAL, today().fromisoformat(first), today().fromisoformat(last))
        assert refused.value.code == "invalid_field"


# What is made of it


async def test_the_result_file_has_a_row_a_break(pool: Pool, database: Database, day: Sequence[UploadedRow]) -> None:
    rows = [
        day[1].with_(medfee=2_005, treatment_id="T5", message_id=day[1].message_id),
        day[2],
        UploadedRow("H-OWN-7", "P1", 40, 40),
        UploadedRow(None, "P1", 50, 50, message_id="COMING"),
    ]
    run = await reconciled(pool, database.app_url, rows, with_message_ids=True)
    made = io.BytesIO()
    await write_result(pool, run.run_id, made)
    with zipfile.ZipFile(made) as opened:
        assert opened.namelist() == ["result.txt"]
        lines = [line.split("\t") for line in opened.read("result.txt").decode().splitlines()]
    memos = [line.pop(6) for line in lines]
    assert lines == [
        ["P1", "null", "null", day[0].message_id, "1", "0", "10.00", "0.00", "10.00"],
        ["P1", "T5", day[1].settlement_id, day[1].message_id, "3", "0", "20.00", "0.00", "20.00"],
        ["P1", "null", "H-OWN-7", "null", "2", "0", "0.40", "0.00", "0.40"],
        ["P1", "null", "null", "COMING", "4", "0", "0.50", "0.00", "0.50"],
    ]
    assert memos == [
        "the institution does not have it",
        "line 1: medfee 20.05 here 20.00",
        "line 3: not_known",
        "line 4: not arrived yet; do nothing, compare again when the day is over",
    ]
    again = io.BytesIO()
    await write_result(pool, run.run_id, again)
    assert again.getvalue() == made.getvalue()
    wide = io.BytesIO()
    await write_result(pool, run.run_id, wide, results=WIDE_RESULTS)
    with zipfile.ZipFile(wide) as opened:
        text = opened.read("result.txt").decode()
    assert [line.split("\t")[4] for line in text.splitlines()] == ["000101", "000103", "000102", "000104"]


async def test_open_breaks_come_with_their_age_the_oldest_first(
    pool: Pool, database: Database, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    run = await reconciled(pool, database.app_url, [])
    oldest, middle, youngest = await found_in(pool, run)
    for found, days in ((oldest, 9), (middle, 3)):
        await owner.execute(
            "UPDATE reconciliation.breaks SET first_found_at = first_found_at - make_interval(days => $2)"
            " WHERE break_id = $1",
            found.break_id, days,
        )  # fmt: skip
    await check_break(pool, run.run_id, middle.break_id, by="c1", note="")
    all_open = await open_breaks(pool, institution=HOSPITAL, age_days_min=0, limit=10)
    assert [(each.found.break_id, each.age_days, each.found.state) for each in all_open] == [
        (oldest.break_id, 9, "new"), (middle.break_id, 3, "checked"), (youngest.break_id, 0, "new"),
    ]  # fmt: skip
    [page] = await open_breaks(pool, institution=None, age_days_min=0, after=all_open[0].cursor, limit=1)
    assert page.found.break_id == middle.break_id
    old = await open_breaks(pool, institution=None, age_days_min=3, limit=10)
    assert [each.found.break_id for each in old] == [oldest.break_id, middle.break_id]
    assert await open_breaks(pool, institution=PHARMACY, age_days_min=0, limit=10) == []


def test_a_clerk_reconciles_by_commands(database: Database, tmp_path: Path) -> None:
    def says(*words: str | Path) -> str:
        done = medsettle("reconcile", *words, on=database)
        assert done.returncode == 0, done.stderr
        return done.stdout

    made = asyncio.run(_prepared(database, tmp_path))
    day = f"{today()}"
    text = says("details", tmp_path / "day.zip", HOSPITAL, day, "--operator", "c17")
    assert "details of H00000000001" in text
    assert "rows: 1 equal, 1 centre_more, 0 institution_more, 0 differs, 0 not_arrived" in text
    run_id = text.split()[1].rstrip(":")
    text = says("breaks")
    assert f"0 d  {HOSPITAL}  {day}  {run_id} " in text
    break_id = text.split()[4]
    assert "checked" in says("check", run_id, break_id, "--operator", "c17", "--note", "asked them")
    assert "c17: they booked it" in says("level", run_id, break_id, "--operator", "c17", "--note", "they booked it")
    assert says("breaks") == "none\n"
    assert made in says("breaks", run_id)
    says("result", run_id, tmp_path / "result.zip")
    assert zipfile.is_zipfile(tmp_path / "result.zip")
    text = says("totals", HOSPITAL, day, "--medfee", "3001", "--operator", "c17")
    assert "medfee: 30.01 here 30.00, 0.01 less" in text
    assert "totals of" in says("list")


async def _prepared(database: Database, folder: Path) -> str:
    """Two payments, of which the institution has the second; the message id of the first."""
    from app.database import open_pool

    async with await open_pool(database.app_url, size_max=2, application_name="tests") as pool:
        await add_institution(pool, HOSPITAL)
        await add_person(pool, "P1", balance=10_000)
        rows = await rows_of(pool, payment(amount=1_000), payment(amount=2_000))
    (folder / "day.zip").write_bytes(archive_of(rows[1:]).read())
    return rows[0].message_id or ""


async def test_rows_that_were_compared_with_other_sums_are_to_be_uploaded_again(
    database: Database, pool: Pool, day: Sequence[UploadedRow]
) -> None:
    upload = await uploaded(database, day)
    stated = Stated(medfee=6_000)
    first = await reconcile_details(pool, upload, scope_of(), stated, requested_by="tests")
    assert (await reconcile_details(pool, upload, scope_of(), stated, requested_by="tests")).run_id == first.run_id
    with pytest.raises(Refused, match="other sums"):
        await reconcile_details(pool, upload, scope_of(), Stated(medfee=1), requested_by="tests")


async def test_a_run_that_takes_its_process_with_it_each_time_is_given_up(
    database: Database, pool: Pool, owner: Owner, day: Sequence[UploadedRow]
) -> None:
    upload = await uploaded(database, day)
    run = await reconcile_details(pool, upload, scope_of(), Stated(), requested_by="tests")

    async def attempts() -> int:
        found: int = await pool.fetchval("SELECT attempts FROM reconciliation.runs WHERE run_id = $1", run.run_id)
        return found

    for number in range(5):
        async with owner.transaction():
            await owner.execute(f"LOCK TABLE reconciliation.upload_{upload} IN ACCESS EXCLUSIVE MODE")
            comparing = asyncio.create_task(compare_waiting(pool, database.app_url, MIDNIGHT))

            async def has_begun(counted: int = number + 1) -> bool:
                return await attempts() == counted

            await eventually(has_begun)
            comparing.cancel()
            await asyncio.wait({comparing})
    await compare_waiting(pool, database.app_url, MIDNIGHT)
    assert (await read_run(pool, run.run_id)).code == "reconciliation_failed"
