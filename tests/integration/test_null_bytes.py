"""A text of Postgres holds no null byte: where one comes in over HTTP it is refused, or finds nothing."""

import httpx
import pytest
from tests.clearing_days import today


@pytest.mark.parametrize(
    "path",
    [
        "/v1/settlement-files?bank=a%00",
        f"/v1/business-days/{today()}/positions?after=%00",
        "/v1/audit?name=%00",
        "/v1/transactions/H%00/1",
        "/v1/transactions/H00000000001/1%00",
        "/v1/transactions/H00000000001/1%00/trace",
        "/v1/transactions/H00000000001/1%00/receipt",
    ],
)
async def test_one_in_an_address(client: httpx.AsyncClient, path: str) -> None:
    assert (await client.get(path)).status_code in {403, 404, 422}


@pytest.mark.parametrize("path", ["replay", "discard", "1/replay", "1/discard"])
@pytest.mark.parametrize("reason", ["a\0b", "a\nb"])
async def test_one_in_the_reason_of_an_act(client: httpx.AsyncClient, path: str, reason: str) -> None:
    chosen = {} if path.startswith("1") else {"letters": [1]}
    refused = await client.post(f"/v1/dead-letters/{path}", json={"reason": reason, **chosen})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_field")


@pytest.mark.parametrize("reason", ["", " ", "  "])
async def test_nothing_is_discarded_for_no_reason(client: httpx.AsyncClient, reason: str) -> None:
    refused = await client.post("/v1/dead-letters/1/discard", json={"reason": reason})
    assert (refused.status_code, refused.json()["code"]) == (422, "invalid_field")
