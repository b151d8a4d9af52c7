"""Files that institutions upload: taken in whole or not at all, and gone when their run ends.

The rows go by COPY into an unlogged table of their own (docs/adr/0018). The file itself is kept nowhere.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from typing import IO, NamedTuple

from app.clearing.reconciliation.archive import read_text
from app.clearing.reconciliation.runs import require_institution
from app.clearing.reconciliation.session import session
from app.clearing.reconciliation.uploaded_rows import COLUMNS, MESSAGE_ID, checked_rows
from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Overloaded, Refused

#: Uploads of one institution whose rows are kept at a time.
_KEPT_MAX = 10
#: An upload that no run was asked for is dropped after so long.
_UNUSED_HOURS_MAX = 24

_COUNT = "SELECT count(*) FROM reconciliation.uploads WHERE institution = $1 AND dropped_at IS NULL"
_NEW = """
INSERT INTO reconciliation.uploads (institution, has_message_ids, received_by) VALUES ($1, $2, $3) RETURNING upload_id
"""
_DONE = "UPDATE reconciliation.uploads SET row_count = $2, digest = $3 WHERE upload_id = $1"

# A settlement and what gave it back may stand under one number, above and below zero.
_REPEATED = """
SELECT min(line) AS first, max(line) AS last
FROM {table}
WHERE {key} IS NOT NULL
GROUP BY {key}, {side}
HAVING count(*) > 1
ORDER BY max(line)
LIMIT 1
"""
_FIND = """
SELECT upload_id, institution, has_message_ids, row_count, dropped_at IS NOT NULL AS is_dropped
FROM reconciliation.uploads
WHERE upload_id = $1
"""
_UNUSED = """
SELECT upload_id FROM reconciliation.uploads AS u
WHERE u.dropped_at IS NULL AND u.received_at < clock_timestamp() - make_interval(hours => $1)
    AND NOT EXISTS (SELECT FROM reconciliation.runs AS r WHERE r.upload_id = u.upload_id AND r.state = 'waiting')
"""


class Upload(NamedTuple):
    upload_id: int
    institution: str
    has_message_ids: bool
    row_count: int

    @property
    def table(self) -> str:
        return f"reconciliation.upload_{self.upload_id:d}"


async def take_in(
    url: str, institution: str, archive: IO[bytes], *, with_message_ids: bool = False, received_by: str
) -> Upload:
    """Take in the zip of an institution's rows.

    Raises Refused where it is not as it should be (nothing of it is kept) or the institution is unknown, Overloaded
    where too many of this institution wait to be compared, DatabaseUnavailable.
    """
    async with session(url) as connection, connection.transaction():
        await require_institution(connection, institution)
        if await connection.fetchval(_COUNT, institution) >= _KEPT_MAX:
            raise Overloaded(f"{_KEPT_MAX} files of this institution wait to be compared.")
        upload_id = await connection.fetchval(_NEW, institution, with_message_ids, received_by)
        upload = Upload(upload_id, institution, with_message_ids, 0)
        await connection.execute("SELECT reconciliation.make_upload_table($1)", upload_id)
        digest = hashlib.sha256()
        status = await connection.copy_to_table(
            f"upload_{upload_id:d}",
            schema_name="reconciliation",
            source=_in_thread(checked_rows(_hashed(archive, digest), with_message_ids=with_message_ids)),
            columns=(*COLUMNS, MESSAGE_ID) if with_message_ids else COLUMNS,
            format="text",
            null="null",
        )
        await _refuse_repeated(connection, upload)
        await connection.execute("SELECT reconciliation.analyze_upload_table($1)", upload_id)
        rows = int(status.removeprefix("COPY "))
        await connection.execute(_DONE, upload_id, rows, digest.digest())
    return upload._replace(row_count=rows)


def _hashed(archive: IO[bytes], digest: "hashlib._Hash") -> Iterator[bytes]:
    for chunk in read_text(archive):
        digest.update(chunk)
        yield chunk


async def _in_thread(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    """Unpacking and checking a chunk holds up nobody else."""
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


async def _refuse_repeated(connection: Connection, upload: Upload) -> None:
    for key, side in (("settlement_id", "coalesce(medfee, 0) < 0"), (MESSAGE_ID, "message_id")):
        if key == MESSAGE_ID and not upload.has_message_ids:
            continue
        row = await connection.fetchrow(_REPEATED.format(table=upload.table, key=key, side=side))
        if row is not None:
            raise Refused(
                Code.FILE_ROW_REPEATED, f"Lines {row['first']:,} and {row['last']:,} are of one settlement ({key})."
            )


async def find_upload(connection: Connection, upload_id: int) -> Upload:
    """Raises Refused where there is none, or its rows are gone: dropped, or lost in a crash of the database."""
    row = await connection.fetchrow(_FIND, upload_id)
    if row is None or row["is_dropped"]:
        raise Refused(Code.UPLOAD_UNKNOWN, "No rows are kept under this number.")
    return Upload(row["upload_id"], row["institution"], row["has_message_ids"], row["row_count"])


async def rows_were_lost(connection: Connection, upload: Upload) -> bool:
    """An unlogged table is empty after a crash of the database."""
    is_empty: bool = await connection.fetchval(f"SELECT NOT EXISTS (SELECT FROM {upload.table})")  # noqa: S608
    return upload.row_count > 0 and is_empty


async def drop_rows(connection: Connection, upload_id: int) -> None:
    await connection.execute("SELECT reconciliation.drop_upload_table($1)", upload_id)
    await connection.execute(
        "UPDATE reconciliation.uploads SET dropped_at = clock_timestamp() WHERE upload_id = $1 AND dropped_at IS NULL",
        upload_id,
    )


async def drop_unused(pool: Pool) -> int:
    """Drop the rows that nobody compared; how many uploads."""
    async with transaction(pool) as connection:
        unused = [upload_id for (upload_id,) in await connection.fetch(_UNUSED, _UNUSED_HOURS_MAX)]
        for upload_id in unused:
            await drop_rows(connection, upload_id)
    return len(unused)
