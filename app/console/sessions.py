"""Who is signed in: sessions in the database, so that every process knows them and a restart ends none.

What a browser has is a random token; what is kept is its hash. A session ends after half an hour without a request,
after eight hours in any case, with the key or token that it was opened by, and when its user signs out.
"""

import hashlib
import hmac
import secrets
from datetime import UTC, datetime, timedelta

from app.access.principal import Principal, Role
from app.access.tokens import Proved
from app.database import Pool, transaction

IDLE_MAX = timedelta(minutes=30)
LIFETIME_MAX = timedelta(hours=8)
_TOKEN_BYTES = 32
#: In characters.
TOKEN_LENGTH = 43
_KEY_CREDENTIAL = "key "

_INSERT = """
INSERT INTO access.console_sessions
    (token_hash, key_id, role, name, credential, institution, bank, scopes, expires_at)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_FORGET = """
DELETE FROM access.console_sessions
WHERE expires_at < clock_timestamp() OR used_at < clock_timestamp() - $1::interval
"""
_FIND = """
SELECT s.role, s.name, s.credential, s.institution, s.bank, s.scopes,
    s.used_at < clock_timestamp() - interval '1 minute' AS is_used_anew
FROM access.console_sessions AS s
LEFT JOIN access.api_keys AS k USING (key_id)
WHERE s.token_hash = $1 AND s.expires_at > clock_timestamp() AND s.used_at > clock_timestamp() - $2::interval
    AND (s.key_id IS NULL OR k.revoked_at IS NULL AND k.expires_at > clock_timestamp())
"""
_USE = "UPDATE access.console_sessions SET used_at = clock_timestamp() WHERE token_hash = $1"
_END = "DELETE FROM access.console_sessions WHERE token_hash = $1"


async def open_session(pool: Pool, proved: Proved) -> str:
    """The token of a new session of who was proved."""
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    who = proved.principal
    key_id = who.credential.removeprefix(_KEY_CREDENTIAL) if who.credential.startswith(_KEY_CREDENTIAL) else None
    latest = datetime.now(UTC) + LIFETIME_MAX
    expires_at = datetime.fromtimestamp(min(latest.timestamp(), proved.expires_at), UTC)
    scopes = None if who.scopes is None else sorted(who.scopes)
    async with transaction(pool) as connection:
        await connection.execute(_FORGET, IDLE_MAX)
        await connection.execute(
            _INSERT, _hash(token), key_id, who.role, who.name, who.credential, who.institution, who.bank, scopes,
            expires_at,
        )  # fmt: skip
    return token


async def find_session(pool: Pool, token: str, *, is_use: bool = True) -> Principal | None:
    """Whose session it is, None where there is none that is good. is_use: it counts against the idle end."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_FIND, _hash(token), IDLE_MAX)
        if row is None:
            return None
        if is_use and row["is_used_anew"]:
            await connection.execute(_USE, _hash(token))
    scopes = None if row["scopes"] is None else frozenset(row["scopes"])
    return Principal(Role(row["role"]), row["name"], row["credential"], row["institution"], row["bank"], scopes)


async def end_session(pool: Pool, token: str) -> None:
    async with transaction(pool) as connection:
        await connection.execute(_END, _hash(token))


def new_guest() -> str:
    """The token of somebody who is not signed in, by which their forms are known."""
    return secrets.token_urlsafe(_TOKEN_BYTES)


def form_token(token: str) -> str:
    """What each form of a session bears. Whoever cannot read the cookie cannot make it."""
    return hmac.new(token.encode(), b"medsettle console form", hashlib.sha256).hexdigest()


def is_form_token(token: str, sent: str) -> bool:
    return hmac.compare_digest(form_token(token).encode(), sent.encode())


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
