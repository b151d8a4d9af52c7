"""Signing in where the tokens are issued: OpenID Connect's authorization code flow with PKCE (RFC 7636).

Nothing of an attempt is kept here. The browser has a secret, and what goes to the provider is made from it: the state,
so that an answer is to a question of this browser; the nonce, so that the identity is of this attempt; and the code's
verifier, so that a code is worth nothing to whoever sees it.
"""

import hashlib
import hmac
import importlib.util
import ssl
import time
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from app import logs
from app.access.tokens import Proved, Tokens
from app.codes import Code
from app.config import Settings, is_private
from app.errors import Refused, Unauthenticated, UsageError

if TYPE_CHECKING:
    from authlib.integrations.httpx_client import AsyncOAuth2Client

_log = logs.get(__name__)

#: Of the console; the provider sends the browser back there with a code.
RETURN_PATH = "/console/sign-in/provider/return"
_WELL_KNOWN = "/.well-known/openid-configuration"
_WELL_KNOWN_SECONDS_MAX = 600.0
_ASK_SECONDS_MAX = 10
_CODE_CHARACTERS_MAX = 4_096
_SECRET_CHARACTERS_MIN = 32


class _Endpoints(NamedTuple):
    authorization: str
    token: str


class IdentityProvider:
    def __init__(self, settings: Settings, tokens: Tokens) -> None:
        self._settings = settings
        self._tokens = tokens
        self._endpoints: _Endpoints | None = None
        self._read_at = 0.0
        # Made once: to read the certificates that are trusted takes tens of milliseconds, and holds up all others.
        self._trusted = ssl.create_default_context()

    @classmethod
    def of(cls, settings: Settings, tokens: Tokens) -> Self | None:
        """None where the console is entered by key or token alone. Raises UsageError without what it needs."""
        if not settings.oidc_client_id:
            return None
        if importlib.util.find_spec("authlib") is None:
            raise UsageError("MEDSETTLE_OIDC_CLIENT_ID needs the extra: pip install medsettle[oidc]")
        return cls(settings, tokens)

    async def address(self, secret: str) -> str:
        """Where the browser signs in. secret: its own, for `prove`. Raises Refused where the provider is away."""
        endpoints = await self._discovered()
        async with self._client() as client:
            address, _ = client.create_authorization_url(
                endpoints.authorization,
                state=_made(secret, "state"),
                nonce=_made(secret, "nonce"),
                code_verifier=_made(secret, "verifier"),
            )
        return str(address)

    async def prove(self, code: str, state: str, secret: str) -> Proved:
        """Who signed in there. Raises Unauthenticated where it is no answer to this secret or the code is no good,
        and Refused where the provider does not answer."""
        is_answer = hmac.compare_digest(state.encode(), _made(secret, "state").encode())
        # A browser that has no secret has one that everybody knows: a link made with it would sign others in.
        if len(secret) < _SECRET_CHARACTERS_MIN or not is_answer:
            raise Unauthenticated("The answer is not to a question of this browser.")
        if not code or len(code) > _CODE_CHARACTERS_MAX:
            raise Unauthenticated("The provider gave no code.")
        identity = await self._redeem(code, _made(secret, "verifier"))
        return await self._tokens.prove_identity(identity, nonce=_made(secret, "nonce"))

    async def _redeem(self, code: str, verifier: str) -> str:
        from authlib.integrations.base_client import OAuthError

        endpoints = await self._discovered()
        async with self._client() as client:
            try:
                answer: Mapping[str, Any] = await client.fetch_token(
                    endpoints.token, grant_type="authorization_code", code=code, code_verifier=verifier
                )
            except OAuthError as error:
                raise Unauthenticated(f"The provider does not take the code: {error.error}.") from None
        identity = answer.get("id_token")
        if not isinstance(identity, str):
            raise Unauthenticated("The provider names nobody.")
        return identity

    async def _discovered(self) -> _Endpoints:
        if self._endpoints is None or self._read_at + _WELL_KNOWN_SECONDS_MAX < time.monotonic():
            async with self._client() as client:
                answer = await client.request(
                    "GET", self._settings.jwt_issuer.rstrip("/") + _WELL_KNOWN, withhold_token=True
                )
                answer.raise_for_status()
                self._endpoints = _endpoints_of(answer.json(), self._settings.jwt_issuer)
            self._read_at = time.monotonic()
        return self._endpoints

    @asynccontextmanager
    async def _client(self) -> "AsyncIterator[AsyncOAuth2Client]":
        """Raises Refused where the provider is away or not what it should be."""
        import httpx2
        from authlib.integrations.httpx_client import AsyncOAuth2Client

        settings = self._settings
        secret = settings.oidc_client_secret.get_secret_value()
        try:
            async with AsyncOAuth2Client(
                settings.oidc_client_id,
                secret or None,
                token_endpoint_auth_method="client_secret_basic" if secret else "none",
                redirect_uri=settings.oidc_console_url.rstrip("/") + RETURN_PATH,
                scope=settings.oidc_scope,
                code_challenge_method="S256",
                timeout=_ASK_SECONDS_MAX,
                verify=self._trusted,
            ) as client:
                yield client
        except (httpx2.HTTPError, ValueError) as error:
            _log.warning("identity_provider_not_asked", error=type(error).__name__)
            raise Refused(Code.IDENTITY_PROVIDER_AWAY, "") from None


def _endpoints_of(content: Any, issuer: str) -> _Endpoints:
    """Raises ValueError where it is not the issuer's own word, or an endpoint that anybody may listen to."""
    if not isinstance(content, dict) or content.get("issuer") != issuer:
        raise ValueError("another issuer")
    found = _Endpoints(str(content.get("authorization_endpoint")), str(content.get("token_endpoint")))
    if not all(map(is_private, found)):
        raise ValueError("an endpoint without TLS")
    return found


def _made(secret: str, purpose: str) -> str:
    digest = hmac.digest(secret.encode(), purpose.encode(), hashlib.sha256)
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
