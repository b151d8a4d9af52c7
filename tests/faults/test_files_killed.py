"""Settlement files whose writing is killed anywhere are written by the next run, to the very same bytes."""

import re
import signal
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from app.database import Pool
from tests.builders import PHARMACY, Database, payment
from tests.clearing_days import open_places, post_yesterday, seal, yesterday
from tests.commands import medsettle
from tests.filing import tell_banks
from tests.settlement_files import SIGNING_KEY

pytestmark = pytest.mark.chaos

_FILES = Path(__file__).parents[2] / "app" / "clearing" / "files"

_CODE = "".join(path.read_text() for path in sorted(_FILES.glob("*.py")))

#: Every place in writing at which a process can be told to die.
FAILPOINTS = re.findall(r'reach\("(files\.[a-z]+)"\)', _CODE)

# So that a file is of several chunks, and a process can die between two of them.
_MORE_LINES = """
INSERT INTO clearing.lines (business_day, line_no, bank, institution, amount, payee_name, payee_account)
SELECT $1, n, 'BANK01', 'H' || lpad(n::text, 11, '0'), n, '测试第' || n || '人民医院', '62990000' || n
FROM generate_series(100, 20000) AS n
"""
_LEFT = """
SELECT f.file_id, f.size, f.sha256, f.signature, sha256(string_agg(c.content, ''::bytea ORDER BY c.chunk_no)) AS stored
FROM clearing.files AS f
LEFT JOIN clearing.file_chunks AS c USING (file_id)
GROUP BY f.file_id
ORDER BY f.file_id
"""


def _write(database: Database, *more: str, failpoint: str = "") -> int:
    words = more or ("write", str(yesterday()))
    settings = {"MEDSETTLE_SIGNING_KEY": SIGNING_KEY, "MEDSETTLE_FAILPOINT": failpoint}
    return medsettle("files", *words, on=database, **settings).returncode


async def _state(pool: Pool) -> str:
    return str(await pool.fetchval("SELECT state FROM clearing.business_days"))


@pytest.fixture
async def sealed(pool: Pool, owner: Any, database: Database) -> date:
    """Yesterday, sealed, with a payment file of several chunks; files say that they were drawn at one set time."""
    await open_places(pool)
    await tell_banks(pool)
    await post_yesterday(pool, payment(amount=3_000), payment(institution=PHARMACY, amount=70))
    await seal(database)
    await owner.execute(_MORE_LINES, yesterday())
    await owner.execute("ALTER TABLE clearing.files ALTER drawn_at SET DEFAULT '2026-01-02 03:04:05Z'")
    return yesterday()


def test_there_is_a_failpoint_for_each_step() -> None:
    assert len(FAILPOINTS) == len(set(FAILPOINTS)) >= 9


async def test_files_killed_at_any_step_come_to_the_bytes_that_they_would_have(
    sealed: date, pool: Pool, owner: Any, database: Database
) -> None:
    assert _write(database) == 0
    unharmed = await pool.fetch(_LEFT)
    assert len(unharmed) == 8
    assert max(row["size"] for row in unharmed) > 2**20
    assert all(row["sha256"] == row["stored"] for row in unharmed)
    for failpoint in FAILPOINTS:
        await owner.execute("TRUNCATE clearing.file_chunks, clearing.files CASCADE")
        await owner.execute("UPDATE clearing.business_days SET state = 'sealed'")
        assert _write(database, failpoint=failpoint) == -signal.SIGKILL, failpoint
        # What a bank could pull after the kill is whole.
        for row in await pool.fetch(_LEFT):
            assert row["sha256"] == row["stored"], failpoint
        if failpoint != "files.filed":
            assert await _state(pool) == "sealed", failpoint
            assert _write(database) == 0, failpoint
        assert await pool.fetch(_LEFT) == unharmed, failpoint
        assert await _state(pool) == "filed", failpoint


async def test_a_rebuild_that_was_killed_is_finished_by_the_next_run(
    sealed: date, pool: Pool, owner: Any, database: Database
) -> None:
    assert _write(database) == 0
    first = await pool.fetch(_LEFT)
    rebuild = ("rebuild", str(sealed), "BANK01", "--operator", "c1")
    assert _write(database, *rebuild) == 0
    unharmed = await pool.fetch(_LEFT)
    assert len(unharmed) == len(first) + 2
    for failpoint in ("files.drawn", "files.chunk", "files.written"):
        await owner.execute("DELETE FROM clearing.file_chunks WHERE file_id LIKE '%v2%'")
        await owner.execute("DELETE FROM clearing.files WHERE version = 2")
        assert _write(database, *rebuild, failpoint=failpoint) == -signal.SIGKILL, failpoint
        assert _write(database) == 0, failpoint
        assert await pool.fetch(_LEFT) == unharmed, failpoint
