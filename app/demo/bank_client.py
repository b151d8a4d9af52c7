"""How the demo's banks reach the service: over HTTP alone, each with a key of its own."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import date, timedelta

import httpx

from app.access.api_keys import Binding, create_key
from app.access.principal import Role
from app.database import connect
from app.demo.bank import PulledFile


class BankClient:
    def __init__(self, bank: str, http: httpx.AsyncClient) -> None:
        self._bank, self._http = bank, http

    async def pull(self, day: date) -> list[PulledFile]:
        """The payment files of a day, with the side files that prove them."""
        listed = await self._get(f"/v1/settlement-files?bank={self._bank}&day={day}&limit=1000")
        names = [file["file_id"] for file in listed.json()["files"] if file["kind"] == "payment"]
        return [PulledFile(name, *[await self._part(name, part) for part in _PARTS]) for name in names]

    async def published_keys(self) -> list[str]:
        """PEM."""
        return [key["public_key"] for key in (await self._get("/v1/keys")).json()["keys"]]

    async def acknowledge(self, file_id: str, content: bytes) -> str:
        """What the service says of an answer, as a code."""
        said = await self._http.post(f"/v1/settlement-files/{file_id}/acknowledgment", content=content)
        code: str = said.json()["code"]
        return code

    async def _part(self, file_id: str, part: str) -> bytes:
        return (await self._get(f"/v1/settlement-files/{file_id}/{part}")).content

    async def _get(self, address: str) -> httpx.Response:
        return (await self._http.get(address)).raise_for_status()


_PARTS = ("content", "digest", "signature")


@asynccontextmanager
async def bank_clients(base_url: str, owner_url: str, banks: list[str]) -> AsyncIterator[dict[str, BankClient]]:
    clients: dict[str, BankClient] = {}
    owner = await connect(owner_url, application_name="medsettle demo")
    async with AsyncExitStack() as stack:
        try:
            for bank in banks:
                binding = Binding(Role.BANK, bank, bank=bank)
                new = await create_key(owner, binding, lifetime=timedelta(days=1), created_by="demo-operator")
                http = httpx.AsyncClient(base_url=base_url, timeout=60, headers={"Authorization": f"Bearer {new.key}"})
                clients[bank] = BankClient(bank, await stack.enter_async_context(http))
        finally:
            await owner.close()
        yield clients
