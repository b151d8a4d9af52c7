"""Adjustments: proposed by one clerk, decided by another, settled once."""

import asyncio
from typing import Any

import httpx
import pytest
from app.access.principal import Role
from app.codes import Code
from app.database import Pool
from app.errors import DatabaseUnavailable, Refused
from app.funding import adjustments
from app.funding.adjustments import Adjustment, Direction
from app.settlement.rules import RuleBook
from app.verify import verify
from tests.builders import MIDNIGHT, Database, add_person
from tests.commands import medsettle
from tests.harness import House

RULES = RuleBook(MIDNIGHT)


@pytest.fixture
async def payer(pool: Pool) -> Pool:
    """The pool of a ledger with P1, who has 1,000 fen."""
    await add_person(pool, "P1", balance=1_000)
    return pool


async def propose(pool: Pool, amount: int = 300, direction: Direction = "credit") -> Adjustment:
    return await adjustments.propose(
        pool, person_no="P1", direction=direction, amount=amount, reason="counted twice in October", maker="clerk-1"
    )


async def approve(pool: Pool, adjustment: Adjustment, checker: str = "clerk-2") -> Adjustment:
    return await adjustments.approve(pool, adjustment.adjustment_id, checker=checker, rules=RuleBook(MIDNIGHT))


async def balance(pool: Pool) -> int:
    found: int = await pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = 'P1'")
    return found


@pytest.mark.parametrize(("direction", "left"), [("credit", 1_300), ("debit", 700)])
async def test_approved_money_moves_once(payer: Pool, database: Database, direction: Direction, left: int) -> None:
    proposed = await propose(payer, direction=direction)
    assert (proposed.state, proposed.checker, proposed.outcome) == ("proposed", None, None)
    assert await balance(payer) == 1_000
    approved = await approve(payer, proposed)
    assert (approved.state, approved.checker, approved.outcome) == ("approved", "clerk-2", Code.OK)
    assert await approve(payer, proposed) == approved
    assert await approve(payer, proposed, "clerk-3") == approved
    assert await balance(payer) == left
    assert (await verify(database.app_url)).ok


async def test_the_maker_may_not_decide(payer: Pool) -> None:
    proposed = await propose(payer)
    own_rejection = adjustments.reject(payer, proposed.adjustment_id, checker="clerk-1")
    for decision in (approve(payer, proposed, "clerk-1"), own_rejection):
        with pytest.raises(Refused) as refused:
            await decision
        assert refused.value.code == Code.SAME_CLERK
    assert (await adjustments.read(payer, proposed.adjustment_id)).state == "proposed"
    assert await balance(payer) == 1_000


async def test_a_decision_stands(payer: Pool) -> None:
    rejected = await propose(payer)
    approved = await propose(payer)
    first = await adjustments.reject(payer, rejected.adjustment_id, checker="clerk-2")
    assert (first.state, first.checker) == ("rejected", "clerk-2")
    assert await adjustments.reject(payer, rejected.adjustment_id, checker="clerk-3") == first
    await approve(payer, approved)
    for decision in (approve(payer, rejected), adjustments.reject(payer, approved.adjustment_id, checker="clerk-2")):
        with pytest.raises(Refused) as refused:
            await decision
        assert refused.value.code == Code.ADJUSTMENT_DECIDED
    assert await balance(payer) == 1_300


async def test_what_is_unknown(payer: Pool) -> None:
    with pytest.raises(Refused) as refused:
        await adjustments.approve(payer, 99, checker="clerk-2", rules=RULES)
    assert refused.value.code == Code.ADJUSTMENT_UNKNOWN
    with pytest.raises(Refused) as refused:
        await adjustments.propose(
            payer, person_no="NOBODY", direction="credit", amount=1, reason="none", maker="clerk-1"
        )
    assert refused.value.code == Code.PERSON_UNKNOWN


async def test_an_account_that_does_not_hold_it(payer: Pool) -> None:
    proposed = await propose(payer, 1_001, "debit")
    approved = await approve(payer, proposed)
    assert (approved.state, approved.outcome) == ("approved", Code.INSUFFICIENT_FUNDS)
    await approve(payer, await propose(payer, 5_000))
    assert (await approve(payer, proposed)).outcome == Code.INSUFFICIENT_FUNDS  # final
    assert await balance(payer) == 6_000


async def test_an_approval_that_died_in_between_is_completed_by_the_next(
    payer: Pool, monkeypatch: pytest.MonkeyPatch
) -> None:
    proposed = await propose(payer)

    async def dies(*_: object, **__: object) -> Any:
        raise DatabaseUnavailable("gone")

    with monkeypatch.context() as patch:
        patch.setattr(adjustments, "settle_isolating", dies)
        with pytest.raises(DatabaseUnavailable):
            await approve(payer, proposed)
    cut_off = await adjustments.read(payer, proposed.adjustment_id)
    assert (cut_off.state, cut_off.outcome) == ("approved", None)
    assert await balance(payer) == 1_000
    completed = await approve(payer, proposed, "clerk-3")
    assert (completed.checker, completed.outcome) == ("clerk-2", Code.OK)
    assert await balance(payer) == 1_300


