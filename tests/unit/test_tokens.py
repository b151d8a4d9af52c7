"""Bearer tokens: which are good, and that no other one is, by a real issuer on loopback."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from functools import partial
from typing import Any

import jwt
import pytest
from app.access import tokens
from app.access.principal import Principal, Role
from app.access.tokens import Tokens
from app.config import Settings
from app.errors import Unauthenticated
from cryptography.hazmat.primitives import serialization
from pydantic import ValidationError
from tests.harness import eventually
from tests.tokens import Issuer, running_issuer


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    with running_issuer() as issuer:
        yield issuer


@pytest.fixture
def taken(issuer: Issuer) -> Tokens:
    return Tokens(Settings(**issuer.settings()))


@pytest.mark.parametrize(
    ("claims", "role", "institution", "bank"),
    [
        ({}, Role.AGENCY, None, None),
        (
            {"medsettle_role": "institution", "medsettle_institution": "H00000000001"},
            "institution",
            "H00000000001",
            None,
        ),
        ({"medsettle_role": "bank", "medsettle_bank": "102"}, "bank", None, "102"),
        ({"medsettle_role": "auditor", "medsettle_bank": "102"}, "auditor", None, None),
    ],
)
async def test_a_good_token_is_its_role(
    issuer: Issuer, taken: Tokens, claims: dict[str, Any], role: str, institution: str | None, bank: str | None
) -> None:
    proved = await taken.prove(issuer.token(**claims))
    assert proved.principal == Principal(Role(role), "clerk-7", "token clerk-7", institution, bank)
    assert proved.expires_at == pytest.approx(time.time() + 3_600, abs=60)


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://another.example"},
        {"aud": "another"},
        {"exp": 1_000_000_000},
        {"exp": None},
        {"nbf": 9_999_999_999},
        {"iss": None},
        {"aud": None},
        {"sub": None},
        {"sub": "a\nb"},
        {"sub": "x" * 65},
        {"medsettle_role": None},
        {"medsettle_role": "king"},
        {"medsettle_role": ["agency"]},
        {"medsettle_role": "institution"},
        {"medsettle_role": "bank", "medsettle_bank": 102},
    ],
)
async def test_a_token_with_other_claims_is_refused(issuer: Issuer, taken: Tokens, claims: dict[str, Any]) -> None:
    with pytest.raises(Unauthenticated):
        await taken.prove(issuer.token(**claims))


def unsigned(issuer: Issuer) -> str:
    return jwt.encode(jwt.decode(issuer.token(), options={"verify_signature": False}), "", algorithm="none",
                      headers={"kid": "K1"})  # fmt: skip


def by_public_key_as_secret(issuer: Issuer) -> str:
    """The confusion of algorithms: what is public taken for a shared secret."""
    pem = (
        issuer.keys["K1"]
        .public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    head = {"alg": "HS256", "kid": "K1"}
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    signed = b".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=") for part in (head, claims))
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(signed, pem)
    return (signed + b"." + base64.urlsafe_b64encode(signature).rstrip(b"=")).decode()


def by_shared_secret_of_the_set(issuer: Issuer) -> str:
    secret = "a secret that stands in the set by mistake"
    issuer.extra = [{"kty": "oct", "kid": "S1", "k": base64.urlsafe_b64encode(secret.encode()).decode()}]
    claims = jwt.decode(issuer.token(), options={"verify_signature": False})
    return jwt.encode(claims, secret, algorithm="HS256", headers={"kid": "S1"})


def by_another_key(issuer: Issuer) -> str:
    other = Issuer()
    return other.token("K1")


def changed(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    claims = {**jwt.decode(issuer.token(), options={"verify_signature": False}), "medsettle_role": "operator"}
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).rstrip(b"=").decode()
    return f"{head}.{body}.{signature}"


@pytest.mark.parametrize(
    "forged", [unsigned, by_public_key_as_secret, by_shared_secret_of_the_set, by_another_key, changed]
)
async def test_a_forged_token_is_refused(issuer: Issuer, taken: Tokens, forged: Any) -> None:
    with pytest.raises(Unauthenticated):
        await taken.prove(forged(issuer))


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "a.b.c.d", "\x00", "e30.e30.", "9" * 9_000])
async def test_what_is_no_token_is_refused(taken: Tokens, token: str) -> None:
    with pytest.raises(Unauthenticated):
        await taken.prove(token)


async def test_a_new_key_is_found_and_the_issuer_is_not_flooded(
    issuer: Issuer, taken: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken.prove(issuer.token())
    assert issuer.asked == 1
    issuer.add_key("K2")
    with pytest.raises(Unauthenticated):  # asked a moment ago
        await taken.prove(issuer.token("K2"))
    assert issuer.asked == 1
    monkeypatch.setattr(tokens, "_ASK_SECONDS_MIN", 0.0)
    assert (await taken.prove(issuer.token("K2"))).principal.name == "clerk-7"
    assert issuer.asked == 2
    await taken.prove(issuer.token("K1"))
    assert issuer.asked == 2


@pytest.mark.parametrize("said", [b"", b"{", b"[]", b"{}", b'{"keys": 1}'])
async def test_where_the_issuer_publishes_no_keys_those_of_before_go_on(
    issuer: Issuer, taken: Tokens, monkeypatch: pytest.MonkeyPatch, said: bytes
) -> None:
    await taken.prove(issuer.token())
    monkeypatch.setattr(tokens, "_ASK_SECONDS_MIN", 0.0)
    monkeypatch.setattr(tokens, "_KEYS_SECONDS_MAX", 0.0)
    monkeypatch.setattr(issuer, "key_set", lambda: said)
    assert (await taken.prove(issuer.token())).principal.role is Role.AGENCY
    await eventually(partial(asked, issuer, 2))
    assert (await taken.prove(issuer.token())).principal.role is Role.AGENCY


async def asked(issuer: Issuer, times: int) -> bool:
    return issuer.asked >= times


async def test_an_issuer_that_does_not_answer_holds_up_nobody_whose_key_is_known(
    issuer: Issuer, taken: Tokens, monkeypatch: pytest.MonkeyPatch
) -> None:
    await taken.prove(issuer.token())
    answers = threading.Event()
    published = issuer.key_set()
    monkeypatch.setattr(tokens, "_ASK_SECONDS_MIN", 0.0)
    monkeypatch.setattr(tokens, "_KEYS_SECONDS_MAX", 0.0)
    monkeypatch.setattr(tokens, "_FETCH_SECONDS_MAX", 3_600)
    monkeypatch.setattr(issuer, "key_set", lambda: published if answers.wait(60) else b"")
    try:
        async with asyncio.timeout(20):
            for _ in range(3):
                assert (await taken.prove(issuer.token())).principal.role is Role.AGENCY
        await eventually(partial(asked, issuer, 2))
        assert issuer.asked == 2
    finally:
        answers.set()


@pytest.mark.parametrize(
    "unknown",
    [
        {"kty": "RSA", "kid": "X"},
        {"kty": "OKP", "kid": "X", "crv": "X25519", "x": "AA"},
        {"kty": "EC", "kid": ["X"]},
        "X",
    ],
)
async def test_a_published_key_that_is_not_understood_leaves_the_others(
    issuer: Issuer, taken: Tokens, unknown: Any
) -> None:
    issuer.extra = [unknown]
    assert (await taken.prove(issuer.token())).principal.role is Role.AGENCY


async def test_a_scope_claim_narrows(issuer: Issuer) -> None:
    narrowed = Tokens(Settings(**issuer.settings(), jwt_scope_claim="scope"))
    proved = await narrowed.prove(issuer.token(scope="openid persons:read"))
    assert proved.principal.scopes == frozenset({"openid", "persons:read"})
    assert (await narrowed.prove(issuer.token(scope=["persons:read"]))).principal.scopes == frozenset({"persons:read"})
    nothings: list[Any] = [None, 7, {}]
    for nothing in nothings:
        assert (await narrowed.prove(issuer.token(scope=nothing))).principal.scopes == frozenset()


@pytest.mark.parametrize(
    "wrong",
    [
        {"jwt_algorithms": ("HS256",)},
        {"jwt_algorithms": ("RS256", "none")},
        {"jwt_algorithms": ()},
        {"jwt_issuer": "https://issuer.example"},
        {"jwt_issuer": "i", "jwt_audience": "a", "jwt_jwks_url": "http://issuer.example/keys"},
        {"jwt_issuer": "i", "jwt_audience": "a", "jwt_jwks_url": "file:///etc/passwd"},
    ],
)
def test_settings_that_are_not_safe_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**wrong)
