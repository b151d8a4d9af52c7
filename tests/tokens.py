"""An issuer of bearer tokens: keys that it publishes over HTTP, and tokens of any kind, good and bad."""

import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

ISSUER, AUDIENCE = "https://issuer.example", "medsettle"


class Issuer:
    def __init__(self) -> None:
        self.keys: dict[str, ec.EllipticCurvePrivateKey] = {}
        self.extra: list[dict[str, Any]] = []
        self.asked = 0
        self.url = ""
        self.add_key("K1")

    def add_key(self, key_id: str) -> None:
        self.keys[key_id] = ec.generate_private_key(ec.SECP256R1())

    def token(self, key_id: str = "K1", **claims: Any) -> str:
        """Of an agency's clerk, for an hour; a claim that is None is left out."""
        fields = {
            "iss": ISSUER, "aud": AUDIENCE, "sub": "clerk-7", "exp": int(time.time()) + 3_600,
            "medsettle_role": "agency", **claims,
        }  # fmt: skip
        content = {name: value for name, value in fields.items() if value is not None}
        return jwt.encode(content, self.keys[key_id], algorithm="ES256", headers={"kid": key_id})

    def key_set(self) -> bytes:
        published = [
            {**json.loads(ECAlgorithm.to_jwk(key.public_key())), "kid": key_id, "use": "sig"}
            for key_id, key in self.keys.items()
        ]
        return json.dumps({"keys": [*published, *self.extra]}).encode()

    def settings(self) -> dict[str, Any]:
        return {"jwt_issuer": ISSUER, "jwt_audience": AUDIENCE, "jwt_jwks_url": self.url}


@contextmanager
def running_issuer() -> Iterator[Issuer]:
    issuer = Issuer()

    class Handler(QuietHandler):
        def do_GET(self) -> None:
            issuer.asked += 1
            self.answer(200, issuer.key_set())

    with served(Handler) as base_url:
        issuer.url = f"{base_url}/keys"
        yield issuer


class QuietHandler(BaseHTTPRequestHandler):
    def answer(self, status: int, content: bytes) -> None:
        """JSON."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def served(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """Where it is answered, on a port of its own, as long as the block lasts."""
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        serving = threading.Thread(target=server.serve_forever, daemon=True)
        serving.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            serving.join()
