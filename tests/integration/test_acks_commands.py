"""`medsettle acks …`, as a clerk types it and reads it."""

from pathlib import Path

import pytest
from app.database import Pool
from tests.acknowledging import SentFile, return_file, send_file
from tests.builders import HOSPITAL, Database, payment
from tests.clearing_days import open_places, post_yesterday, seal
from tests.commands import medsettle
from tests.filing import tell_banks


@pytest.fixture
async def file(pool: Pool, database: Database) -> SentFile:
    await open_places(pool)
    await tell_banks(pool)
    await post_yesterday(pool, payment(amount=3_000))
    await seal(database)
    return await send_file(pool, database)


def _acks(database: Database, *words: str | Path) -> tuple[int, str]:
    done = medsettle("acks", *words, on=database)
    return done.returncode, (done.stdout + done.stderr).strip()


async def test_an_acknowledgment_is_refused_taken_listed_and_what_waits_is_told(
    database: Database, file: SentFile, tmp_path: Path
) -> None:
    name, [line] = file.file_id, file.lines
    content = tmp_path / "return"

    def take(what: bytes) -> tuple[int, str]:
        content.write_bytes(what)
        return _acks(database, "take", name, content, "--operator", "c1")

    assert _acks(database, "ageing") == (0, f"{name}: 1 lines of BANK01 without a result, 0 banking days")
    assert take(return_file(file, "1", [line._replace(amount=1)])) == (
        1,
        f"acknowledgment 1 is refused: line_differs. Line 2 says 1 fen of line {line.line_id}, the file 3000.",
    )
    taken = "acknowledgment 2 is taken{}: 0 lines of 0.00 yuan paid, 1 of 30.00 yuan failed"
    assert take(return_file(file, "1", [line])) == (0, taken.format(""))
    assert take(return_file(file, "1", [line])) == (0, taken.format(", as before"))
    waits = f"line {line.line_id} of {HOSPITAL}, 30.00 yuan, failed and is back"
    told = f"{waits}; it goes out again with the next day that is sealed"
    assert _acks(database, "ageing") == (0, told)
    code, listed = _acks(database, "list", "--bank", "BANK01")
    assert (code, [each.split("  ")[0] for each in listed.splitlines()]) == (0, ["2", "1"])
    assert "refused, line_differs. Line 2 says 1 fen" in listed


async def test_a_file_that_is_not_there_is_said(database: Database, tmp_path: Path) -> None:
    (tmp_path / "return").write_bytes(b"0")
    assert _acks(database, "take", "none.txt", tmp_path / "return", "--operator", "c1") == (
        1, "medsettle: No settlement file of this name is written.",
    )  # fmt: skip
