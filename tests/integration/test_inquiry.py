"""Online inquiry and verifications over HTTP."""

import secrets
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from app.database import transaction
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import MIDNIGHT, add_card, contribution, payment
from tests.harness import House


async def get(client: httpx.AsyncClient, path: str, **params: Any) -> Any:
    response = await client.get(path, params=params)
    assert response.status_code == 200, response.text
    return response.json()


async def test_balances_now_and_as_of_a_time(standing: House, client: httpx.AsyncClient, person: str) -> None:
    before = datetime.now(UTC)
    settled = await settle(standing.pool, [payment(person_no=person, amount=2_500)], rules=RuleBook(MIDNIGHT))
    now = await get(client, f"/v1/persons/{person}/accounts")
    assert now["personal"] == {"state": "normal", "balance": 7_500, "current": 7_500, "accumulated": 0, "held": 0}
    assert (now["debit"], now["pension"], now["cards"]) == ([], None, [])
    past = await get(client, f"/v1/persons/{person}/accounts", at=before.isoformat())
    assert past["personal"] == {"state": None, "balance": 10_000, "current": 10_000, "accumulated": 0, "held": 0}
    at = settled.answers[0].outcome.settled_at
    assert at is not None
    assert (await get(client, f"/v1/persons/{person}/accounts", at=at.isoformat()))["personal"]["balance"] == 7_500
    long_ago = await get(client, f"/v1/persons/{person}/accounts", at="2001-01-01T00:00:00Z")
    assert long_ago["personal"]["balance"] == 0


async def test_cards_debit_and_pension_accounts_are_shown(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    card_no = f"Z{secrets.token_hex(6)}"
    await standing.pool.execute(
        "INSERT INTO parties.cards (card_no, person_no, card_sn, state, valid_to, bank, debit_application)"
        " VALUES ($1, $2, 'SN1', 'active', '2099-12-31', 'BANK01', 'on')",
        card_no,
        person,
    )
    async with transaction(standing.pool) as connection:
        [account_id] = await new_account_ids(connection, 1)
        await open_accounts(connection, [(account_id, 0, bucket_of(person), "debit", f"BANK01/{person}")])
        await connection.execute("INSERT INTO parties.pension_accounts VALUES ($1, 1234567, '2026-06-30')", person)
    found = await get(client, f"/v1/persons/{person}/accounts")
    assert found["debit"] == [{"bank": "BANK01", "state": "normal", "balance": 0}]
    assert found["pension"] == {"balance": 1_234_567, "as_of": "2026-06-30"}
    assert found["cards"] == [
        {
            "card_no": card_no, "kind": "social_security", "bank": "BANK01", "state": "active",
            "valid_to": "2099-12-31", "social_security_usable": True, "debit": "on", "debit_usable": True,
        }
    ]  # fmt: skip


async def test_entries_in_pages(standing: House, client: httpx.AsyncClient, person: str) -> None:
    messages = [contribution(person, 10), payment(person_no=person, amount=30), contribution(person, 20)]
    settled = await settle(standing.pool, messages, rules=RuleBook(MIDNIGHT))
    first = await get(client, f"/v1/persons/{person}/entries", limit=2)
    rest = await get(client, f"/v1/persons/{person}/entries", limit=2, cursor=first["next_cursor"])
    entries = first["entries"] + rest["entries"]
    assert [(each["entry"], each["amount"], each["balance_after"], each["kind"]) for each in entries] == [
        (4, 20, 10_000, "contribution"),
        (3, -30, 9_980, "payment"),
        (2, 10, 10_010, "contribution"),
        (1, 10_000, 10_000, "contribution"),
    ]
    assert rest["next_cursor"] is None
    assert [each["settlement_id"] for each in entries[:3]] == [
        answer.outcome.settlement_id for answer in reversed(settled.answers)
    ]
    assert entries[1]["part"] == "current"
    oldest = await get(client, f"/v1/persons/{person}/entries", order="oldest_first")
    assert oldest["entries"] == entries[::-1]


async def test_a_card_is_verified_and_the_holder_sees_it(
    standing: House, client: httpx.AsyncClient, person: str
) -> None:
    card_no = f"Z{secrets.token_hex(6)}"
    await add_card(standing.pool, card_no, person)
    question = {
        "person_no": person, "card_no": card_no, "card_sn": "SN1", "service": "employment_training",
        "reason": "course 12",
    }  # fmt: skip
    response = await client.post("/v1/card-verifications", json=question)
    assert response.status_code == 201, response.text
    answer = response.json()
    assert (answer["identified"], answer["code"], answer["entitled"], answer["basis"]) == (
        True, "ok", True, "open to everyone",
    )  # fmt: skip
    refused = (await client.post("/v1/card-verifications", json={**question, "card_sn": "SN2"})).json()
    assert (refused["identified"], refused["code"], refused["basis"]) == (False, "card_sn_mismatch", None)
    found = await get(client, f"/v1/persons/{person}/card-verifications", limit=1)
    assert [each["code"] for each in found["verifications"]] == ["card_sn_mismatch"]
    found = await get(client, f"/v1/persons/{person}/card-verifications", cursor=found["next_cursor"])
    assert found == {"verifications": [{**answer, "basis": None}], "next_cursor": None}


async def test_entitlements_of_a_person(client: httpx.AsyncClient, person: str) -> None:
    found = await get(client, f"/v1/persons/{person}/entitlements")
    assert (found["personal_status"], found["insurances"]) == (None, {})
    assert {each["service"] for each in found["services"] if each["holds"]} == {
        "job_registration", "employment_training", "unemployment_registration",
    }  # fmt: skip


@pytest.mark.parametrize("path", ["accounts", "entries", "entitlements", "card-verifications"])
async def test_an_unknown_person_is_not_found(client: httpx.AsyncClient, path: str) -> None:
    response = await client.get(f"/v1/persons/NOBODY/{path}")
    assert (response.status_code, response.json()["code"]) == (404, "person_unknown")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("accounts", {"at": (datetime.now(UTC) + timedelta(days=1)).isoformat()}),
        ("accounts", {"at": "2026-01-01T00:00:00"}),
        ("accounts", {"at": "0001-01-01T00:00:00+08:00"}),
        ("entries", {"limit": 501}),
        ("entries", {"limit": 0}),
        ("entries", {"cursor": "x"}),
        ("entries", {"order": "sideways"}),
        ("card-verifications", {"cursor": "9" * 19}),
    ],
)
async def test_a_bad_question_is_refused(
    client: httpx.AsyncClient, person: str, path: str, params: dict[str, Any]
) -> None:
    response = await client.get(f"/v1/persons/{person}/{path}", params=params)
    assert (response.status_code, response.json()["code"]) == (422, "invalid_field"), response.text


@pytest.mark.parametrize("cursor", ["0", "9" * 18])
@pytest.mark.parametrize("order", ["newest_first", "oldest_first"])
async def test_any_cursor_is_harmless(client: httpx.AsyncClient, person: str, cursor: str, order: str) -> None:
    found = await get(client, f"/v1/persons/{person}/entries", cursor=cursor, order=order)
    assert len(found["entries"]) <= 1


@pytest.mark.parametrize("change", [{"service": "dentistry"}, {"operator": "clerk-9"}, {"reason": ""}, {"extra": 1}])
async def test_a_bad_verification_is_refused(client: httpx.AsyncClient, change: dict[str, Any]) -> None:
    question = {"person_no": "P1", "card_no": "C1", "service": "job_registration", "reason": "r"}
    response = await client.post("/v1/card-verifications", json={**question, **change})
    assert (response.status_code, response.json()["code"]) == (422, "invalid_field")
