"""Signing in at an identity provider in a real Chromium, to which that is another site: the cookies must survive it."""

from pathlib import Path

import pytest
from app.embedded.ports import free_port
from playwright.async_api import Browser, ViewportSize, expect
from tests.browser.conftest import NARROW, SCREENSHOTS, WIDE
from tests.harness import House
from tests.identity_provider import running_provider

pytestmark = pytest.mark.browser


@pytest.mark.parametrize("width", [WIDE, NARROW])
async def test_an_account_at_the_provider_opens_the_page_that_was_wanted(
    busy: House, browser: Browser, tmp_path: Path, width: int
) -> None:
    port = free_port()
    with running_provider() as provider:
        told = provider.oidc_settings(f"http://127.0.0.1:{port}")
        async with busy.other(tmp_path / "house", api_port=port, **told) as house:
            await house.start_api()
            # To a browser `localhost` and 127.0.0.1 are two sites.
            provider.about_itself["authorization_endpoint"] = (
                provider.base.replace("127.0.0.1", "localhost") + "/authorize"
            )
            page = await browser.new_page(
                base_url=house.installation.base_url, viewport=ViewportSize(width=width, height=800)
            )
            await page.goto("/console/audit")
            await page.screenshot(path=SCREENSHOTS / f"sign_in_provider-{width}.png")
            await page.get_by_role("link", name="Sign in with your organisation").click()
            await page.wait_for_url("**/console/audit")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Audit log")
            await page.close()
