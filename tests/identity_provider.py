"""An OpenID Connect provider where everybody who comes is signed in at once, with the claims that it was told."""

import hashlib
import json
import secrets
import time
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from tests.tokens import Issuer, QuietHandler, served

CLIENT, SECRET = "medsettle-console", "of-the-console"


class Provider(Issuer):
    """claims: of whoever signs in. asked: what it was asked for, by code."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.claims: dict[str, Any] = {"sub": "clerk-7", "medsettle_role": "operator"}
        self.about_itself: dict[str, Any] = {}
        self._attempts: dict[str, dict[str, str]] = {}

    def oidc_settings(self, console: str) -> dict[str, Any]:
        return {
            **self.settings(), "jwt_issuer": self.base, "jwt_jwks_url": f"{self.base}/keys", "oidc_client_id": CLIENT,
            "oidc_client_secret": SECRET, "oidc_console_url": console,
        }  # fmt: skip

    def discovery(self) -> dict[str, Any]:
        endpoints = {"authorization_endpoint": f"{self.base}/authorize", "token_endpoint": f"{self.base}/token"}
        return {"issuer": self.base, **endpoints, **self.about_itself}

    def sign_in(self, asked: dict[str, str]) -> str:
        """Where the browser is sent back to."""
        assert (asked["response_type"], asked["client_id"]) == ("code", CLIENT)
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_urlsafe(16)
        self._attempts[code] = asked
        return f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"

    def redeem(self, asked: dict[str, str], authorization: str) -> dict[str, str]:
        """Once, by this client, for who has the verifier. Raises KeyError or AssertionError."""
        attempt = self._attempts.pop(asked["code"])
        assert is_client(authorization, asked)
        assert asked["redirect_uri"] == attempt["redirect_uri"]
        digest = hashlib.sha256(asked["code_verifier"].encode()).digest()
        assert urlsafe_b64encode(digest).rstrip(b"=").decode() == attempt["code_challenge"]
        ends = int(time.time()) + 60
        claims = {"iss": self.base, "aud": CLIENT, "exp": ends, "nonce": attempt["nonce"], **self.claims}
        return {"token_type": "Bearer", "access_token": "opaque", "id_token": self.token(**claims)}


def is_client(authorization: str, asked: dict[str, str]) -> bool:
    """Whether it is the console that asks, by its secret."""
    return b64decode(authorization.removeprefix("Basic ")).decode() == f"{CLIENT}:{SECRET}"


@contextmanager
def running_provider() -> Iterator[Provider]:
    provider = Provider()

    class Handler(QuietHandler, BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            url = urlsplit(self.path)
            if url.path == "/authorize":
                self.send_response(302)
                self.send_header("Location", provider.sign_in({k: v[0] for k, v in parse_qs(url.query).items()}))
                self.send_header("Content-Length", "0")
                self.end_headers()
            elif url.path == "/keys":
                self.answer(200, provider.key_set())
            else:
                assert url.path == "/.well-known/openid-configuration"
                self.answer(200, json.dumps(provider.discovery()).encode())

        def do_POST(self) -> None:
            assert self.path == "/token"
            form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            try:
                asked = {name: values[0] for name, values in form.items()}
                answer = provider.redeem(asked, self.headers.get("Authorization", ""))
            except (KeyError, AssertionError):
                self.answer(400, b'{"error": "invalid_grant"}')
            else:
                self.answer(200, json.dumps(answer).encode())

    with served(Handler) as base_url:
        provider.base = base_url
        yield provider
