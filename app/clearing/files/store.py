"""Settlement files as banks pull them: found by name, and read a piece at a time.

A file is there once it is written, and then never changes. Nothing here holds a connection longer than one statement,
so a reader may be as slow as it likes.
"""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import date, datetime
from typing import Final, Literal, NamedTuple

from app.clearing.files.names import digest_line
from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused

Kind = Literal["payment", "detail_csv", "detail_parquet", "manifest"]

#: Of each row of `clearing.file_chunks` but the last of a file; they count from 0.
CHUNK_BYTES: Final = 1 << 20


class File(NamedTuple):
    """The row of a file that is written. institution: of details, '' otherwise. Credits and debits in fen.

    signature: over the bytes of `digest_file`, by the key of that id; None where the service had no signing key.
    """

    file_id: str
    business_day: date
    bank: str
    kind: Kind
    institution: str
    version: int
    terms_filed_at: datetime
    drawn_at: datetime
    credit_count: int
    credits: int
    debit_count: int
    debits: int
    written_at: datetime
    size: int
    sha256: bytes
    signature: bytes | None
    key_id: str | None


_COLUMNS = ", ".join(File._fields)
_READ = f"SELECT {_COLUMNS} FROM clearing.files WHERE file_id = $1 AND written_at IS NOT NULL"  # noqa: S608
# Each combination of what is asked for is a statement of its own, so that it is read by the index that fits.
_LIST = f"SELECT {_COLUMNS} FROM clearing.files WHERE {{}} AND written_at IS NOT NULL"  # noqa: S608
_OF = {
    "bank": "bank = ${0}",
    "business_day": "business_day = ${0}",
    # The index of institutions holds details alone.
    "institution": "institution = ${0} AND institution <> ''",
}
_SUCCESSORS = """
SELECT DISTINCT ON (old.file_id) old.file_id, new.file_id AS successor
FROM clearing.files AS old
JOIN clearing.files AS new USING (business_day, bank, kind, institution)
WHERE old.file_id = ANY($1::text[]) AND new.version > old.version AND new.written_at IS NOT NULL
ORDER BY old.file_id, new.version DESC
"""
_CHUNK = "SELECT content FROM clearing.file_chunks WHERE file_id = $1 AND chunk_no = $2"


async def read_file(connection: Connection, file_id: str) -> File:
    """Raises Refused where no written file has this name."""
    row = await connection.fetchrow(_READ, file_id)
    if row is None:
        raise Refused(Code.FILE_UNKNOWN, "No settlement file has this name.")
    return File(*row)


async def list_files(
    connection: Connection,
    *,
    bank: str | None = None,
    day: date | None = None,
    institution: str | None = None,
    after: str = "",
    limit: int = 1_000,
    newest_first: bool = False,
) -> list[File]:
    """Those behind a name, in the order of their names, which begin with the day, or in its reverse."""
    sought = {"bank": bank, "business_day": day, "institution": institution}
    statement, values = page_query(sought, after, limit, newest_first=newest_first)
    return [File(*row) for row in await connection.fetch(statement, *values)]


def page_query(
    sought: Mapping[str, object], after: str, limit: int, *, newest_first: bool = False
) -> tuple[str, list[object]]:
    """The statement of a page and its values; what is None is not asked for."""
    statement = _LIST.format("($1 = '' OR file_id < $1)" if newest_first else "file_id > $1")
    values: list[object] = [after, limit]
    for column, value in sought.items():
        if value is not None:
            values.append(value)
            statement += f" AND {_OF[column].format(len(values))}"
    return f"{statement} ORDER BY file_id {'DESC ' * newest_first}LIMIT $2", values


async def successors(connection: Connection, files: Iterable[File]) -> dict[str, str]:
    """The newest version of each of these files that is not the newest itself."""
    rows = await connection.fetch(_SUCCESSORS, [file.file_id for file in files])
    return {row["file_id"]: row["successor"] for row in rows}


async def stream_content(pool: Pool, file: File, start: int, stop: int) -> AsyncIterator[bytes]:
    """The bytes from `start` up to `stop`, at most CHUNK_BYTES at a time.

    Raises DatabaseUnavailable, between two pieces too; ValueError where the stored bytes are not as many as they were.
    """
    at = start
    while at < stop:
        number, offset = divmod(at, CHUNK_BYTES)
        async with transaction(pool) as connection:
            content: bytes | None = await connection.fetchval(_CHUNK, file.file_id, number)
        if content is None or len(content) != min(CHUNK_BYTES, file.size - number * CHUNK_BYTES):
            raise ValueError(f"{file.file_id}: chunk {number} is not there as it was written")
        piece = content[offset : offset + stop - at]
        at += len(piece)
        yield piece


def digest_file(file: File) -> bytes:
    """What `sha256sum` prints of the file; the signature is over these bytes."""
    return digest_line(file.file_id, file.sha256)
