"""OAuth2 bearer tokens: JWTs of one issuer, by keys that it publishes. Role and institution or bank are claims."""

import asyncio
import hmac
import http.client
import json
import math
import time
import urllib.request
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

import jwt

from app import logs
from app.access.principal import Principal, Role
from app.config import Settings
from app.errors import Unauthenticated

_log = logs.get(__name__)

# Published keys are asked for again when they are older than this, or when a token names a key that is not among them,
# but never more often than the second bound: tokens with made-up key ids must not become a flood at the issuer.
_KEYS_SECONDS_MAX = 600.0
_ASK_SECONDS_MIN = 10.0
_FETCH_SECONDS_MAX = 5
_KEY_SET_BYTES_MAX = 1 << 20
_TOKEN_CHARACTERS_MAX = 8_192
_LEEWAY_SECONDS = 30
_NAME_MAX = 64


class Proved(NamedTuple):
    """expires_at: seconds since 1970, infinite where a credential was good for one moment."""

    principal: Principal
    expires_at: float


class Tokens:
    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._fetched_at = self._asked_at = float("-inf")
        self._asking: asyncio.Task[None] | None = None

    @property
    def are_taken(self) -> bool:
        return bool(self._settings.jwt_jwks_url)

    async def prove(self, token: str) -> Proved:
        """Raises Unauthenticated, with no word of the token."""
        claims = await self._claims(token, self._settings.jwt_audience)
        return Proved(self._principal(claims), float(claims["exp"]))

    async def prove_identity(self, token: str, *, nonce: str) -> Proved:
        """Who signed in at the issuer, by its ID token (OpenID Connect Core 1.0, 3.1.3.7). Raises Unauthenticated.

        It is good for the moment in which it is issued, so its own end says nothing about the session.
        """
        client = self._settings.oidc_client_id
        claims = await self._claims(token, client)
        if claims.get("azp", client) != client or not hmac.compare_digest(str(claims.get("nonce")), nonce):
            raise Unauthenticated("The identity is not of this attempt to sign in.")
        return Proved(self._principal(claims), math.inf)

    async def _claims(self, token: str, audience: str) -> Mapping[str, Any]:
        if len(token) > _TOKEN_CHARACTERS_MAX:
            raise Unauthenticated("The token is too long.")
        try:
            header = jwt.get_unverified_header(token)
        except jwt.PyJWTError:
            raise Unauthenticated("This is no key and no token.") from None
        if header.get("alg") not in self._settings.jwt_algorithms:
            raise Unauthenticated("The token is signed by an algorithm that is not taken.")
        key = await self._key(header.get("kid"))
        try:
            claims: Mapping[str, Any] = jwt.decode(
                token,
                key,
                algorithms=list(self._settings.jwt_algorithms),
                audience=audience,
                issuer=self._settings.jwt_issuer,
                leeway=_LEEWAY_SECONDS,
                options={"require": ["exp", "iss", "aud"], "verify_nbf": True},
            )
        except jwt.PyJWTError as error:
            raise Unauthenticated(f"The token is not good: {type(error).__name__}.") from None
        return claims

    def _principal(self, claims: Mapping[str, Any]) -> Principal:
        named = self._settings
        role, name = claims.get(named.jwt_role_claim), claims.get(named.jwt_name_claim)
        if not isinstance(name, str) or not (0 < len(name) <= _NAME_MAX and name.isprintable()):
            raise Unauthenticated("The token does not say who it is.")
        try:
            role = Role(str(role))
            return Principal(
                role,
                name,
                f"token {name}",
                _text(claims, named.jwt_institution_claim) if role is Role.INSTITUTION else None,
                _text(claims, named.jwt_bank_claim) if role is Role.BANK else None,
                self._scopes(claims),
            )
        except ValueError:
            raise Unauthenticated("The token names no role, or not the institution or bank of its role.") from None

    def _scopes(self, claims: Mapping[str, Any]) -> frozenset[str] | None:
        if not self._settings.jwt_scope_claim:
            return None
        found = claims.get(self._settings.jwt_scope_claim)
        if isinstance(found, str):
            return frozenset(found.split())
        return frozenset(map(str, found)) if isinstance(found, list) else frozenset()

    async def _key(self, key_id: object) -> jwt.PyJWK:
        is_known = key_id in self._keys
        if not is_known or self._fetched_at + _KEYS_SECONDS_MAX < time.monotonic():
            asking = self._ask()
            if asking is not None and not is_known:
                await asyncio.shield(asking)
        if not isinstance(key_id, str) or key_id not in self._keys:
            raise Unauthenticated("The token is signed by a key that the issuer does not publish.")
        return self._keys[key_id]

    def _ask(self) -> "asyncio.Task[None] | None":
        """The asking that is under way, else a new one; None where the last one was a moment ago.

        Only who names an unknown key waits for it: an issuer that does not answer holds up nobody whose key is known.
        """
        if self._asking is None or self._asking.done():
            if self._asked_at + _ASK_SECONDS_MIN > time.monotonic():
                return None
            self._asked_at = time.monotonic()
            self._asking = asyncio.create_task(self._read_keys())
        return self._asking

    async def _read_keys(self) -> None:
        try:
            self._keys = await asyncio.to_thread(_fetch, self._settings.jwt_jwks_url)
            self._fetched_at = time.monotonic()
        except (OSError, ValueError, http.client.HTTPException) as error:  # the keys of before go on
            _log.warning("jwks_not_read", error=type(error).__name__)


def _text(claims: Mapping[str, Any], claim: str) -> str:
    found = claims.get(claim)
    if not isinstance(found, str) or not found:
        raise ValueError("no such claim")
    return found


def _fetch(url: str) -> dict[str, jwt.PyJWK]:
    with urllib.request.urlopen(url, timeout=_FETCH_SECONDS_MAX) as answer:  # noqa: S310 - checked in the settings
        return _signing_keys(json.loads(answer.read(_KEY_SET_BYTES_MAX)))


def _signing_keys(content: Any) -> dict[str, jwt.PyJWK]:
    """Public keys for signatures alone: a shared secret in the set, which would let anyone sign, is left out, and so is
    what is not understood (RFC 7517, 5). Raises ValueError where it is no set."""
    if not isinstance(content, dict) or not isinstance(content.get("keys"), list):
        raise ValueError("no key set")
    keys = {}
    for each in content["keys"]:
        if isinstance(each, dict) and isinstance(each.get("kid"), str) and _is_for_signatures(each):
            with suppress(jwt.PyJWTError, ValueError, TypeError):
                keys[each["kid"]] = jwt.PyJWK(each)
    return keys


def _is_for_signatures(key: Mapping[str, Any]) -> bool:
    return key.get("kty") in ("RSA", "EC", "OKP") and key.get("use", "sig") == "sig"
