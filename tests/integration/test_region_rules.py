"""Filing the rules of regions by command: a minute ahead, once, and then it settles."""

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest
from app.database import Pool
from app.errors import UsageError
from app.settlement.region_rules import FiledRule, file_rule, filed_rules
from tests.builders import Database


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def command(database: Database, *words: str) -> "subprocess.CompletedProcess[str]":
    code = (
        "import sys; from app.commands.rules import app; from app.errors import UsageError\n"
        "try: app(prog_name='rules')\nexcept UsageError as error: sys.exit(f'medsettle: {error}')"
    )
    return subprocess.run(
        [sys.executable, "-c", code, *words],
        env={**os.environ, "MEDSETTLE_DATABASE_URL": database.app_url, "COLUMNS": "200"},
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip


async def test_a_rule_is_filed_a_minute_ahead(pool: Pool) -> None:
    rule = FiledRule("310000", in_seconds(65), True, "clerk-1")
    await file_rule(pool, rule)
    assert (await filed_rules(pool))[1:] == [rule]


@pytest.mark.parametrize("seconds", [-86_400, 0, 55])
async def test_a_rule_that_comes_too_late_is_refused(pool: Pool, seconds: int) -> None:
    with pytest.raises(UsageError, match="a minute at least before it holds"):
        await file_rule(pool, FiledRule("", in_seconds(seconds), True, "clerk-1"))
    assert len(await filed_rules(pool)) == 1


async def test_a_filed_rule_stays(pool: Pool) -> None:
    rule = FiledRule("", in_seconds(3_600), True, "clerk-1")
    await file_rule(pool, rule)
    with pytest.raises(UsageError, match="and stays"):
        await file_rule(pool, rule._replace(use_accumulated_first=False))
    assert (await filed_rules(pool))[1:] == [rule]


async def test_a_time_without_offset_is_of_shanghai(database: Database) -> None:
    filed = command(
        database, "file", "--region", "310000", "--from", "2099-01-01T00:00", "--accumulated-first", "--operator", "c1"
    )
    assert (filed.returncode, filed.stderr) == (0, "")
    listed = command(database, "list").stdout.splitlines()
    assert listed == [
        "region all others: current part first from 1970-01-02T08:00:00+08:00 by first release",
        "region 310000: accumulated part first from 2099-01-01T00:00:00+08:00 by c1",
    ]


@pytest.mark.parametrize(
    ("moment", "said"), [("2020-01-01", "a minute at least"), ("tomorrow", "not a time of ISO 8601")]
)
async def test_what_is_refused_is_said(database: Database, moment: str, said: str) -> None:
    filed = command(database, "file", "--region", "", "--from", moment, "--current-first", "--operator", "c1")
    assert filed.returncode != 0
    assert said in filed.stderr
