"""What the clearing goes by, filed ahead: when business days begin, banking days, what becomes of a negative net.

The money of a business day moves between banks on the banking day behind it: Monday to Friday, but for the days that
are filed, holidays and weekends on which banks work instead.
"""

from collections.abc import Collection, Mapping
from datetime import date, timedelta
from typing import NamedTuple

import asyncpg

from app.database import Connection, Pool, transaction
from app.errors import UsageError
from app.ledger.business_days import CutOff

_FRIDAY = 4
# No country closes its banks for as long.
_CLOSED_DAYS_MAX = 60

_CALENDAR = """
SELECT DISTINCT ON (day) day, is_banking_day
FROM clearing.calendar_days
WHERE day > $1 AND day <= $1 + $2::integer
ORDER BY day, filed_at DESC
"""
_FILE_DAY = "INSERT INTO clearing.calendar_days (day, is_banking_day, filed_by) VALUES ($1, $2, $3)"
_LIST_DAYS = """
SELECT DISTINCT ON (day) day, is_banking_day, filed_by FROM clearing.calendar_days ORDER BY day, filed_at DESC
"""
_FILE_CUT_OFF = "INSERT INTO ledger.cut_offs (from_day, begins_at, filed_by) VALUES ($1, $2, $3)"
_FILE_NETTING = "INSERT INTO clearing.netting_rules (bank, from_day, negative_net, filed_by) VALUES ($1, $2, $3, $4)"
_LIST_NETTING = "SELECT bank, from_day, negative_net, filed_by FROM clearing.netting_rules ORDER BY bank, from_day"
_LIST_CUT_OFFS = "SELECT from_day, begins_at, filed_by FROM ledger.cut_offs ORDER BY from_day"


class FiledDay(NamedTuple):
    day: date
    is_banking_day: bool
    filed_by: str


class FiledCutOff(NamedTuple):
    cut_off: CutOff
    filed_by: str


class NettingRule(NamedTuple):
    """'' is the bank of all that have no rule of their own."""

    bank: str
    from_day: date
    negative_net: str
    filed_by: str


def is_banking_day(day: date, filed: Mapping[date, bool]) -> bool:
    """`filed` says what differs from Monday to Friday."""
    return filed.get(day, day.weekday() <= _FRIDAY)


def next_banking_day(day: date, filed: Mapping[date, bool]) -> date:
    """The first banking day behind a day."""
    for ahead in range(1, _CLOSED_DAYS_MAX + 1):
        candidate = day + timedelta(days=ahead)
        if is_banking_day(candidate, filed):
            return candidate
    raise UsageError(f"No banking day is filed within {_CLOSED_DAYS_MAX} days behind {day}.")


async def value_date(connection: Connection, day: date) -> date:
    """When the money of a business day moves. Raises UsageError where the calendar has no banking day behind it."""
    rows = await connection.fetch(_CALENDAR, day, _CLOSED_DAYS_MAX)
    return next_banking_day(day, {row["day"]: row["is_banking_day"] for row in rows})


async def banking_days_since(connection: Connection, days: Collection[date], today: date) -> dict[date, int]:
    """For each day how many banking days have begun behind it, today's among them; `days` has one at least."""
    first = min(days)
    rows = await connection.fetch(_CALENDAR, first, max(0, (today - first).days))
    filed = {row["day"]: row["is_banking_day"] for row in rows}
    return {
        day: sum(is_banking_day(day + timedelta(days=ahead), filed) for ahead in range(1, (today - day).days + 1))
        for day in days
    }


async def file_calendar_day(pool: Pool, day: date, *, is_banking_day: bool, clerk: str) -> None:
    """The last word on a day counts, for business days that are sealed after it was filed."""
    async with transaction(pool) as connection:
        await connection.execute(_FILE_DAY, day, is_banking_day, clerk)


async def filed_days(pool: Pool) -> list[FiledDay]:
    async with transaction(pool) as connection:
        return [FiledDay(*row) for row in await connection.fetch(_LIST_DAYS)]


async def file_cut_off(pool: Pool, cut_off: CutOff, *, clerk: str) -> None:
    """Raises UsageError where the day could begin within a minute, or a cut-off is filed from that day on."""
    await _file_ahead(pool, _FILE_CUT_OFF, *cut_off, clerk)


async def filed_cut_offs(pool: Pool) -> list[FiledCutOff]:
    async with transaction(pool) as connection:
        rows = await connection.fetch(_LIST_CUT_OFFS)
    return [FiledCutOff(CutOff(from_day, begins_at), clerk) for from_day, begins_at, clerk in rows]


async def file_netting_rule(pool: Pool, bank: str, from_day: date, negative_net: str, *, clerk: str) -> None:
    """Raises UsageError where the day could begin within a minute, or a rule is filed for the bank from that day on."""
    await _file_ahead(pool, _FILE_NETTING, bank, from_day, negative_net, clerk)


async def filed_netting_rules(pool: Pool) -> list[NettingRule]:
    async with transaction(pool) as connection:
        return [NettingRule(*row) for row in await connection.fetch(_LIST_NETTING)]


async def _file_ahead(pool: Pool, statement: str, *values: object) -> None:
    try:
        async with transaction(pool) as connection:
            await connection.execute(statement, *values)
    except asyncpg.CheckViolationError as error:
        raise UsageError(
            "It is filed a minute at least before its first day begins, so that every process knows it in time."
        ) from error
    except asyncpg.UniqueViolationError as error:
        raise UsageError("One is filed from that day on, and stays.") from error
