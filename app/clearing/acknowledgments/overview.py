"""What banks have said and what they have not: acknowledgments, payment files that wait for one, lines that wait."""

from datetime import date, datetime
from typing import NamedTuple

from app.clearing.filing import banking_days_since
from app.clearing.positions import FAILED_LINES, HELD_AGAIN, line_id_sql
from app.config import ZONE
from app.database import Connection

_LIST = """
SELECT
    a.ack_id, a.file_id, f.bank, a.form, a.code, a.reason, a.paid_count, a.paid, a.failed_count, a.failed,
    a.received_by, a.received_at, a.returned_at
FROM clearing.acknowledgments AS a
JOIN clearing.files AS f ON f.file_id = a.file_id
WHERE a.ack_id < $1 AND ($2::text IS NULL OR f.bank = $2) AND ($3::text IS NULL OR a.file_id = $3)
ORDER BY a.ack_id DESC
LIMIT $4
"""
# Days of which all is known are left out before their files are looked at, so this costs the same in a year.
_WAITING_FILES = """
SELECT
    f.file_id, f.bank, f.business_day, f.written_at,
    f.credit_count + f.debit_count - coalesce(told.lines, 0) AS lines
FROM clearing.business_days AS d
JOIN clearing.files AS f ON f.business_day = d.business_day AND f.kind = 'payment' AND f.written_at IS NOT NULL
LEFT JOIN LATERAL (
    SELECT sum(a.first_count)::bigint AS lines FROM clearing.acknowledgments AS a WHERE a.file_id = f.file_id
) AS told ON true
WHERE d.state IN ('sealed', 'filed') AND f.credit_count + f.debit_count > coalesce(told.lines, 0)
    AND NOT EXISTS (
        SELECT FROM clearing.files AS n
        WHERE n.business_day = f.business_day AND n.bank = f.bank AND n.kind = 'payment' AND n.version > f.version
    )
ORDER BY f.written_at, f.file_id
"""
_WAITING_LINES = f"""
SELECT {line_id_sql("f")} AS line_id, f.institution, f.amount, {HELD_AGAIN} AS held
{FAILED_LINES}
ORDER BY line_id
LIMIT $1
"""
_NOW = "SELECT clock_timestamp()"


class Listed(NamedTuple):
    """An acknowledgment; signed fen."""

    ack_id: int
    file_id: str
    bank: str
    form: str
    code: str
    reason: str
    paid_count: int
    paid: int
    failed_count: int
    failed: int
    received_by: str
    received_at: datetime
    returned_at: datetime | None


class WaitingFile(NamedTuple):
    """A payment file of which nothing is known of so many lines. banking_days: begun since it was written."""

    file_id: str
    bank: str
    business_day: date
    lines: int
    banking_days: int


class WaitingLine(NamedTuple):
    """A line that failed and is not drawn again yet; signed fen. held: why not at the next seal, None where it is."""

    line_id: str
    institution: str
    amount: int
    held: str | None


async def list_acknowledgments(
    connection: Connection,
    *,
    bank: str | None = None,
    file_id: str | None = None,
    before: int = 2**63 - 1,
    limit: int = 100,
) -> list[Listed]:
    """Newest first, below a number."""
    return [Listed(*row) for row in await connection.fetch(_LIST, before, bank, file_id, limit)]


async def waiting_files(connection: Connection) -> list[WaitingFile]:
    """Of days that are not acknowledged, the oldest first."""
    rows = [tuple(row) for row in await connection.fetch(_WAITING_FILES)]
    if not rows:
        return []
    now: datetime = await connection.fetchval(_NOW)
    written = [at.astimezone(ZONE).date() for _, _, _, at, _ in rows]
    ages = await banking_days_since(connection, written, now.astimezone(ZONE).date())
    return [
        WaitingFile(file_id, bank, day, lines, ages[since])
        for (file_id, bank, day, _, lines), since in zip(rows, written, strict=True)
    ]


async def waiting_lines(connection: Connection, *, limit: int = 1_000) -> list[WaitingLine]:
    """Whose money is back with their institutions, in the order of their numbers."""
    return [WaitingLine(*row) for row in await connection.fetch(_WAITING_LINES, limit)]
