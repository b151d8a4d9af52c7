"""Settlement files that lie there to be pulled, whatever they hold: rows and chunks, signed by a key of the tests."""

import hashlib
from datetime import date, datetime, time, timedelta
from typing import Any

from app.clearing.files.store import CHUNK_BYTES, File, digest_file, read_file
from app.config import ZONE
from app.database import Pool, transaction
from app.signing import SigningKeys, new_entry, read_keys
from pydantic import SecretStr
from tests.clearing_days import yesterday

SIGNING_KEY = new_entry("Ed25519")
KEYS: SigningKeys = read_keys(SecretStr(SIGNING_KEY), "")

_MAKE_DAY = """
WITH day AS (
    INSERT INTO clearing.business_days (business_day, begins_at, ends_at, value_date, state, sealed_at)
    VALUES ($1, $2, $3, $1::date + 1, 'sealed', now())
    ON CONFLICT DO NOTHING
    RETURNING business_day
)
INSERT INTO clearing.seals SELECT business_day, 0, 0, 0, 0, 0, 0, sha256(''), sha256('') FROM day
"""
_FILE_TERMS = """
INSERT INTO clearing.bank_terms
    (bank, form, encoding, bank_name, bank_no, payer_name, payer_account, filed_by, filed_at)
VALUES ($1, 'text', 'UTF-8', 'Bank', '102100099996', 'Fund', '6200', 'tests', 'epoch')
ON CONFLICT DO NOTHING
"""
_DRAW = """
INSERT INTO clearing.files
    (file_id, business_day, bank, kind, institution, version, terms_filed_at, credit_count, credits, debit_count,
     debits)
VALUES ($1, $2, $3, $4, $5, $6, 'epoch', 2, 300, 0, 0)
"""
_WRITE = """
UPDATE clearing.files
SET written_at = now(), size = $2, sha256 = $3, signature = $4, key_id = $5
WHERE file_id = $1
"""


async def draw_file(
    pool: Pool,
    bank: str,
    *,
    day: date | None = None,
    kind: str = "payment",
    institution: str = "",
    version: int = 1,
) -> str:
    """A file of a sealed day, yesterday unless another is named, that is not written yet; its name."""
    day = day or yesterday()
    begin = datetime.combine(day, time(), ZONE)
    middle = f"detail_{institution}" if institution else kind
    ending = {"payment": "txt", "detail_csv": "csv.gz", "detail_parquet": "parquet", "manifest": "json"}[kind]
    file_id = f"{day:%Y%m%d}_{bank}_{middle}_v{version}.{ending}"
    await pool.execute(_MAKE_DAY, day, begin, begin + timedelta(days=1))
    await pool.execute(_FILE_TERMS, bank)
    await pool.execute(_DRAW, file_id, day, bank, kind, institution, version)
    return file_id


async def write_content(pool: Pool, file_id: str, content: bytes) -> File:
    """Write a drawn file, and sign it."""
    pieces = [content[start : start + CHUNK_BYTES] for start in range(0, len(content), CHUNK_BYTES)]
    digest = hashlib.sha256(content).digest()
    await pool.execute(_WRITE, file_id, len(content), digest, None, None)
    async with transaction(pool) as connection:
        file = await read_file(connection, file_id)
    assert KEYS.current is not None
    signature = KEYS.current.sign(digest_file(file))
    await pool.execute(_WRITE, file_id, len(content), digest, signature, KEYS.current.public.key_id)
    await pool.executemany(
        "INSERT INTO clearing.file_chunks VALUES ($1, $2, $3)",
        [(file_id, number, piece) for number, piece in enumerate(pieces)],
    )
    return file._replace(signature=signature, key_id=KEYS.current.public.key_id)


async def add_file(pool: Pool, bank: str, content: bytes, **drawn: Any) -> File:
    return await write_content(pool, await draw_file(pool, bank, **drawn), content)
