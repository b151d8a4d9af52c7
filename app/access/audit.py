"""The audit log: who did what to whom, when and why, and who looked at whose data. Rows are only ever added.

A row of an act is written before the act, so that none goes unrecorded, and its end afterwards; a look is written whole
before anything is shown. An act without an end was cut off: what it changed tells the same name in its own events. Of a
person nothing stands here but `person_no`.
"""

from datetime import datetime
from typing import NamedTuple

from app.access.principal import Principal
from app.database import Connection, Pool, transaction


class Deed(NamedTuple):
    """route: method and path as the table of routes has them. target: what the address names. reason: as told."""

    route: str
    target: str
    reason: str
    request_id: str


class Entry(NamedTuple):
    """status: of the answer; None where the act did not come to its end."""

    entry_id: int
    happened_at: datetime
    role: str
    name: str
    credential: str
    route: str
    target: str
    reason: str
    request_id: str
    status: int | None
    person_no: str | None


_BEGIN = """
INSERT INTO access.audit_entries (role, name, credential, route, target, reason, request_id)
VALUES ($1, $2, $3, $4, $5, $6, $7)
RETURNING entry_id
"""
_END = "INSERT INTO access.audit_ends (entry_id, status, person_no) VALUES ($1, $2, $3)"
_WHOLE = f"""
WITH entry AS ({_BEGIN})
INSERT INTO access.audit_ends (entry_id, status, person_no) SELECT entry_id, $8, $9 FROM entry
"""  # noqa: S608


async def begin(pool: Pool, principal: Principal, deed: Deed) -> int:
    """Record what is about to be done."""
    async with transaction(pool) as connection:
        entry_id: int = await connection.fetchval(_BEGIN, *_who(principal), *deed)
        return entry_id


async def end(pool: Pool, entry_id: int, status: int, person_no: str | None) -> None:
    async with transaction(pool) as connection:
        await connection.execute(_END, entry_id, status, person_no)


async def record(pool: Pool, principal: Principal, deed: Deed, status: int, person_no: str | None) -> None:
    """Begin and end at once."""
    async with transaction(pool) as connection:
        await connection.execute(_WHOLE, *_who(principal), *deed, status, person_no)


async def record_command(connection: Connection, name: str, command: str, target: str) -> None:
    """What was done at the command line, in its own transaction."""
    await connection.execute(_WHOLE, "command line", name, "", command, target, "", "", 0, None)


def _who(principal: Principal) -> tuple[str, str, str]:
    return principal.role, principal.name, principal.credential


_ID_MAX = 2**63 - 1
_COLUMNS = "e.entry_id, e.happened_at, e.role, e.name, e.credential, e.route, e.target, e.reason, e.request_id"
_READ = f"""
SELECT {_COLUMNS}, n.status, n.person_no
FROM access.audit_entries AS e
LEFT JOIN access.audit_ends AS n USING (entry_id)
WHERE e.entry_id < $1 AND ($2::text IS NULL OR e.name = $2)
ORDER BY e.entry_id DESC
LIMIT $3
"""  # noqa: S608
_READ_OF_PERSON = f"""
SELECT {_COLUMNS}, n.status, n.person_no
FROM access.audit_ends AS n
JOIN access.audit_entries AS e USING (entry_id)
WHERE n.entry_id < $1 AND n.person_no = $2 AND ($3::text IS NULL OR e.name = $3)
ORDER BY n.entry_id DESC
LIMIT $4
"""  # noqa: S608


async def read_audit(
    connection: Connection, *, person_no: str | None, name: str | None, cursor: int | None, limit: int
) -> tuple[list[Entry], int | None]:
    """Newest first, and the cursor of the page behind, None where there is none."""
    before = _ID_MAX if cursor is None else cursor
    if person_no is None:
        rows = await connection.fetch(_READ, before, name, limit + 1)
    else:
        rows = await connection.fetch(_READ_OF_PERSON, before, person_no, name, limit + 1)
    found = [Entry(*row) for row in rows[:limit]]
    return found, found[-1].entry_id if len(rows) > limit else None
