"""Proves that files are the bytes that they were written with, and tell the lines and transactions of their day.

`verify` of the ledger does not look at signatures, since no key is in it; `file_defects` does, and so does a bank.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

import orjson

from app.clearing.files.drawing import LINES_BY_BANK
from app.clearing.files.store import CHUNK_BYTES, File, digest_file
from app.database import Connection
from app.ledger.verify import VIOLATIONS_MAX, Check, Violation
from app.signing import PublicKey

_FILES_A_READ = 1_000
_CHUNKS_A_READ = 4

# A payment file and a manifest have the sums of their bank's lines, a detail file those of its institution's totals.
_FILES: Final = f"""
WITH lines AS MATERIALIZED ({LINES_BY_BANK.format("true")}),
totals AS (
    SELECT
        business_day, institution, sum(debit_count) AS credit_count, sum(debits) AS credits,
        sum(refund_count) AS debit_count, sum(refunds) AS debits
    FROM clearing.totals
    GROUP BY business_day, institution
), looked_at AS (
    SELECT
        f.file_id AS name,
        CASE
            WHEN d.state = 'sealing' THEN 'was drawn before its day was sealed'
            WHEN (f.credit_count, f.credits, f.debit_count, f.debits) <> (
                coalesce(l.credit_count, t.credit_count, 0), coalesce(l.credits, t.credits, 0),
                coalesce(l.debit_count, t.debit_count, 0), coalesce(l.debits, t.debits, 0)
            ) THEN format('says %s of %s fen and %s of %s back, what it is of comes to %s of %s and %s of %s',
                          f.credit_count, f.credits, f.debit_count, f.debits,
                          coalesce(l.credit_count, t.credit_count, 0), coalesce(l.credits, t.credits, 0),
                          coalesce(l.debit_count, t.debit_count, 0), coalesce(l.debits, t.debits, 0))
            WHEN f.written_at IS NOT NULL AND f.signature IS NULL THEN 'is not signed'
            WHEN f.written_at IS NULL AND d.state IN ('filed', 'acknowledged') AND f.version = 1
                THEN format('is not written and its day is %s', d.state)
        END AS detail
    FROM clearing.files AS f
    LEFT JOIN lines AS l
        ON l.business_day = f.business_day AND l.bank = f.bank AND f.kind IN ('payment', 'manifest')
    LEFT JOIN totals AS t
        ON t.business_day = f.business_day AND t.institution = f.institution AND f.kind NOT IN ('payment', 'manifest')
    LEFT JOIN clearing.business_days AS d ON d.business_day = f.business_day
    UNION ALL
    SELECT
        format('of bank %s on %s', l.bank, l.business_day),
        format('its %s lines stand in no payment file and manifest, and its day is %s', l.credit_count + l.debit_count,
               d.state)
    FROM lines AS l
    JOIN clearing.business_days AS d ON d.business_day = l.business_day AND d.state IN ('filed', 'acknowledged')
    LEFT JOIN (
        SELECT business_day, bank, count(DISTINCT kind) AS kinds
        FROM clearing.files
        WHERE kind IN ('payment', 'manifest') AND written_at IS NOT NULL
        GROUP BY business_day, bank
    ) AS f ON f.business_day = l.business_day AND f.bank = l.bank
    WHERE coalesce(f.kinds, 0) < 2
)
SELECT format('file %s', name) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY name
"""  # noqa: S608

_WRITTEN: Final = """
SELECT file_id, business_day, bank, kind, size, sha256
FROM clearing.files
WHERE written_at IS NOT NULL
ORDER BY file_id
"""
_CHUNKS = "SELECT chunk_no, content FROM clearing.file_chunks WHERE file_id = $1 ORDER BY chunk_no"
_LISTED = """
SELECT
    file_id, kind, nullif(institution, '') AS institution, version, size, encode(sha256, 'hex') AS sha256,
    credit_count, credits, debit_count, debits
FROM clearing.files
WHERE business_day = $1 AND bank = $2 AND kind <> 'manifest'
"""


async def file_defects(connection: Connection, file: File, keys: Iterable[PublicKey]) -> list[str]:
    """What is wrong with one file: its bytes, its signature, its counts and sums. Needs a transaction."""
    defects = [await _defect(connection, file._asdict()), _signature_defect(file, keys)]
    rows = await connection.fetch(f"SELECT detail FROM ({_FILES}) AS f WHERE broken_row = $1", f"file {file.file_id}")  # noqa: S608
    return [defect for defect in (*defects, *(row["detail"] for row in rows)) if defect is not None]


def _signature_defect(file: File, keys: Iterable[PublicKey]) -> str | None:
    if file.signature is None:
        return None
    of_file = [key for key in keys if key.key_id == file.key_id]
    if not of_file:
        return f"is signed by key {file.key_id}, which is not among those of the settings"
    return None if of_file[0].verifies(file.signature, digest_file(file)) else "its signature is not over its digest"


@dataclass(frozen=True, slots=True)
class _ContentCheck(Check):
    """`sql` gives the files whose bytes are read."""

    async def violations(self, connection: Connection, looked_at: Callable[[int], None]) -> list[Violation]:
        found: list[Violation] = []
        seen = 0
        cursor = await connection.cursor(self.sql)
        while rows := await cursor.fetch(_FILES_A_READ):
            for row in rows:
                if len(found) < VIOLATIONS_MAX and (detail := await _defect(connection, row)) is not None:
                    found.append(Violation(self.name, f"file {row['file_id']}", detail))
                seen += 1
                looked_at(seen)
        return found


async def _defect(connection: Connection, file: Any) -> str | None:
    """What is wrong with the bytes of a file, if anything is."""
    digest = sha256()
    size = number = 0
    kept = b""
    cursor = await connection.cursor(_CHUNKS, file["file_id"])
    while chunks := await cursor.fetch(_CHUNKS_A_READ):
        for chunk_no, content in chunks:
            if chunk_no != number or len(content) != min(CHUNK_BYTES, file["size"] - size):
                return f"chunk {number} is not there as it was written"
            digest.update(content)
            size, number = size + len(content), number + 1
            kept += content if file["kind"] == "manifest" else b""
    if size != file["size"]:
        return f"has {size} bytes of {file['size']}"
    if digest.digest() != file["sha256"]:
        return "its bytes do not make its SHA-256"
    return await _manifest_defect(connection, file, kept) if file["kind"] == "manifest" else None


async def _manifest_defect(connection: Connection, file: Any, content: bytes) -> str | None:
    """A manifest lists one version of each file of its bank and day, as it is."""
    rows = {row["file_id"]: _told(row) for row in await connection.fetch(_LISTED, file["business_day"], file["bank"])}
    try:
        listed = {entry["file_id"]: entry for entry in orjson.loads(content)["files"]}
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return "is no manifest"
    wrong = sorted(name for name, entry in listed.items() if rows.get(name) != entry)
    if wrong:
        return f"lists {wrong[0]} as it is not"
    if {_subject(entry) for entry in listed.values()} != {_subject(row) for row in rows.values()}:
        return "does not list every file of its bank and day"
    return None


def _told(row: Any) -> dict[str, Any]:
    return {name: value for name, value in row.items() if value is not None}


def _subject(entry: Mapping[str, Any]) -> tuple[str, str]:
    return entry["kind"], entry.get("institution", "")


CHECKS: Final[tuple[Check, ...]] = (
    Check("files", "files tell their day's lines and totals", "clearing.files", _FILES),
    _ContentCheck("contents", "files are the bytes they were written with", "clearing.files", _WRITTEN),
)
