"""Signing in at an identity provider: only an answer to this very attempt, by who issues our tokens, names somebody."""

import math
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from app.access.identity_provider import RETURN_PATH, IdentityProvider
from app.access.principal import Role
from app.access.tokens import Tokens
from app.codes import Code
from app.config import Settings
from app.errors import Refused, Unauthenticated
from pydantic import ValidationError
from tests.identity_provider import Provider, running_provider

CONSOLE = "https://settle.example"
SECRET = "s" * 43


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture
def ours(provider: Provider) -> IdentityProvider:
    return client_of(provider)


def client_of(provider: Provider, **changed: Any) -> IdentityProvider:
    settings = Settings(**{**provider.oidc_settings(CONSOLE), **changed})
    made = IdentityProvider.of(settings, Tokens(settings))
    assert made is not None
    return made


async def signed_in(ours: IdentityProvider, secret: str = SECRET) -> tuple[str, str]:
    """The code and state that the provider sends back for an attempt."""
    async with httpx.AsyncClient() as browser:
        answer = await browser.get(await ours.address(secret))
    back = urlsplit(answer.headers["location"])
    assert f"{back.scheme}://{back.netloc}{back.path}" == CONSOLE + RETURN_PATH
    found = parse_qs(back.query)
    return found["code"][0], found["state"][0]


async def test_whoever_signs_in_has_the_role_that_the_provider_names(ours: IdentityProvider) -> None:
    proved = await ours.prove(*await signed_in(ours), SECRET)
    assert (proved.principal.role, proved.principal.name) == (Role.OPERATOR, "clerk-7")
    assert proved.expires_at == math.inf


async def test_a_public_client_needs_no_secret(provider: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.identity_provider.is_client", lambda authorization, form: not authorization)
    ours = client_of(provider, oidc_client_secret="")
    assert (await ours.prove(*await signed_in(ours), SECRET)).principal.role is Role.OPERATOR


async def test_an_answer_to_another_browsers_attempt_signs_nobody_in(ours: IdentityProvider) -> None:
    code, state = await signed_in(ours)
    with pytest.raises(Unauthenticated):
        await ours.prove(code, state, "o" * 43)


@pytest.mark.parametrize("secret", ["", "s"], ids=["none", "a short one"])
async def test_a_browser_without_a_secret_of_its_own_is_signed_in_by_no_link(
    ours: IdentityProvider, secret: str
) -> None:
    """Whoever knows the secret can make a link that signs others in under their own account."""
    answer = await signed_in(ours, secret)
    with pytest.raises(Unauthenticated):
        await ours.prove(*answer, secret)


async def test_a_code_of_another_attempt_is_worth_nothing(ours: IdentityProvider) -> None:
    code, _ = await signed_in(ours)
    _, state = await signed_in(ours, "o" * 43)
    with pytest.raises(Unauthenticated, match="invalid_grant"):
        await ours.prove(code, state, "o" * 43)


async def test_a_code_signs_in_once(ours: IdentityProvider) -> None:
    code, state = await signed_in(ours)
    await ours.prove(code, state, SECRET)
    with pytest.raises(Unauthenticated):
        await ours.prove(code, state, SECRET)


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "of another attempt"},
        {"nonce": None},
        {"aud": "another client"},
        {"aud": ["medsettle-console", "another client"], "azp": "another client"},
        {"iss": "https://elsewhere.example"},
        {"exp": 1},
        {"medsettle_role": "emperor"},
        {"medsettle_role": None},
        {"sub": None},
    ],
    ids=str,
)
async def test_an_identity_that_is_not_good_names_nobody(
    provider: Provider, ours: IdentityProvider, claims: dict[str, Any]
) -> None:
    provider.claims |= claims
    answer = await signed_in(ours)
    with pytest.raises(Unauthenticated):
        await ours.prove(*answer, SECRET)


async def test_an_identity_is_no_token_for_the_api(provider: Provider, ours: IdentityProvider) -> None:
    settings = Settings(**provider.oidc_settings(CONSOLE))
    identity = provider.token(iss=provider.base, aud="medsettle-console", nonce="n")
    with pytest.raises(Unauthenticated):
        await Tokens(settings).prove(identity)


async def test_no_code_is_no_sign_in(ours: IdentityProvider) -> None:
    _, state = await signed_in(ours)
    with pytest.raises(Unauthenticated, match="no code"):
        await ours.prove("", state, SECRET)


@pytest.mark.parametrize(
    "about_itself",
    [{"issuer": "https://elsewhere.example"}, {"token_endpoint": "http://elsewhere.example/token"}],
    ids=["of another issuer", "without TLS"],
)
async def test_a_provider_that_tells_something_else_is_not_asked(
    provider: Provider, ours: IdentityProvider, about_itself: dict[str, Any]
) -> None:
    provider.about_itself = about_itself
    with pytest.raises(Refused) as refused:
        await ours.address(SECRET)
    assert refused.value.code is Code.IDENTITY_PROVIDER_AWAY
    provider.about_itself = {}
    assert await ours.address(SECRET)


async def test_a_provider_that_is_away_is_said() -> None:
    with running_provider() as provider:
        ours = client_of(provider)
    with pytest.raises(Refused) as refused:
        await ours.address(SECRET)
    assert refused.value.code is Code.IDENTITY_PROVIDER_AWAY


def test_without_a_client_there_is_none() -> None:
    settings = Settings()
    assert IdentityProvider.of(settings, Tokens(settings)) is None


@pytest.mark.parametrize(
    "changed",
    [
        {"oidc_console_url": "http://settle.example"},
        {"oidc_console_url": ""},
        {"jwt_issuer": "http://issuer.example"},
        {"jwt_issuer": "", "jwt_audience": "", "jwt_jwks_url": ""},
    ],
    ids=str,
)
def test_settings_that_would_let_others_listen_are_refused(provider: Provider, changed: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings(**{**provider.oidc_settings(CONSOLE), **changed})
