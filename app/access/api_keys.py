"""API keys: `mds_<key id>_<secret>`. The secret is shown once, when the key is made; what is kept is a hash."""

import hashlib
import hmac
import secrets
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from app.access.policy import SCOPES
from app.access.principal import Principal, Role
from app.database import Connection
from app.errors import UsageError

_PREFIX = "mds"
_ID_BYTES = 6
_SECRET_BYTES = 32  # high entropy: a plain SHA-256 of it can be neither tried nor looked up


class Binding(NamedTuple):
    """Whom a key stands for. scopes None: all that the role allows."""

    role: Role
    name: str
    institution: str | None = None
    bank: str | None = None
    scopes: Sequence[str] | None = None


class NewKey(NamedTuple):
    """The only time that the whole key is seen."""

    key_id: str
    key: str
    expires_at: datetime


class ApiKey(NamedTuple):
    """A key as it is listed: everything but the hash."""

    key_id: str
    role: str
    name: str
    institution: str | None
    bank: str | None
    scopes: list[str] | None
    created_at: datetime
    created_by: str
    expires_at: datetime
    replaces: str | None
    revoked_at: datetime | None
    revoked_by: str | None

    @property
    def is_good(self) -> bool:
        return self.revoked_at is None and self.expires_at > datetime.now(UTC)

    @property
    def principal(self) -> Principal:
        scopes = None if self.scopes is None else frozenset(self.scopes)
        return Principal(Role(self.role), self.name, f"key {self.key_id}", self.institution, self.bank, scopes)


# Making, rotating, revoking: in the owner's name

_INSERT = """
INSERT INTO access.api_keys
    (key_id, secret_hash, role, name, institution, bank, scopes, created_by, expires_at, replaces)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
"""
_END_EARLIER = "UPDATE access.api_keys SET expires_at = least(expires_at, $2) WHERE key_id = $1"
_REVOKE = """
UPDATE access.api_keys SET revoked_at = now(), revoked_by = $2 WHERE key_id = $1 AND revoked_at IS NULL
RETURNING true
"""


async def create_key(
    connection: Connection, binding: Binding, *, lifetime: timedelta, created_by: str, replaces: str | None = None
) -> NewKey:
    """Raises UsageError where the binding is not one of its role or names an unknown scope."""
    _check(binding)
    key_id = secrets.token_hex(_ID_BYTES)
    key = f"{_PREFIX}_{key_id}_{secrets.token_urlsafe(_SECRET_BYTES)}"
    expires_at = datetime.now(UTC) + lifetime
    scopes = None if binding.scopes is None else list(binding.scopes)
    await connection.execute(
        _INSERT, key_id, _hash(key), binding.role, binding.name, binding.institution, binding.bank, scopes,
        created_by, expires_at, replaces,
    )  # fmt: skip
    return NewKey(key_id, key, expires_at)


async def rotate_key(
    connection: Connection, key_id: str, *, overlap: timedelta, lifetime: timedelta, created_by: str
) -> NewKey:
    """A new key with the same binding; the old one is good for the overlap. Raises UsageError: unknown, or not good."""
    old = await _known(connection, key_id)
    if not old.is_good:
        raise UsageError(f"Key {key_id} is revoked or expired: create a new one.")
    binding = Binding(Role(old.role), old.name, old.institution, old.bank, old.scopes)
    new = await create_key(connection, binding, lifetime=lifetime, created_by=created_by, replaces=key_id)
    await connection.execute(_END_EARLIER, key_id, datetime.now(UTC) + overlap)
    return new


_REVOKE_MADE_BY = """
UPDATE access.api_keys SET revoked_at = now(), revoked_by = $1 WHERE created_by = $1 AND revoked_at IS NULL
"""


async def revoke_keys_of(connection: Connection, made_by: str) -> None:
    """Revoke all that this one made."""
    await connection.execute(_REVOKE_MADE_BY, made_by)


async def revoke_key(connection: Connection, key_id: str, *, revoked_by: str) -> bool:
    """False if it was revoked before. Every process refuses it within seconds. Raises UsageError: unknown."""
    await _known(connection, key_id)
    return await connection.fetchval(_REVOKE, key_id, revoked_by) is True


def _check(binding: Binding) -> None:
    try:
        Principal(binding.role, binding.name, "", binding.institution, binding.bank)
    except ValueError as error:
        raise UsageError(f"A key of the role {binding.role}: {error}.") from None
    unknown = sorted(set(binding.scopes or ()) - SCOPES)
    if unknown:
        raise UsageError(f"No such scope: {', '.join(unknown)}. There are: {', '.join(sorted(SCOPES))}.")


# Reading

_COLUMNS = ", ".join(ApiKey._fields)
_READ = f"SELECT {_COLUMNS} FROM access.api_keys WHERE key_id = $1"  # noqa: S608
_READ_HASH = f"SELECT secret_hash, {_COLUMNS} FROM access.api_keys WHERE key_id = $1"  # noqa: S608
_READ_MANY = f"SELECT {_COLUMNS} FROM access.api_keys WHERE key_id = ANY($1::text[])"  # noqa: S608
_LIST = f"SELECT {_COLUMNS} FROM access.api_keys ORDER BY created_at, key_id"  # noqa: S608


async def list_keys(connection: Connection) -> list[ApiKey]:
    return [ApiKey(*row) for row in await connection.fetch(_LIST)]


async def read_keys(connection: Connection, key_ids: Iterable[str]) -> list[ApiKey]:
    return [ApiKey(*row) for row in await connection.fetch(_READ_MANY, list(key_ids))]


async def find_key(connection: Connection, key: str) -> ApiKey | None:
    """The key that this is, good or not; None where there is none or the secret is another."""
    key_id = _key_id(key)
    row = None if key_id is None else await connection.fetchrow(_READ_HASH, key_id)
    if row is None or not hmac.compare_digest(row[0], _hash(key)):
        return None
    return ApiKey(*row[1:])


def is_api_key(credential: str) -> bool:
    """Whether it has the form of one; a token has another."""
    return credential.startswith(f"{_PREFIX}_")


async def _known(connection: Connection, key_id: str) -> ApiKey:
    row = await connection.fetchrow(_READ, key_id)
    if row is None:
        raise UsageError(f"There is no key {key_id}: see `medsettle api-keys list`.")
    return ApiKey(*row)


def _key_id(key: str) -> str | None:
    parts = key.split("_", 2)
    return parts[1] if len(parts) == 3 and len(parts[1]) == 2 * _ID_BYTES and parts[1].isascii() else None


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()
