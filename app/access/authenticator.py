"""Who is behind a request: its credential is proved once and remembered for seconds, so that most cost a look-up."""

import asyncio
import hashlib
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from datetime import UTC, datetime

from app.access.api_keys import ApiKey, find_key, is_api_key, read_keys
from app.access.principal import Principal
from app.access.rate_limits import Limit
from app.access.tokens import Proved, Tokens
from app.database import Pool, lone_statement
from app.errors import DatabaseUnavailable, RateLimited, Unauthenticated

# Keys in use are asked for again this often, all in one statement; what was revoked is forgotten then. A key that could
# not be asked for is believed for the longer time, and then the request waits for Postgres.
_ASK_SECONDS = 1.0
_BELIEVED_SECONDS_MAX = 5.0
_UNUSED_SECONDS_MAX = 60.0
# A token's signature is proved again after this, by the keys that are published then.
_TOKEN_BELIEVED_SECONDS_MAX = 60.0
_REMEMBERED_MAX = 20_000
# Of false credentials from one address: each costs a look-up. Good ones in use cost none and are not held up by them.
_FAILURES_PER_SECOND, _FAILURES_BURST_SECONDS = 5, 20


class _Known:
    """A proved credential; key_id None: a token. Times are monotonic, but expires_at, which is of the clock."""

    __slots__ = ("believed_until", "expires_at", "key_id", "principal", "used_at")

    def __init__(self, principal: Principal, key_id: str | None, believed_until: float, expires_at: float) -> None:
        self.principal = principal
        self.expires_at = expires_at
        self.key_id = key_id
        self.believed_until = believed_until
        self.used_at = time.monotonic()


class Authenticator:
    def __init__(self, pool: Pool, tokens: Tokens) -> None:
        self._pool = pool
        self._tokens = tokens
        # By the digest of the header, so that no secret is kept and a look-up tells nothing by its time.
        self._known: dict[bytes, _Known] = {}
        self._failures = Limit("failures", _FAILURES_PER_SECOND, _FAILURES_BURST_SECONDS)

    async def authenticate(self, authorization: str | None, address: str) -> Principal:
        """address: where it comes from.

        Raises Unauthenticated; RateLimited after too many false ones; DatabaseUnavailable where none can be proved now.
        """
        if authorization is None:
            raise Unauthenticated("The request names no key.")
        digest = hashlib.sha256(authorization.encode("latin-1", "replace")).digest()
        known, now = self._known.get(digest), time.monotonic()
        if known is None or known.believed_until <= now:
            try:
                known = await self._prove(authorization, address, was_good=known is not None)
            except Unauthenticated:
                self._known.pop(digest, None)
                raise
            self._remember(digest, known)
        else:
            known.used_at = now
        return known.principal

    async def sign_in(self, credential: str, address: str) -> Proved:
        """Prove a key or token anew, with the time of its end. Raises as `authenticate` does."""
        known = await self._prove(f"Bearer {credential}", address, was_good=False)
        return Proved(known.principal, known.expires_at)

    async def run(self) -> None:
        """Keep what is remembered true."""
        while True:
            await asyncio.sleep(_ASK_SECONDS)
            self._forget_unused()
            try:
                await self._ask_again()
            except DatabaseUnavailable:
                continue  # what is not asked for again is not believed for long

    async def _prove(self, authorization: str, address: str, *, was_good: bool) -> _Known:
        """was_good: proved before, so that whoever tries false ones from its address cannot lock it out."""
        scheme, _, credential = authorization.partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential:
            raise Unauthenticated("Send `Authorization: Bearer …` with a key or token.")
        if not is_api_key(credential) and not self._tokens.are_taken:
            raise Unauthenticated("This is no API key.")
        with self.bounded(address, was_good=was_good):
            if is_api_key(credential):
                return await self._prove_key(credential, address, was_good=was_good)
            return await self._prove_token(credential)

    @contextmanager
    def bounded(self, address: str, *, was_good: bool = False) -> Iterator[None]:
        """Where something is proved that may be false. Raises RateLimited where too much was, from this address."""
        if not was_good:
            self._failures.refuse_empty(address)
        try:
            yield
        except Unauthenticated:
            with suppress(RateLimited):
                self._failures.take(address)
            raise

    async def _prove_token(self, credential: str) -> _Known:
        proved = await self._tokens.prove(credential)
        left = min(proved.expires_at - time.time(), _TOKEN_BELIEVED_SECONDS_MAX)
        return _Known(proved.principal, None, time.monotonic() + left, proved.expires_at)

    async def _prove_key(self, credential: str, address: str, *, was_good: bool) -> _Known:
        async with lone_statement(self._pool) as connection:
            if not was_good:  # many may have waited for the connection, and proved false meanwhile
                self._failures.refuse_empty(address)
            key = await find_key(connection, credential)
        if key is None:
            raise Unauthenticated("There is no such key.")
        if key.revoked_at is not None:
            raise Unauthenticated("The key is revoked.")
        if not key.is_good:
            raise Unauthenticated("The key is expired.")
        return _Known(key.principal, key.key_id, _believed_until(key), key.expires_at.timestamp())

    def _remember(self, digest: bytes, known: _Known) -> None:
        if len(self._known) >= _REMEMBERED_MAX:
            self._known.pop(next(iter(self._known)))
        self._known[digest] = known

    def _forget_unused(self) -> None:
        now = time.monotonic()
        for digest, known in list(self._known.items()):
            if known.used_at + _UNUSED_SECONDS_MAX < now:
                del self._known[digest]

    async def _ask_again(self) -> None:
        key_ids = {known.key_id for known in self._known.values() if known.key_id is not None}
        if not key_ids:
            return
        async with lone_statement(self._pool) as connection:
            found: Mapping[str, ApiKey] = {key.key_id: key for key in await read_keys(connection, key_ids)}
        for digest, known in list(self._known.items()):
            key = None if known.key_id is None else found.get(known.key_id)
            if key is not None and key.is_good:
                known.believed_until = _believed_until(key)
            elif known.key_id in key_ids:
                del self._known[digest]


def _believed_until(key: ApiKey) -> float:
    left = (key.expires_at - datetime.now(UTC)).total_seconds()
    return time.monotonic() + min(left, _BELIEVED_SECONDS_MAX)
