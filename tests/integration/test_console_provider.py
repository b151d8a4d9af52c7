"""The console's way to an identity provider and back, by a real process and a provider over the wire."""

from collections.abc import AsyncIterator, Iterator
from urllib.parse import urlsplit

import httpx
import pytest
from app.embedded.ports import free_port
from tests.console import Desk
from tests.harness import PLAIN, House, owned
from tests.identity_provider import Provider, running_provider


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    with running_provider() as provider:
        yield provider


@pytest.fixture(scope="module")
async def house(standing: House, provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    port = free_port()
    told = provider.oidc_settings(f"http://127.0.0.1:{port}")
    async with standing.other(tmp_path_factory.mktemp("provider") / "house", api_port=port, **told) as house:
        await house.start_api()
        yield house


async def there_and_back(desk: Desk, to: str = "") -> str:
    """The address to which the provider sends the browser back."""
    gone = await desk.http.get("/console/sign-in/provider", params={"to": to})
    assert gone.status_code == 303
    async with httpx.AsyncClient(verify=PLAIN) as browser:
        sent_back = await browser.get(gone.headers["location"])
    back = urlsplit(sent_back.headers["location"])
    return f"{back.path}?{back.query}"


async def test_signing_in_at_the_provider_leads_to_the_page_that_was_wanted(house: House) -> None:
    async with Desk(house) as desk, owned(house) as owner:
        shown = await desk.http.get("/console/sign-in?to=/console/audit")
        assert 'href="/console/sign-in/provider?to=/console/audit"' in shown.text
        answer = await desk.http.get(await there_and_back(desk, "/console/audit"))
        assert answer.status_code == 200
        assert '<meta http-equiv="refresh" content="0;url=/console/audit">' in answer.text
        assert (await desk.http.get("/console/audit")).status_code == 200
        recorded = await owner.fetch(
            "SELECT name, credential FROM access.audit_entries WHERE route LIKE '%provider/return'"
        )
    assert {tuple(row) for row in recorded} == {("clerk-7", "token clerk-7")}


async def test_nobody_is_led_elsewhere_after_it(house: House) -> None:
    async with Desk(house) as desk:
        answer = await desk.http.get(await there_and_back(desk, "https://elsewhere.example/"))
    assert '<meta http-equiv="refresh" content="0;url=/console/overview">' in answer.text


async def test_a_link_from_another_browsers_attempt_signs_nobody_in(house: House) -> None:
    async with Desk(house) as desk, Desk(house) as other:
        link = await there_and_back(other)
        for attempt in ("none", "its own"):
            if attempt == "its own":
                await desk.http.get("/console/sign-in/provider")
            answer = await desk.http.get(link)
            assert answer.status_code == 401, attempt
            assert "That did not sign you in" in answer.text
            assert (await desk.http.get("/console/audit")).status_code == 303


async def test_an_attempt_ends_with_its_answer(house: House) -> None:
    async with Desk(house) as desk:
        link = await there_and_back(desk)
        assert (await desk.http.get(link)).status_code == 200
        assert "medsettle_sign_in" not in desk.http.cookies
        assert (await desk.http.get(link)).status_code == 401


async def test_who_refuses_at_the_provider_is_told(house: House) -> None:
    async with Desk(house) as desk:
        link = await there_and_back(desk)
        state = link.rpartition("state=")[2]
        answer = await desk.http.get(f"/console/sign-in/provider/return?error=access_denied&state={state}")
    assert answer.status_code == 401
    assert "That did not sign you in" in answer.text


async def test_without_a_provider_there_is_no_way_to_one(standing: House) -> None:
    async with Desk(standing) as desk:
        assert "/console/sign-in/provider" not in (await desk.http.get("/console/sign-in")).text
        assert (await desk.http.get("/console/sign-in/provider")).status_code == 404
