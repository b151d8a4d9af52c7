"""When business days begin, and which of them are closed: what a posting may be booked on.

A day begins at its cut-off in Asia/Shanghai and lasts until the next one begins. Once it is closed nothing is booked
on it any more, whatever clock or setting a process goes by: `journal.close_batch` refuses, and what comes late falls
into the first day that is open.
"""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final, NamedTuple

from app.config import ZONE
from app.database import Connection

#: Class of the advisory locks that postings share, a lock a day; its other half is the day's ordinal.
DAY_LOCK: Final = 0x64617973

_DAY = timedelta(days=1)

_CUT_OFFS = "SELECT from_day, begins_at FROM ledger.cut_offs ORDER BY from_day DESC"
_CLOSED = "SELECT max(business_day) FROM ledger.closed_days"
_CLOSE = "INSERT INTO ledger.closed_days (business_day) VALUES ($1) ON CONFLICT DO NOTHING"
_NOBODY_POSTS = f"SELECT pg_try_advisory_xact_lock({DAY_LOCK}, $1)"


class CutOff(NamedTuple):
    """Business days from `from_day` on begin at this time of Asia/Shanghai."""

    from_day: date
    begins_at: time


@dataclass(frozen=True, slots=True)
class BusinessDays:
    """`initial` holds before the first of `cut_offs`, which stand newest first. Nothing is booked up to `closed`."""

    initial: time
    cut_offs: tuple[CutOff, ...] = ()
    closed: date | None = None

    def begin(self, day: date) -> datetime:
        begins_at = next((each.begins_at for each in self.cut_offs if each.from_day <= day), self.initial)
        return datetime.combine(day, begins_at, ZONE)

    def end(self, day: date) -> datetime:
        """The first moment that is not in a day any more."""
        return self.begin(day + _DAY)

    def by_clock(self, moment: datetime) -> date:
        """The day that a moment lies in."""
        today = moment.astimezone(ZONE).date()
        return today if moment >= self.begin(today) else today - _DAY

    def open_at(self, moment: datetime) -> date:
        """The day on which something is booked at a moment."""
        day = self.by_clock(moment)
        return day if self.closed is None else max(day, self.closed + _DAY)


async def read_business_days(connection: Connection, initial: time) -> BusinessDays:
    cut_offs = tuple(CutOff(*row) for row in await connection.fetch(_CUT_OFFS))
    return BusinessDays(initial, cut_offs, await connection.fetchval(_CLOSED))


async def close_day(connection: Connection, day: date) -> None:
    """Let nothing more be booked on a day, or on one before it, from this transaction's commit on; again is harmless.

    Batches that are under way then either find it closed and fall into the next day, or stand in the database once
    `nobody_posts_on` it.
    """
    await connection.execute(_CLOSE, day)


async def nobody_posts_on(connection: Connection, day: date) -> bool:
    """Whether no transaction has a batch of this day under way. It asks and does not wait, so it makes nobody wait."""
    found: bool = await connection.fetchval(_NOBODY_POSTS, day.toordinal())
    return found
