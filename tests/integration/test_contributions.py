"""Contribution files against the ledger, by the function and by the command."""

import asyncio
import io
from contextlib import suppress
from pathlib import Path
from subprocess import CompletedProcess

import psutil
import pytest
from app.codes import Code
from app.config import Settings
from app.database import Pool, transaction
from app.errors import MedsettleError, Refused, UsageError
from app.funding.contribution_file import sort_csv
from app.funding.contributions import receive
from app.funding.files import FileReport, in_hand, read_file, refused_lines
from app.funding.parquet_file import sort_parquet
from app.parties.csv_files import PersonRow
from app.parties.load import store_persons
from app.verify import verify
from pydantic import SecretStr
from tests.builders import Database, add_person
from tests.commands import medsettle
from tests.contribution_files import Line, csv_bytes, write_parquet


@pytest.fixture
def settings(database: Database) -> Settings:
    return Settings(database_url=SecretStr(database.app_url))


@pytest.fixture
async def persons(pool: Pool) -> Pool:
    """The pool of a ledger with P1, P2, P3 without money and CLOSED, whose account is."""
    for person_no in ("P1", "P2", "P3"):
        await add_person(pool, person_no)
    await add_person(pool, "CLOSED", state="closed")
    return pool


async def send(pool: Pool, settings: Settings, content: bytes) -> FileReport:
    return await receive(pool, io.BytesIO(content), sort_csv, operator="clerk-1", settings=settings)


async def balances(pool: Pool) -> dict[str, int]:
    rows = await pool.fetch("SELECT owner, balance FROM ledger.accounts WHERE kind = 'personal' AND balance > 0")
    return {row["owner"]: row["balance"] for row in rows}


GOOD: list[Line] = [("P1", 100, "contribution"), ("P2", 7, "retiree_credit"), ("P1", 30, "claw_back")]


async def test_a_good_file(persons: Pool, settings: Settings, database: Database) -> None:
    report = await send(persons, settings, csv_bytes(GOOD))
    assert (report.state, report.line_count, report.total) == ("settled", 3, 137)
    assert (report.settled_count, report.settled_total, report.refused_count) == (3, 137, 0)
    assert report.received_by == "clerk-1"
    assert await balances(persons) == {"P1": 70, "P2": 7}
    row = await persons.fetchrow("SELECT * FROM settlement.settlements WHERE message_id = 'F1:4'")
    assert row is not None
    assert (row["kind"], row["amount"], row["person_no"], row["institution"]) == ("claw_back", 30, "P1", "AGENCY000000")
    assert (await verify(database.app_url)).ok


async def test_the_same_file_again_moves_nothing(persons: Pool, settings: Settings) -> None:
    first = await send(persons, settings, csv_bytes(GOOD))
    assert await send(persons, settings, csv_bytes(GOOD)) == first
    assert await balances(persons) == {"P1": 70, "P2": 7}


async def test_a_file_that_was_cut_off_goes_on(persons: Pool, settings: Settings) -> None:
    first = await send(persons, settings, csv_bytes(GOOD))
    await persons.execute("UPDATE funding.contribution_files SET settled_at = NULL, settled_count = NULL")
    assert (await read_file(persons, "F1")).state == "interrupted"
    again = await send(persons, settings, csv_bytes(GOOD))
    assert (again.settled_count, again.settled_total, again.state) == (3, 137, "settled")
    assert again.received_at == first.received_at
    assert await balances(persons) == {"P1": 70, "P2": 7}


async def test_another_file_under_the_number_is_refused(persons: Pool, settings: Settings) -> None:
    await send(persons, settings, csv_bytes(GOOD))
    with pytest.raises(Refused) as refused:
        await send(persons, settings, csv_bytes([*GOOD, ("P3", 1, "contribution")]))
    assert refused.value.code == Code.FILE_CONFLICT
    assert await balances(persons) == {"P1": 70, "P2": 7}


