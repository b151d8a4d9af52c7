"""Somebody at the console without a browser: signs in, sends forms with the token of the page."""

import re
from typing import Self

import httpx
from tests.harness import DEADLINE_SECONDS, PLAIN, House


def is_page(name: str) -> bool:
    return name.split()[1].startswith("/console")


class Desk:
    """A browser's cookies and forms; redirects are not followed."""

    def __init__(self, house: House) -> None:
        self.http = httpx.AsyncClient(base_url=house.installation.base_url, timeout=DEADLINE_SECONDS, verify=PLAIN)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.http.aclose()

    async def sign_in(self, key: str, to: str = "") -> httpx.Response:
        await self.http.get("/console/sign-in")
        return await self.send("/console/sign-in", credential=key, to=to)

    async def send(self, path: str, **fields: str) -> httpx.Response:
        """A form of this session."""
        return await self.http.post(path, data={"form_token": await self.token(), **fields})

    async def token(self) -> str:
        """As an error page shows it too, which everybody may have."""
        shown = await self.http.get("/console/nowhere")
        found = re.search('name="form_token" value="([0-9a-f]+)"', shown.text)
        assert found is not None, shown.text
        return found[1]
