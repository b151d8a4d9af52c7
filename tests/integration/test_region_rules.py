"""Filing the rules of regions by command: a minute ahead, once, and then it settles."""

from datetime import UTC, datetime, timedelta
from subprocess import CompletedProcess

import pytest
from app.database import Pool
from app.errors import UsageError
from app.settlement.region_rules import FiledRule, file_rule, filed_rules
from app.settlement.rules import RegionRule
from tests.builders import Database
from tests.commands import medsettle


def in_seconds(seconds: float) -> datetime:
    return datetime.now(UTC) + timedelta(seconds=seconds)


def command(database: Database, *words: str) -> CompletedProcess[str]:
    return medsettle("rules", *words, on=database)


async def test_a_rule_is_filed_a_minute_ahead(pool: Pool) -> None:
    start = in_seconds(65)
    await file_rule(pool, "310000", start, {"use_accumulated_first": True}, clerk="clerk-1")
    assert (await filed_rules(pool))[1:] == [
        FiledRule("310000", "clerk-1", RegionRule(start, use_accumulated_first=True))
    ]


@pytest.mark.parametrize("seconds", [-86_400, 0, 55])
async def test_a_rule_that_comes_too_late_is_refused(pool: Pool, seconds: int) -> None:
    with pytest.raises(UsageError, match="a minute at least before it holds"):
        await file_rule(pool, "", in_seconds(seconds), {"mutual_aid": False}, clerk="clerk-1")
    assert len(await filed_rules(pool)) == 1


async def test_a_filed_rule_stays(pool: Pool) -> None:
    start = in_seconds(3_600)
    await file_rule(pool, "", start, {"use_accumulated_first": True}, clerk="clerk-1")
    with pytest.raises(UsageError, match="and stays"):
        await file_rule(pool, "", start, {"use_accumulated_first": False}, clerk="clerk-1")
    assert [each.rule.use_accumulated_first for each in await filed_rules(pool)] == [False, True]


async def test_what_a_rule_does_not_change_stays_as_it_was(pool: Pool) -> None:
    await file_rule(pool, "", in_seconds(70), {"refund_days": 30, "mutual_aid": False}, clerk="c1")
    await file_rule(pool, "310000", in_seconds(80), {"med_types": ["11", "41"]}, clerk="c1")
    await file_rule(pool, "310000", in_seconds(90), {"refund_days": None}, clerk="c1")
    of_region = [each.rule for each in await filed_rules(pool) if each.region == "310000"]
    assert [(rule.med_types, rule.refund_days, rule.mutual_aid) for rule in of_region] == [
        (["11", "41"], 30, False),
        (["11", "41"], None, False),
    ]


async def test_a_cap_below_zero_is_refused(pool: Pool) -> None:
    with pytest.raises(UsageError, match="below 0"):
        await file_rule(pool, "", in_seconds(70), {"pharmacy_daily_fen": -1}, clerk="c1")


async def test_rules_are_filed_and_listed_by_command_with_times_of_shanghai(database: Database) -> None:
    filed = command(
        database, "file", "--region", "310000", "--from", "2099-01-01T00:00", "--operator", "c1",
        "--accumulated-first", "--med-types", "11,41", "--pharmacy-daily-fen", "10000",
        "--pharmacy-daily-payments", "3", "--suspended-may-not-spend", "--no-mutual-aid", "--full-refunds",
        "--refund-days", "30",
    )  # fmt: skip
    assert (filed.returncode, filed.stderr) == (0, "")
    listed = command(database, "list").stdout.splitlines()
    assert listed == [
        "region all others from 1970-01-02T08:00:00+08:00, filed by first release: current part first, partial refunds",
        (
            "region 310000 from 2099-01-01T00:00:00+08:00, filed by c1: accumulated part first, med_types 11 41,"
            " at pharmacies 10000 fen a day, at pharmacies 3 payments a day, suspended persons do not spend,"
            " no mutual aid, full refunds only, refunds within 30 days"
        ),
    ]


@pytest.mark.parametrize(
    ("moment", "said"), [("2020-01-01", "a minute at least"), ("tomorrow", "not a time of ISO 8601")]
)
async def test_what_is_refused_is_said(database: Database, moment: str, said: str) -> None:
    filed = command(database, "file", "--region", "", "--from", moment, "--current-first", "--operator", "c1")
    assert filed.returncode != 0
    assert said in filed.stderr