@pytest.mark.parametrize(
    "content",
    [
        csv_bytes(GOOD, count=2),
        csv_bytes(GOOD, total=136),
        csv_bytes(GOOD).replace(b"P2,7", b"P3,7"),
        csv_bytes(GOOD)[:-30],
        csv_bytes([*GOOD, ("张三", 5, "contribution")]).decode().encode("gb18030"),
        csv_bytes([*GOOD, ("P" * 1_000_000, 5, "contribution")]),
    ],
    ids=["count", "sum", "digest", "truncated", "encoding", "long line"],
)
async def test_a_bad_file_takes_nothing(persons: Pool, settings: Settings, content: bytes) -> None:
    with pytest.raises(Refused) as refused:
        await send(persons, settings, content)
    assert refused.value.code == Code.FILE_INVALID
    assert await balances(persons) == {}
    assert await persons.fetchval("SELECT count(*) FROM funding.contribution_files") == 0
    assert (await send(persons, settings, csv_bytes(GOOD))).settled_count == 3  # its number is free


async def test_refused_lines_are_reported_and_the_others_settle(persons: Pool, settings: Settings) -> None:
    lines: list[Line] = [
        ("P1", 100, "contribution"),
        ("STRANGER", 5, "contribution"),
        ("CLOSED", 6, "contribution"),
        ("P2", 0, "contribution"),
        ("P2", 9, "gift"),
        ("P\x002", 10, "contribution"),
        ("P3", 50, "claw_back"),
        ("P2", 20, "contribution"),
    ]
    report = await send(persons, settings, csv_bytes(lines))
    assert (report.settled_count, report.settled_total, report.refused_count) == (2, 120, 6)
    found = await refused_lines(persons, "F1", after=0, limit=100)
    assert [(each.line, each.code) for each in found] == [
        (3, Code.PERSON_UNKNOWN),
        (4, Code.ACCOUNT_CLOSED),
        (5, Code.INVALID_AMOUNT),
        (6, Code.KIND_UNKNOWN),
        (7, Code.INVALID_FIELD),
        (8, Code.INSUFFICIENT_FUNDS),
    ]
    assert await refused_lines(persons, "F1", after=4, limit=2) == found[2:4]
    assert await balances(persons) == {"P1": 100, "P2": 20}
    await persons.execute("UPDATE funding.contribution_files SET settled_at = NULL")
    again = await send(persons, settings, csv_bytes(lines))
    assert (again.settled_count, again.settled_total, again.refused_count) == (2, 120, 6)


async def test_a_person_may_have_many_lines_and_they_settle_in_order(persons: Pool, settings: Settings) -> None:
    lines: list[Line] = [("P1", 10, kind) for _ in range(20_000) for kind in ("contribution", "claw_back")]
    lines += [("P1", 1, "contribution")] * 3
    report = await send(persons, settings, csv_bytes(lines))
    assert (report.settled_count, report.refused_count) == (40_003, 0)
    assert await balances(persons) == {"P1": 3}


async def test_an_empty_file(persons: Pool, settings: Settings) -> None:
    report = await send(persons, settings, csv_bytes([]))
    assert (report.state, report.settled_count, report.settled_total) == ("settled", 0, 0)


async def test_parquet_settles_as_csv_does(persons: Pool, settings: Settings, tmp_path: Path) -> None:
    write_parquet(tmp_path / "f.parquet", [*GOOD, (None, 3, "contribution")])
    with (tmp_path / "f.parquet").open("rb") as source:
        report = await receive(persons, source, sort_parquet, operator="clerk-1", settings=settings)
    assert (report.settled_count, report.settled_total, report.refused_count) == (3, 137, 1)
    assert await balances(persons) == {"P1": 70, "P2": 7}


