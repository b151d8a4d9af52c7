"""A quote says what a message would come to, and leaves no trace."""

from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from app.database import Pool
from tests.builders import HOSPITAL
from tests.harness import House


def body(person: str, **fields: Any) -> dict[str, Any]:
    return {
        "institution": HOSPITAL,
        "message_id": f"Q{person}",
        "kind": "payment",
        "person_no": person,
        "amount": 12_000,
        "card": {"cert_type": "01"},
        **fields,
    }


@pytest.fixture
async def counted(standing: House, person: str) -> AsyncIterator[None]:
    """The ledger holds as many rows after the test as before, but for what the test itself settles."""
    before = await _rows(standing.pool, person)
    yield
    assert await _rows(standing.pool, person) == before


async def _rows(pool: Pool, person: str) -> list[Any]:
    return [
        await pool.fetchval("SELECT count(*) FROM settlement.settlements WHERE person_no = $1", person),
        await pool.fetchrow("SELECT balance, held, last_entry FROM ledger.accounts WHERE owner = $1", person),
        await pool.fetchval(
            "SELECT count(*) FROM settlement.holds JOIN ledger.accounts USING (account_id) WHERE owner = $1", person
        ),
    ]


@pytest.mark.usefixtures("counted")
@pytest.mark.parametrize("kind", ["payment", "authorization"])
async def test_a_quote_is_what_settling_would_say(client: httpx.AsyncClient, person: str, kind: str) -> None:
    answer = await client.post("/v1/transactions/quote", json=body(person, kind=kind))
    assert answer.status_code == 200
    told = answer.json()
    assert (told["status"], told["code"]) == ({"payment": "settled", "authorization": "held"}[kind], "ok")
    assert (told["amount"], told["account_paid"], told["cash_due"]) == (12_000, 10_000, 2_000)
    assert (told["settlement_id"], told["settled_at"], told["replayed"]) == (None, None, False)


@pytest.mark.usefixtures("counted")
async def test_a_quote_is_declined_for_the_same_reason(client: httpx.AsyncClient, person: str) -> None:
    answer = await client.post("/v1/transactions/quote", json=body(person, short_balance="decline"))
    assert (answer.status_code, answer.json()["code"]) == (200, "insufficient_funds")


@pytest.mark.usefixtures("counted")
async def test_a_reversal_is_quoted_without_a_tombstone(client: httpx.AsyncClient, person: str) -> None:
    reversal = body(person, kind="reversal", original_message_id="NEVER")
    del reversal["amount"]
    answer = await client.post("/v1/transactions/quote", json=reversal)
    assert (answer.json()["status"], answer.json()["code"]) == ("reversed", "original_not_found")


async def test_the_quote_of_what_is_settled_is_its_stored_outcome(client: httpx.AsyncClient, person: str) -> None:
    settled = (await client.post("/v1/transactions", json=body(person))).json()
    quoted = await client.post("/v1/transactions/quote", json=body(person))
    assert quoted.json() == {**settled, "replayed": True}
    other = await client.post("/v1/transactions/quote", json=body(person, amount=1))
    assert (other.status_code, other.json()["differing_fields"]) == (409, ["amount"])


async def test_what_is_quoted_is_then_settled(client: httpx.AsyncClient, person: str) -> None:
    quoted = (await client.post("/v1/transactions/quote", json=body(person))).json()
    settled = (await client.post("/v1/transactions", json=body(person))).json()
    assert {**settled, "settlement_id": None, "settled_at": None} == quoted


@pytest.mark.parametrize(("content", "status"), [(b"{", 400), (b"{}", 422), (orjson.dumps({"pad": "x" * 70_000}), 413)])
async def test_what_cannot_be_read_cannot_be_quoted(client: httpx.AsyncClient, content: bytes, status: int) -> None:
    answer = await client.post("/v1/transactions/quote", content=content)
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")
