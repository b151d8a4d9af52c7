"""Ed25519 keys by which institutions sign what they send by Kafka: registered here, proved in the worker."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

from app.database import Connection
from app.errors import UsageError
from app.signing import PublicKey


class ProducerKey(NamedTuple):
    key_id: str
    institution: str
    public_key: bytes
    registered_at: datetime
    registered_by: str
    revoked_at: datetime | None
    revoked_by: str | None


_COLUMNS = ", ".join(ProducerKey._fields)
_INSERT = """
INSERT INTO access.producer_keys (key_id, institution, public_key, registered_by) VALUES ($1, $2, $3, $4)
ON CONFLICT DO NOTHING
RETURNING true
"""
_REVOKE = """
UPDATE access.producer_keys SET revoked_at = now(), revoked_by = $2 WHERE key_id = $1 AND revoked_at IS NULL
RETURNING true
"""
_LIST = f"SELECT {_COLUMNS} FROM access.producer_keys ORDER BY institution, registered_at"  # noqa: S608
_READ_GOOD = """
SELECT key_id, institution, public_key FROM access.producer_keys
WHERE key_id = ANY($1::text[]) AND revoked_at IS NULL
"""


async def register_producer_key(connection: Connection, institution: str, key: PublicKey, *, by: str) -> None:
    """Raises UsageError: not Ed25519, or registered before, for whomever."""
    if key.algorithm != "Ed25519":
        raise UsageError("Producers sign by Ed25519.")
    if await connection.fetchval(_INSERT, key.key_id, institution, key.raw, by) is not True:
        raise UsageError(f"Key {key.key_id} is registered already: one key is one institution's.")


async def revoke_producer_key(connection: Connection, key_id: str, *, by: str) -> bool:
    """False if there is none that is good."""
    return await connection.fetchval(_REVOKE, key_id, by) is True


async def list_producer_keys(connection: Connection) -> list[ProducerKey]:
    return [ProducerKey(*row) for row in await connection.fetch(_LIST)]


async def read_producer_keys(connection: Connection, key_ids: Iterable[str]) -> dict[str, tuple[str, PublicKey]]:
    """Institution and key of those that are good."""
    rows = await connection.fetch(_READ_GOOD, list(key_ids))
    return {key_id: (institution, PublicKey("Ed25519", raw)) for key_id, institution, raw in rows}
