"""Signatures of requests, checked where an institution has a key on record.

What is signed is every field of the envelope but `cainfo` and `input`, in the order of their names, as k=v joined by &.
SM2 with SM3 under the user id 1234567812345678; the signature is r and s as 128 upper-case hex digits.
"""

import re
import time
from collections.abc import Mapping
from typing import Any

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import UsageError
from app.national.failure import Failed
from app.signing import PublicKey

_READ = "SELECT institution, public_key FROM national.signers"
_WRITE = """
INSERT INTO national.signers (institution, public_key, set_by) VALUES ($1, $2, $3)
ON CONFLICT (institution) DO UPDATE SET public_key = EXCLUDED.public_key, set_by = EXCLUDED.set_by, set_at = now()
"""
_REMOVE = "DELETE FROM national.signers WHERE institution = $1 RETURNING true"

_SECONDS_MAX = 5.0
_is_signature = re.compile("[0-9A-F]{128}").fullmatch


class Signers:
    """The keys on record, read again every few seconds."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._keys: Mapping[str, PublicKey] = {}
        self._read_at = float("-inf")

    async def check(self, institution: str, fields: Mapping[str, Any]) -> None:
        """Raises Failed: signature_invalid; internal_error without the extra `sm`. Raises DatabaseUnavailable."""
        key = await self._key(institution)
        if key is None:
            return
        signature = fields.get("cainfo")
        if fields.get("signtype") != "SM2" or not isinstance(signature, str) or _is_signature(signature) is None:
            raise Failed(Code.SIGNATURE_INVALID)
        try:
            is_good = key.verifies(bytes.fromhex(signature), signed_text(fields).encode("utf-8", "replace"))
        except UsageError:
            raise Failed(Code.INTERNAL_ERROR, "The service cannot check SM2 signatures.") from None
        if not is_good:
            raise Failed(Code.SIGNATURE_INVALID)

    async def _key(self, institution: str) -> PublicKey | None:
        if self._read_at + _SECONDS_MAX < time.monotonic():
            async with transaction(self._pool) as connection:
                rows = await connection.fetch(_READ)
            self._keys = {row["institution"]: PublicKey("SM2", row["public_key"]) for row in rows}
            self._read_at = time.monotonic()
        return self._keys.get(institution)


def signed_text(fields: Mapping[str, Any]) -> str:
    names = sorted(fields.keys() - {"cainfo", "input"})
    return "&".join(f"{name}={'' if fields[name] is None else fields[name]}" for name in names)


async def set_signer(connection: Connection, institution: str, key: PublicKey, *, set_by: str) -> None:
    await connection.execute(_WRITE, institution, key.raw, set_by)


async def remove_signer(connection: Connection, institution: str) -> bool:
    """False where none was on record."""
    return await connection.fetchval(_REMOVE, institution) is True
