"""The manifest of a bank and day: every file that the bank has for it, by name, with size, digest, counts and sums.

JSON, an entry of `files` a line. It is written last, so a bank that finds it has all that it lists.
"""

from typing import Any, Final

import orjson

from app.clearing.files.chunks import blocks_of, written
from app.database import Connection
from app.signing import SigningKey

_HEAD = """
SELECT f.business_day, f.bank, f.version, d.value_date, s.day_hash
FROM clearing.files AS f
JOIN clearing.business_days AS d USING (business_day)
JOIN clearing.seals AS s USING (business_day)
WHERE f.file_id = $1
"""
#: Files of a bank and day that no later version supersedes.
CURRENT: Final = """
SELECT DISTINCT ON (kind, institution) *
FROM clearing.files
WHERE business_day = $1 AND bank = $2
ORDER BY kind, institution, version DESC
"""
_LISTED = f"""
SELECT
    file_id, kind, nullif(institution, '') AS institution, version, size, encode(sha256, 'hex') AS sha256,
    credit_count, credits, debit_count, debits
FROM ({CURRENT}) AS current
WHERE kind <> 'manifest'
ORDER BY file_id
"""  # noqa: S608


async def write_manifest(writer: Connection, reader: Connection, file_id: str, key: SigningKey) -> None:
    """For when all that it lists is written."""
    head = await reader.fetchrow(_HEAD, file_id)
    assert head is not None
    business_day, bank, version, value_date, day_hash = head
    opening = {
        "file_id": file_id, "bank": bank, "business_day": business_day, "value_date": value_date, "version": version,
        "day_hash": day_hash.hex(),
    }  # fmt: skip
    async with written(writer, file_id, key) as chunks:
        await chunks.write(orjson.dumps(opening).removesuffix(b"}") + b',"files":[')
        separator = b"\n"
        async with blocks_of(reader, _LISTED, business_day, bank) as blocks:
            async for block in blocks:
                await chunks.write(separator + b",\n".join(map(_entry, block)))
                separator = b",\n"
        await chunks.write(b"\n]}\n")


def _entry(row: Any) -> bytes:
    assert row["sha256"] is not None
    return orjson.dumps({name: value for name, value in row.items() if value is not None})
