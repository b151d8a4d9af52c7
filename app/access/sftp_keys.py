"""Public keys by which banks log in over SFTP: registered here, with an end, and asked for at each login and file."""

import hashlib
from base64 import b64decode, b64encode
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_ssh_public_key

from app.database import Connection
from app.errors import UsageError

_RSA_BITS_MIN: Final = 3072


class PublicKey(NamedTuple):
    """fingerprint: `SHA256:…`, as ssh-keygen prints it. line: of OpenSSH's form, without the comment."""

    fingerprint: str
    line: str


class SftpKey(NamedTuple):
    fingerprint: str
    bank: str
    public_key: str
    registered_at: datetime
    registered_by: str
    expires_at: datetime
    revoked_at: datetime | None
    revoked_by: str | None

    @property
    def state(self) -> str:
        if self.revoked_at is not None:
            return f"revoked {self.revoked_at:%Y-%m-%d %H:%M} UTC by {self.revoked_by}"
        return f"{'expired' if self.expires_at <= datetime.now(UTC) else 'good until'} {self.expires_at:%Y-%m-%d} UTC"


_COLUMNS = ", ".join(SftpKey._fields)
_INSERT = """
INSERT INTO access.sftp_keys (fingerprint, bank, public_key, registered_by, expires_at) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT DO NOTHING
RETURNING true
"""
_REVOKE = """
UPDATE access.sftp_keys SET revoked_at = now(), revoked_by = $2 WHERE fingerprint = $1 AND revoked_at IS NULL
RETURNING true
"""
_LIST = f"SELECT {_COLUMNS} FROM access.sftp_keys ORDER BY bank, registered_at"  # noqa: S608
_IS_GOOD = """
SELECT EXISTS (
    SELECT FROM access.sftp_keys
    WHERE fingerprint = $1 AND bank = $2 AND revoked_at IS NULL AND expires_at > now()
)
"""


def read_public_key(text: str) -> PublicKey:
    """The one key of a `.pub` file. Raises UsageError for one that is not taken."""
    try:
        key = load_ssh_public_key(text.strip().encode())
    except (ValueError, UnsupportedAlgorithm):
        raise UsageError("Give one public key as ssh-keygen writes it into its .pub file.") from None
    if isinstance(key, RSAPublicKey) and key.key_size < _RSA_BITS_MIN:
        raise UsageError(f"An RSA key has {_RSA_BITS_MIN} bits or more.")
    if not isinstance(key, Ed25519PublicKey | RSAPublicKey | EllipticCurvePublicKey):
        raise UsageError("Keys are Ed25519, ECDSA or RSA.")
    line = key.public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode()
    digest = hashlib.sha256(b64decode(line.split()[1])).digest()
    return PublicKey(f"SHA256:{b64encode(digest).decode().rstrip('=')}", line)


async def register_sftp_key(
    connection: Connection, bank: str, key: PublicKey, *, lifetime: timedelta, by: str
) -> datetime:
    """When it expires. Raises UsageError where the key is registered, for whichever bank."""
    expires_at = datetime.now(UTC) + lifetime
    if await connection.fetchval(_INSERT, key.fingerprint, bank, key.line, by, expires_at) is not True:
        raise UsageError(f"Key {key.fingerprint} is registered already: one key is one bank's, once.")
    return expires_at


async def revoke_sftp_key(connection: Connection, fingerprint: str, *, by: str) -> bool:
    """False if there is none that is good."""
    return await connection.fetchval(_REVOKE, fingerprint, by) is True


async def list_sftp_keys(connection: Connection) -> list[SftpKey]:
    return [SftpKey(*row) for row in await connection.fetch(_LIST)]


async def is_good_key(connection: Connection, bank: str, fingerprint: str) -> bool:
    """Whether a bank may log in by a key now."""
    return await connection.fetchval(_IS_GOOD, fingerprint, bank) is True
