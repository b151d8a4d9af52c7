"""What is known of the contribution files that came, in `funding.contribution_files` and `funding.refused_lines`."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Literal

from app.codes import Code
from app.database import Connection, Pool, connect, transaction
from app.errors import Refused
from app.funding.contribution_file import BadLine, Header

FileState = Literal["settling", "interrupted", "settled"]

_REGISTER = """
INSERT INTO funding.contribution_files (file_no, digest, month, line_count, total, received_by)
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (file_no) DO NOTHING
"""

# Whoever settles a file holds an advisory lock under its number, and loses it when it dies.
_READ = """
SELECT
    f.file_no, f.digest, f.month, f.line_count, f.total, f.received_by, f.received_at,
    f.settled_at, f.settled_count, f.settled_total,
    (SELECT count(*) FROM funding.refused_lines AS r WHERE r.file_no = f.file_no) AS refused_count,
    EXISTS (
        SELECT FROM pg_catalog.pg_locks AS l
        WHERE l.locktype = 'advisory' AND l.granted AND l.classid = $2::bigint::oid AND l.objid = $3::bigint::oid
            AND l.database = (SELECT d.oid FROM pg_catalog.pg_database AS d WHERE d.datname = current_database())
    ) AS is_in_hand
FROM funding.contribution_files AS f
WHERE f.file_no = $1
"""

_REFUSE = """
INSERT INTO funding.refused_lines (file_no, line, code, detail)
SELECT $1, new.line, new.code, new.detail
FROM unnest($2::integer[], $3::text[], $4::text[]) AS new (line, code, detail)
ON CONFLICT (file_no, line) DO NOTHING
"""

_REFUSED_PAGE = """
SELECT line, code, detail FROM funding.refused_lines WHERE file_no = $1 AND line > $2 ORDER BY line LIMIT $3
"""

_SETTLED = """
UPDATE funding.contribution_files
SET settled_at = clock_timestamp(), settled_count = $2, settled_total = $3
WHERE file_no = $1 AND settled_at IS NULL
"""

_LOCK = 0x66696C65  # "file"


@dataclass(frozen=True, slots=True)
class FileReport:
    """A file that was received. `total` and `settled_total` are the fen of all lines, whichever way they go.

    `settled_*` are None until every line was answered. A file that is interrupted goes on when it is sent again.
    """

    file_no: str
    month: date
    line_count: int
    total: int
    received_by: str
    received_at: datetime
    state: FileState
    settled_at: datetime | None
    settled_count: int | None
    settled_total: int | None
    refused_count: int


async def register_file(pool: Pool, header: Header, digest: bytes, operator: str) -> None:
    """Note that a file came; one that came before is left as it is. Raises Refused for another under its number."""
    async with transaction(pool) as connection:
        await connection.execute(
            _REGISTER, header.file_no, digest, header.month, header.totals.lines, header.totals.fen, operator
        )
        stored = await connection.fetchval(
            "SELECT digest FROM funding.contribution_files WHERE file_no = $1", header.file_no
        )
    if stored != digest:
        raise Refused(Code.FILE_CONFLICT, "Another file was received under this number; no line of this one was taken.")


async def read_file(pool: Pool, file_no: str) -> FileReport:
    """Raises Refused for an unknown number."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_READ, file_no, _LOCK, _lock_of(file_no))
    if row is None:
        raise Refused(Code.FILE_UNKNOWN, "No file was received under this number.")
    known = dict(row)
    known.pop("digest")
    state: FileState = "settling" if known.pop("is_in_hand") else "interrupted"
    return FileReport(state="settled" if row["settled_at"] else state, **known)


async def refused_lines(pool: Pool, file_no: str, *, after: int, limit: int) -> list[BadLine]:
    """Refused lines in order, from behind a line on."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(_REFUSED_PAGE, file_no, after, limit)
    return [BadLine(row["line"], Code(row["code"]), row["detail"]) for row in rows]


async def refuse_lines(pool: Pool, file_no: str, lines: Sequence[BadLine]) -> None:
    """Note refused lines; those that are noted already are left alone."""
    async with transaction(pool) as connection:
        await connection.execute(
            _REFUSE,
            file_no,
            [line.line for line in lines],
            [line.code for line in lines],
            [line.detail for line in lines],
        )


async def note_settled(pool: Pool, file_no: str, count: int, fen: int) -> None:
    async with transaction(pool) as connection:
        await connection.execute(_SETTLED, file_no, count, fen)


@asynccontextmanager
async def in_hand(url: str, file_no: str) -> AsyncIterator[bool]:
    """Hold the file's lock for as long as the block lasts; False if another process has it."""
    connection: Connection = await connect(url, application_name="medsettle contributions")
    try:
        yield await connection.fetchval("SELECT pg_try_advisory_lock($1, $2)", _LOCK, _signed(_lock_of(file_no)))
    finally:
        await connection.close()


def _lock_of(file_no: str) -> int:
    return int.from_bytes(blake2b(file_no.encode(), digest_size=4).digest(), "big")


def _signed(number: int) -> int:
    """The same 32 bits as a Postgres integer."""
    return number - (1 << 32) if number >= 1 << 31 else number
