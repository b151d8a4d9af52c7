"""Interest rates as data: by region, part of the account and the day from which they hold.

A rate is never changed, and a year that may have been paid gets no further one. Interest of a year is paid after it
has ended and once the region '' has rates of both parts for all of it; from then on that year's rates stand still.
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from app.database import Connection, Pool, transaction
from app.errors import UsageError

Part = Literal["current", "accumulated"]
PARTS: tuple[Part, Part] = ("current", "accumulated")

#: Stands for every region that has no rate of its own.
EVERYWHERE = ""

_LOCK = 0x72617465  # "rate"


class Rate(NamedTuple):
    """Interest of a year, in millionths of the balance."""

    region: str
    part: Part
    effective_from: date
    millionths: int
    filed_by: str
    filed_at: datetime


class Weight(NamedTuple):
    """What one fen that comes in on a day bears until the year's end: the sum of each day's rate, by part."""

    region: str
    day: date
    current: int
    accumulated: int


_READ = """
SELECT region, part, effective_from, millionths, filed_by, filed_at
FROM funding.interest_rates
ORDER BY region, part, effective_from
"""
_FILE = """
INSERT INTO funding.interest_rates (region, part, effective_from, millionths, filed_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true
"""


async def file_rate(
    pool: Pool, *, region: str, part: Part, effective_from: date, millionths: int, operator: str, today: date
) -> bool:
    """File a rate; False where just this one is filed already. Raises UsageError for one that may not be filed."""
    async with transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        rates = await read_rates(connection)
        filed = {(rate.region, rate.part, rate.effective_from): rate.millionths for rate in rates}
        if filed.get((region, part, effective_from)) == millionths:
            return False
        _check_open(rates, effective_from, today)
        if not await connection.fetchval(_FILE, region, part, effective_from, millionths, operator):
            raise UsageError("Another rate is filed for this region, part and day; file one from a later day on.")
        return True


def _check_open(rates: Sequence[Rate], effective_from: date, today: date) -> None:
    """Once a year is whole, so are those behind it: the last year that ended tells of all before."""
    if effective_from.year < today.year and is_whole(rates, today.year - 1):
        raise UsageError(f"Interest up to {today.year - 1} may be paid already; file a rate from {today.year} on.")


async def read_rates(connection: Connection) -> list[Rate]:
    return [Rate(*row) for row in await connection.fetch(_READ)]


async def read_rates_that_stand(pool: Pool) -> list[Rate]:
    """As `read_rates`, with no filing under way: what is filed later finds the years whole that are whole here."""
    async with transaction(pool) as connection:
        await connection.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        return await read_rates(connection)


def is_whole(rates: Sequence[Rate], year: int) -> bool:
    """Whether every day of the year has a rate of each part."""
    return all(
        any(r.region == EVERYWHERE and r.part == part and r.effective_from <= date(year, 1, 1) for r in rates)
        for part in PARTS
    )


def weights(rates: Sequence[Rate], year: int) -> list[Weight]:
    """Weights of every day, for each region that has rates and for ''. Raises UsageError where a day has no rate."""
    if not is_whole(rates, year):
        raise UsageError(f"File a rate of each part for region '' that holds on {year}-01-01, be it 0.")
    steps: dict[tuple[str, Part], list[Rate]] = {}
    for rate in sorted(rates, key=lambda rate: rate.effective_from):
        steps.setdefault((rate.region, rate.part), []).append(rate)
    found = []
    for region in sorted({rate.region for rate in rates}):
        current = accumulated = 0
        day = date(year, 12, 31)
        while day.year == year:
            current += _rate_on(steps, region, "current", day)
            accumulated += _rate_on(steps, region, "accumulated", day)
            found.append(Weight(region, day, current, accumulated))
            day -= timedelta(days=1)
    return found


def _rate_on(steps: Mapping[tuple[str, Part], Sequence[Rate]], region: str, part: Part, day: date) -> int:
    """A region's own rate, or before its first one that of everywhere."""
    for where in (region, EVERYWHERE):
        own = steps.get((where, part), ())
        holding = bisect_right(own, day, key=lambda rate: rate.effective_from)
        if holding:
            return own[holding - 1].millionths
    raise AssertionError("the year is whole")
