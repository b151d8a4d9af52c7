"""Contribution files over HTTP."""

import asyncio
import io
import secrets
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from app.routes import body
from fastapi import HTTPException, Request
from tests.contribution_files import Line, csv_bytes
from tests.harness import House, eventually

FILES = "/v1/contributions"


def headers(content_type: str = "text/csv") -> dict[str, str]:
    return {"content-type": content_type}


@pytest.fixture
def file_no() -> str:
    return f"F-{secrets.token_hex(5)}"


async def settled(client: httpx.AsyncClient, file_no: str) -> dict[str, Any]:
    found: dict[str, Any] = {}

    async def is_settled() -> bool:
        found.update((await client.get(f"{FILES}/{file_no}")).json())
        return bool(found["state"] == "settled")

    await eventually(is_settled)
    return found


async def test_a_file_over_http(client: httpx.AsyncClient, standing: House, person: str, file_no: str) -> None:
    lines: list[Line] = [(person, 5, "contribution"), ("NOBODY", 1, "contribution"), ("NOBODY", 2, "contribution")]
    content = csv_bytes(lines, file_no=file_no)
    answer = await client.post(FILES, content=content, headers=headers())
    assert answer.status_code == 202
    assert answer.json()["state"] == "settling"
    report = await settled(client, file_no)
    assert (report["settled_count"], report["settled_total"], report["refused_count"]) == (1, 5, 2)
    assert (report["month"], report["received_by"], report["total"]) == ("2026-11-01", "clerk-1", 8)
    page = (await client.get(f"{FILES}/{file_no}/refused-lines", params={"limit": 1})).json()
    assert page["lines"][0]["code"] == "person_unknown"
    assert page["next_after"] == 3
    page = (await client.get(f"{FILES}/{file_no}/refused-lines", params={"after": 3})).json()
    assert [line["line"] for line in page["lines"]] == [4]
    assert page["next_after"] is None

    async def is_free() -> bool:
        again = await client.post(FILES, content=content, headers=headers())
        return again.status_code == 200 and again.json()["state"] == "settled"

    await eventually(is_free)
    other = await client.post(FILES, content=csv_bytes(lines[:1], file_no=file_no), headers=headers())
    assert (other.status_code, other.json()["code"]) == (409, "file_conflict")
    balance = await standing.pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = $1", person)
    assert balance == 10_005


async def test_bad_requests(client: httpx.AsyncClient, file_no: str) -> None:
    content = csv_bytes([], file_no=file_no)
    answer = await client.post(FILES, content=content + b"x", headers=headers())
    assert (answer.status_code, answer.json()["code"]) == (422, "file_invalid")
    assert (await client.post(FILES, content=content, headers=headers("application/json"))).status_code == 415
    answer = await client.post(FILES, content=content, headers=headers("application/vnd.apache.parquet"))
    assert (answer.status_code, answer.json()["code"]) == (422, "file_invalid")
    for path in (file_no, f"{file_no}/refused-lines"):
        answer = await client.get(f"{FILES}/{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "file_unknown")


async def test_a_body_that_is_too_long_or_stops_is_refused() -> None:
    settings = SimpleNamespace(http_silence_seconds_max=0.1)
    app = SimpleNamespace(state=SimpleNamespace(services=SimpleNamespace(settings=settings)))

    async def whether_spooled(*chunks: bytes, is_last: bool = True) -> tuple[bool, bytes]:
        arriving = list(chunks)

        async def receive_chunk() -> Any:
            if not arriving:
                await asyncio.Event().wait()
            more = len(arriving) > 1 or not is_last
            return {"type": "http.request", "body": arriving.pop(0), "more_body": more}

        spool = io.BytesIO()
        request = Request({"type": "http", "method": "POST", "headers": [], "app": app}, receive_chunk)
        return await body.spool_body(request, spool, 5), spool.getvalue()

    assert await whether_spooled(b"123", b"45") == (True, b"12345")
    assert await whether_spooled(b"123", b"456") == (False, b"123")
    with pytest.raises(HTTPException, match="408"):
        await whether_spooled(b"123", is_last=False)


async def test_one_file_at_a_time(client: httpx.AsyncClient, standing: House, person: str, file_no: str) -> None:
    content = csv_bytes([(person, 5, "contribution")], file_no=file_no)
    async with standing.locked(person):
        assert (await client.post(FILES, content=content, headers=headers())).status_code == 202
        assert (await client.get(f"{FILES}/{file_no}")).json()["lines_answered"] == 0
        answer = await client.post(FILES, content=csv_bytes([], file_no=f"{file_no}-2"), headers=headers())
        assert (answer.status_code, answer.json()["code"]) == (503, "overloaded")
    assert (await settled(client, file_no))["settled_count"] == 1