async def test_many_approvals_at_once_move_it_once(payer: Pool) -> None:
    proposed = await propose(payer)
    answers = await asyncio.gather(*(approve(payer, proposed, f"clerk-{n}") for n in range(2, 12)))
    assert {answer.outcome for answer in answers} == {Code.OK}
    assert len({answer.checker for answer in answers}) == 1
    assert await balance(payer) == 1_300


async def test_approval_and_rejection_at_once_end_as_one_of_them(payer: Pool) -> None:
    for _ in range(10):
        before = await balance(payer)
        proposed = await propose(payer)
        await asyncio.gather(
            approve(payer, proposed),
            adjustments.reject(payer, proposed.adjustment_id, checker="clerk-3"),
            return_exceptions=True,
        )
        state = (await adjustments.read(payer, proposed.adjustment_id)).state
        assert await balance(payer) == before + (300 if state == "approved" else 0)


async def test_pages_of_a_person(payer: Pool) -> None:
    made = [await propose(payer, amount) for amount in (1, 2, 3)]
    await approve(payer, made[0])
    found = await adjustments.adjustments_of(payer, "P1", after=0, limit=2)
    assert [(each.amount, each.outcome) for each in found] == [(1, Code.OK), (2, None)]
    rest = await adjustments.adjustments_of(payer, "P1", after=found[-1].adjustment_id, limit=2)
    assert [each.amount for each in rest] == [3]
    assert await adjustments.adjustments_of(payer, "P2", after=0, limit=2) == []


def command(database: Database, *words: str) -> str:
    done = medsettle("adjust", *words, on=database)
    return done.stdout + done.stderr


async def test_by_the_commands(payer: Pool, database: Database) -> None:
    for way in ("--credit", "--debit"):
        proposed = command(database, "propose", "P1", "250", way, "--reason", "case 17", "--operator", "clerk-1")
    assert proposed == "adjustment 2 of P1: debit 2.50 yuan by clerk-1: proposed\n"
    assert "may not check it" in command(database, "approve", "2", "--operator", "clerk-1")
    for _ in range(2):
        approved = command(database, "approve", "2", "--operator", "clerk-2")
        assert approved == "adjustment 2 of P1: debit 2.50 yuan by clerk-1: approved by clerk-2, ok\n"
    assert "rejected by clerk-3" in command(database, "reject", "1", "--operator", "clerk-3")
    assert "is approved" in command(database, "reject", "2", "--operator", "clerk-3")
    listed = command(database, "list", "P1").splitlines()
    assert ["rejected" in line or "approved" in line for line in listed] == [True, True]
    assert await balance(payer) == 750


async def test_over_http(standing: House, client: httpx.AsyncClient, person: str) -> None:
    proposal = {"person_no": person, "direction": "debit", "amount": 100, "reason": "case 17"}
    made = await client.post("/v1/adjustments", json=proposal)
    assert made.status_code == 201
    address = f"/v1/adjustments/{made.json()['adjustment_id']}"
    own = await client.post(f"{address}/approval")
    assert (own.status_code, own.json()["code"]) == (409, "same_clerk")
    async with standing.client(await standing.keys.key(Role.AGENCY, name="clerk-2")) as other:
        for _ in range(2):
            approved = await other.post(f"{address}/approval")
            assert (approved.status_code, approved.json()["outcome"]) == (200, "ok")
        late = await other.post(f"{address}/rejection")
    assert (approved.json()["maker"], approved.json()["checker"]) == ("clerk-1", "clerk-2")
    assert (late.status_code, late.json()["code"]) == (409, "adjustment_decided")
    listed = (await client.get("/v1/adjustments", params={"person_no": person, "limit": 1})).json()
    assert listed["adjustments"] == [approved.json()]
    rejected = (await client.post("/v1/adjustments", json=proposal)).json()
    async with standing.client(await standing.keys.key(Role.OPERATOR, name="operator-1")) as operator:
        answer = (await operator.post(f"/v1/adjustments/{rejected['adjustment_id']}/rejection")).json()
    assert (answer["state"], answer["checker"]) == ("rejected", "operator-1")


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"person_no": "NOBODY"}, 404),
        ({"amount": 0}, 422),
        ({"amount": "5"}, 422),
        ({"amount": 1.5}, 422),
        ({"amount": 10**16}, 422),
        ({"direction": "both"}, 422),
        ({"reason": ""}, 422),
        ({"reason": "a\x00b"}, 422),
        ({"operator": "clerk-9"}, 422),
        ({"extra": 1}, 422),
    ],
)
async def test_bad_proposals(client: httpx.AsyncClient, person: str, change: dict[str, Any], status: int) -> None:
    proposal = {"person_no": person, "direction": "credit", "amount": 1, "reason": "case 17"}
    assert (await client.post("/v1/adjustments", json={**proposal, **change})).status_code == status
    assert (await client.post("/v1/adjustments/0/approval")).status_code == 422
