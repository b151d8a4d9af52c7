"""Senders and readers who stand still over real sockets: they are let go, and nobody else is kept out for them."""

import asyncio
import secrets
import socket
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
import pytest
from app.access.principal import Role
from app.codes import Code
from tests.builders import add_institution, add_person
from tests.harness import House, eventually

EXPORTS = 8
# On a busy machine some find the feed behind, and are refused for that.
_ROUNDS_MAX = 20
NATIONAL = "/mbs/fmi/fsi/api/callFsiService/callService"


@pytest.fixture(scope="session")
async def impatient(standing: House, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[House]:
    """A house whose API waits few seconds for those who stand still."""
    async with standing.other(tmp_path_factory.mktemp("impatient") / "house", http_silence_seconds_max=5) as house:
        await house.start_api()
        yield house


@pytest.fixture
async def institution(standing: House) -> str:
    code = f"H{secrets.token_hex(6)[:11].upper()}"
    await add_institution(standing.pool, code)
    return code


def head(house: House, method: str, path: str, key: str, *more: str) -> bytes:
    host = urlsplit(house.installation.base_url).netloc
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", f"Authorization: Bearer {key}", *more, "", ""]
    return "\r\n".join(lines).encode()


def opened(house: House, sent: bytes) -> socket.socket:
    """A connection that takes little at a time, on which something was sent."""
    url = urlsplit(house.installation.base_url)
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4_096)
    connection.settimeout(60)
    assert url.hostname is not None
    connection.connect((url.hostname, url.port or 80))
    connection.sendall(sent)
    return connection


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("/v1/transactions/batch", Role.INSTITUTION),
        ("/v1/reconciliations/details?institution={}&first_day=2026-01-01&last_day=2026-01-01", Role.INSTITUTION),
        ("/v1/reconciliations/totals", Role.INSTITUTION),
        (NATIONAL, Role.INSTITUTION),
        ("/v1/contributions", Role.AGENCY),
    ],
)
async def test_a_sender_who_stands_still_is_let_go(impatient: House, institution: str, path: str, role: Role) -> None:
    key = await impatient.keys.key(role, institution)
    form = f"Content-Type: {'text/csv' if role is Role.AGENCY else 'application/json'}"
    begun = head(impatient, "POST", path.format(institution), key, "Content-Length: 1000000", form)
    with opened(impatient, begun + b"[" * 100) as connection:
        answer = await asyncio.to_thread(connection.recv, 65_536)
        while b"\r\n\r\n" not in answer or not answer.endswith(b"}"):
            answer += await asyncio.to_thread(connection.recv, 65_536)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert orjson.loads(answer.partition(b"\r\n\r\n")[2])["code"] == Code.BODY_INCOMPLETE


async def test_readers_who_stand_still_take_no_more_places_than_there_are_and_are_let_go(
    impatient: House, institution: str
) -> None:
    key = await impatient.keys.key(Role.INSTITUTION, institution)
    async with impatient.client(key) as client:
        day = await settle_a_lot(client, impatient, institution)

        async def there_is_room() -> bool:
            return (await client.get("/v1/transactions/export", params={"day": day})).status_code == 200

        # The first one waits until the feed has caught up.
        await eventually(there_is_room)
        asked = head(impatient, "GET", f"/v1/transactions/export?day={day}", key)
        for _ in range(_ROUNDS_MAX):
            with ExitStack() as held:
                readers = [held.enter_context(opened(impatient, asked)) for _ in range(EXPORTS + 4)]
                begun = [(await asyncio.to_thread(reader.recv, 12)).decode() for reader in readers]
                if sorted(begun) == ["HTTP/1.1 200"] * EXPORTS + ["HTTP/1.1 503"] * 4:
                    await eventually(there_is_room)
                    return
        raise AssertionError(f"Never were {EXPORTS} served and 4 refused, but at last {begun}.")


async def settle_a_lot(client: httpx.AsyncClient, house: House, institution: str) -> str:
    """So much that no buffer on the way to a reader holds it; its business day."""
    person = f"P{secrets.token_hex(6)}"
    await add_person(house.pool, person, balance=10_000)
    items: list[dict[str, Any]] = [
        {"institution": institution, "message_id": f"S{number}", "kind": "payment", "person_no": person, "amount": 1,
         "card": {"cert_type": "01"}, "metadata": {"note": "x" * 900}}
        for number in range(5_000)
    ]  # fmt: skip
    answer = await client.post("/v1/transactions/batch", content=orjson.dumps(items))
    assert answer.status_code == 200, answer.text[:200]
    return str(answer.json()[0]["business_day"])
