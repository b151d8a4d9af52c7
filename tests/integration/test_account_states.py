"""Freeze, unfreeze and close an account, and what money does meanwhile."""

import httpx
import pytest
from app.codes import Code
from app.database import Pool, transaction
from app.parties.account_states import AccountChange, change_account
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import HOSPITAL, MIDNIGHT, add_card, add_institution, add_person, contribution, payment
from tests.card_desk import account_state, refused


@pytest.fixture
async def ledger(pool: Pool) -> Pool:
    """The pool of a ledger where P1 has 10,000 fen."""
    await add_institution(pool, HOSPITAL)
    await add_person(pool, "P1", balance=10_000)
    return pool


async def change(pool: Pool, event: str, person_no: str = "P1") -> AccountChange:
    async with transaction(pool) as connection:
        return await change_account(connection, person_no, event, operator="clerk-1", reason="as ordered")


async def pay(pool: Pool) -> Outcome:
    return (await settle(pool, [payment()], rules=RuleBook(MIDNIGHT))).answers[0].outcome


async def test_a_frozen_account_pays_nothing_and_takes_money_in(ledger: Pool) -> None:
    assert await change(ledger, "freeze") == AccountChange("frozen", already=False)
    assert await change(ledger, "freeze") == AccountChange("frozen", already=True)
    assert (await pay(ledger)).code == Code.ACCOUNT_FROZEN
    settled = await settle(ledger, [contribution("P1", 500)], rules=RuleBook(MIDNIGHT))
    assert settled.answers[0].outcome.balance_after == 10_500
    assert await change(ledger, "unfreeze") == AccountChange("normal", already=False)
    assert await change(ledger, "unfreeze") == AccountChange("normal", already=True)
    assert (await pay(ledger)).status == "settled"
    told = await ledger.fetch(
        "SELECT event, from_state, to_state, actor, reason FROM parties.account_events ORDER BY event_id"
    )
    assert [tuple(row) for row in told] == [
        ("freeze", "normal", "frozen", "clerk-1", "as ordered"),
        ("unfreeze", "frozen", "normal", "clerk-1", "as ordered"),
    ]


async def test_unfreezing_gives_back_a_dormant_account_unless_a_card_was_activated(ledger: Pool) -> None:
    for person_no in ("P2", "P3"):
        await add_person(ledger, person_no, state="dormant")
        await change(ledger, "freeze", person_no)
    await add_card(ledger, "Z3", "P3")
    await ledger.execute("UPDATE parties.cards SET activated_at = now() WHERE card_no = 'Z3'")
    assert (await change(ledger, "unfreeze", "P2")).state == "dormant"
    assert (await change(ledger, "unfreeze", "P3")).state == "normal"


async def test_an_account_is_closed_when_it_is_empty(ledger: Pool) -> None:
    with refused(Code.ILLEGAL_TRANSITION, "money"):
        await change(ledger, "close")
    await settle(ledger, [payment(amount=10_000)], rules=RuleBook(MIDNIGHT))
    assert await change(ledger, "close") == AccountChange("closed", already=False)
    assert await change(ledger, "close") == AccountChange("closed", already=True)
    assert (await pay(ledger)).code == Code.ACCOUNT_CLOSED
    for event in ("freeze", "unfreeze"):
        with refused(Code.ILLEGAL_TRANSITION, "closed"):
            await change(ledger, event)


async def test_money_on_hold_keeps_an_account_open(ledger: Pool) -> None:
    await add_person(ledger, "P2", balance=100)
    await ledger.execute("UPDATE ledger.accounts SET held = 100 WHERE owner = 'P2'")
    with refused(Code.ILLEGAL_TRANSITION):
        await change(ledger, "close", "P2")


async def test_a_frozen_account_is_unfrozen_before_it_is_closed(ledger: Pool) -> None:
    await add_person(ledger, "P2", state="frozen")
    with refused(Code.ILLEGAL_TRANSITION, "frozen"):
        await change(ledger, "close", "P2")
    assert await account_state(ledger, "P2") == "frozen"


async def test_an_unknown_person_has_no_account(ledger: Pool) -> None:
    with refused(Code.PERSON_UNKNOWN):
        await change(ledger, "freeze", "STRANGER")


# Over HTTP


async def test_a_clerk_freezes_and_unfreezes(client: httpx.AsyncClient, person: str) -> None:
    path = f"/v1/persons/{person}/account"
    body = {"reason": "court order 7"}
    response = await client.post(f"{path}/freeze", json=body)
    assert response.json() == {"person_no": person, "state": "frozen", "already": False}
    assert (await client.post(f"{path}/freeze", json=body)).json()["already"]
    assert (await client.post(f"{path}/unfreeze", json=body)).json()["state"] == "normal"
    refusal = await client.post(f"{path}/close", json=body)
    assert (refusal.status_code, refusal.json()["code"]) == (409, Code.ILLEGAL_TRANSITION)


@pytest.mark.parametrize(
    "body",
    [{}, {"reason": ""}, {"operator": "clerk-9", "reason": "x"}, {"reason": "x", "force": True}],
)
async def test_a_reason_is_given_and_nothing_else(
    client: httpx.AsyncClient, person: str, body: dict[str, object]
) -> None:
    response = await client.post(f"/v1/persons/{person}/account/freeze", json=body)
    assert (response.status_code, response.json()["code"]) == (422, Code.INVALID_FIELD)


async def test_an_unknown_event_or_person_is_named(client: httpx.AsyncClient) -> None:
    body = {"reason": "x"}
    response = await client.post("/v1/persons/STRANGER/account/freeze", json=body)
    assert (response.status_code, response.json()["code"]) == (404, Code.PERSON_UNKNOWN)
    assert (await client.post("/v1/persons/STRANGER/account/melt", json=body)).status_code == 422
