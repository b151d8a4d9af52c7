"""Business days as they are asked for: open, sealing, sealed, filed, acknowledged."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from app.clearing.filing import value_date
from app.clearing.positions import Held, held_over
from app.clearing.totals import Totals
from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.business_days import BusinessDays

State = Literal["open", "sealing", "sealed", "filed", "acknowledged"]

_READ = """
SELECT
    d.state, d.begins_at, d.ends_at, d.value_date, d.closed_at, d.sealed_at,
    s.batch_count, s.row_count, s.debit_count, s.debits, s.refund_count, s.refunds, s.batches_root, s.day_hash
FROM clearing.business_days AS d
LEFT JOIN clearing.seals AS s ON s.business_day = d.business_day
WHERE d.business_day = $1
"""

# The first day of a ledger in which none is sealed yet is that of its first batches.
_NEXT = """
SELECT CASE
    WHEN EXISTS (SELECT FROM ledger.closed_days) THEN (SELECT max(business_day) + 1 FROM ledger.closed_days)
    ELSE (SELECT min(business_day) FROM ledger.batches)
END
"""
_UNFINISHED = "SELECT min(business_day) FROM clearing.business_days WHERE state = 'sealing'"


@dataclass(frozen=True, slots=True)
class Day:
    """`totals` and `held`, the institutions that are not paid, once they are taken; hashes in hex."""

    business_day: date
    state: State
    begins_at: datetime
    ends_at: datetime
    value_date: date
    closed_at: datetime | None = None
    sealed_at: datetime | None = None
    totals: Totals | None = None
    batches_root: str | None = None
    day_hash: str | None = None
    held: tuple[Held, ...] = ()


async def read_day(connection: Connection, day: date, days: BusinessDays) -> Day:
    """Raises Refused for a day that has not begun, or was over before this ledger knew it."""
    row = await connection.fetchrow(_READ, day)
    if row is None:
        return await _read_open(connection, day, days)
    state, begins_at, ends_at, value, closed_at, sealed_at, *totals, batches_root, day_hash = row
    if batches_root is None:
        return Day(day, state, begins_at, ends_at, value, closed_at)
    held = tuple(await held_over(connection, day))
    return Day(
        day, state, begins_at, ends_at, value, closed_at, sealed_at, Totals(*totals), batches_root.hex(),
        day_hash.hex(), held,
    )  # fmt: skip


async def next_to_seal(connection: Connection) -> date | None:
    """The day that is being sealed, else the first that is not closed; None where nothing was booked yet."""
    unfinished: date | None = await connection.fetchval(_UNFINISHED)
    if unfinished is not None:
        return unfinished
    found: date | None = await connection.fetchval(_NEXT)
    return found


async def _read_open(connection: Connection, day: date, days: BusinessDays) -> Day:
    begins_at, ends_at = days.begin(day), days.end(day)
    first = await next_to_seal(connection)
    if first is None or day < first or begins_at > await connection.fetchval("SELECT clock_timestamp()"):
        raise Refused(Code.DAY_UNKNOWN, f"{day} has not begun, or lies before the first day of this ledger.")
    return Day(day, "open", begins_at, ends_at, await value_date(connection, day))
