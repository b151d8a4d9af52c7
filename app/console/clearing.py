"""Lists of what is cleared and held, for pages that no route of the API has."""

from datetime import date, datetime
from typing import NamedTuple

from app.clearing.days import State
from app.database import Connection


class ListedDay(NamedTuple):
    """A closed day; debits and refunds in fen, None until they are taken."""

    business_day: date
    state: State
    value_date: date
    closed_at: datetime
    sealed_at: datetime | None
    row_count: int | None
    debits: int | None
    refunds: int | None


class ListedHold(NamedTuple):
    """An open hold and the authorization that made it; amounts in fen. left: seconds, below 0 where it is due."""

    institution: str
    message_id: str
    person_no: str
    amount: int
    held: int
    expires_at: datetime
    left: float


_LIST_DAYS = """
SELECT d.business_day, d.state, d.value_date, d.closed_at, d.sealed_at, s.row_count, s.debits, s.refunds
FROM clearing.business_days AS d
LEFT JOIN clearing.seals AS s USING (business_day)
ORDER BY d.business_day DESC
LIMIT $1
"""
# The index of open holds gives them in this order; each leads to its settlement by key. A hold whose day was archived
# has expired long before.
_LIST_HOLDS = """
SELECT s.institution, s.message_id, s.person_no, h.amount, h.held, h.expires_at,
    extract(epoch FROM h.expires_at - clock_timestamp())::float8 AS remaining
FROM (
    SELECT message_key, amount, held, expires_at
    FROM settlement.holds
    WHERE state = 'open' AND expires_at > $1
    ORDER BY expires_at
    LIMIT $2
) AS h
JOIN settlement.message_keys AS k ON k.message_key = h.message_key
JOIN settlement.settlements AS s
    ON s.batch_id = k.batch_id AND s.business_day = k.business_day AND s.position = k.position
ORDER BY h.expires_at
"""


async def list_days(connection: Connection, limit: int) -> list[ListedDay]:
    """Newest first."""
    return [ListedDay(*row) for row in await connection.fetch(_LIST_DAYS, limit)]


async def list_holds(connection: Connection, behind: datetime, limit: int) -> list[ListedHold]:
    """Open ones that expire behind a moment, the soonest first."""
    return [ListedHold(*row) for row in await connection.fetch(_LIST_HOLDS, behind, limit)]