async def test_one_process_a_file(persons: Pool, settings: Settings, database: Database) -> None:
    async with in_hand(database.app_url, "F1") as is_ours:
        assert is_ours
        with pytest.raises(UsageError, match="another process"):
            await send(persons, settings, csv_bytes(GOOD))
        assert (await read_file(persons, "F1")).state == "settling"
        assert await balances(persons) == {}
    assert (await send(persons, settings, csv_bytes(GOOD))).state == "settled"


async def test_the_same_file_twice_at_once_settles_once(persons: Pool, settings: Settings) -> None:
    answers = await asyncio.gather(
        *(send(persons, settings, csv_bytes(GOOD)) for _ in range(4)), return_exceptions=True
    )
    assert all(isinstance(answer, FileReport | UsageError) for answer in answers)
    assert (await send(persons, settings, csv_bytes(GOOD))).settled_count == 3
    assert await balances(persons) == {"P1": 70, "P2": 7}


async def test_a_part_that_fails_says_to_send_again(persons: Pool, settings: Settings, database: Database) -> None:
    away = settings.model_copy(update={"cut_off": _Unreadable()})
    with pytest.raises(MedsettleError, match="Send the same file again"):
        await send(persons, away, csv_bytes(GOOD))
    assert (await read_file(persons, "F1")).state == "interrupted"
    assert (await send(persons, settings, csv_bytes(GOOD))).state == "settled"


class _Unreadable:
    """A setting at which the part's process ends."""

    def isoformat(self) -> str:
        return "no time"


@pytest.mark.processes
async def test_memory_is_bounded(pool: Pool, settings: Settings, database: Database) -> None:
    numbers = range(200_000)
    for first in range(0, len(numbers), 20_000):
        async with transaction(pool) as connection:
            await store_persons(connection, [PersonRow(0, f"P{n}", 0) for n in numbers[first : first + 20_000]])
    content = io.BytesIO(csv_bytes([(f"P{number}", 5, "contribution") for number in numbers]))
    us = psutil.Process()
    before, peak = us.memory_info().rss, 0
    settling = asyncio.create_task(receive(pool, content, sort_csv, operator="clerk-1", settings=settings))
    while not settling.done():
        peak = max(peak, us.memory_info().rss - before + _memory_of_parts(us))
        await asyncio.wait([settling], timeout=0.1)
    assert (await settling).settled_count == len(numbers)
    assert 0 < peak < 250 * 2**20
    assert await pool.fetchval("SELECT sum(balance)::bigint FROM ledger.accounts WHERE kind = 'personal'") == 1_000_000


def _memory_of_parts(process: psutil.Process) -> int:
    total = 0
    for child in process.children():
        with suppress(psutil.NoSuchProcess):  # it ends while it is looked at
            if "app.funding.part" in child.cmdline():
                total += child.memory_info().rss
    return total


# The command


def contribute(database: Database, file: Path) -> CompletedProcess[str]:
    return medsettle("contribute", file, "--operator", "clerk-1", on=database)


async def test_the_command_reports(persons: Pool, database: Database, tmp_path: Path) -> None:
    file = tmp_path / "f.csv"
    file.write_bytes(csv_bytes([*GOOD, ("STRANGER", 5, "contribution")]))
    for _ in range(2):
        done = contribute(database, file)
        assert done.returncode == 0, done.stderr
        assert "file F1 of 2026-11: 4 lines, 1.42 yuan\nsettled: 3 lines, 1.37 yuan\nrefused: 1 lines\n" in done.stdout
        assert "line 5: person_unknown: " in done.stdout
    assert await balances(persons) == {"P1": 70, "P2": 7}
    write_parquet(tmp_path / "f.parquet", GOOD, file_no="F2")
    assert "settled: 3 lines" in contribute(database, tmp_path / "f.parquet").stdout
    file.write_bytes(csv_bytes(GOOD, count=4, file_no="F3"))
    refused = contribute(database, file)
    assert refused.returncode == 1
    assert "says 4 lines, the file has 3" in refused.stderr
    assert "Traceback" not in refused.stderr
