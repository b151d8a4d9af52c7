"""Many callers on the same accounts: whatever way the money goes none waits in a circle, and every fen is spent once.

A message that comes on two paths is settled on one of them.
"""

import asyncio
import random
import secrets
from collections.abc import AsyncIterator
from typing import Any

import httpx
import orjson
import pytest
from app.codes import Code
from app.database import transaction
from app.parties import mutual_aid
from app.settlement.records import Outcome
from tests.builders import Database, add_person, contribution, payment, payment_json
from tests.harness import House, Told, eventually
from tests.kinds import balance, debit_balance, grant, held, outcomes
from tests.races import CALLERS, RICH, Arena, a_moment, arena_of, transfer

pytestmark = pytest.mark.races

ROUNDS = 15
PERSONS = ("P1", "P2", "P3")


@pytest.fixture
async def poor(database: Database) -> AsyncIterator[Arena]:
    """P1, P2 and P3 have 1,000 fen in either account."""
    async with arena_of(database, *PERSONS, balance=1_000, debit_balance=1_000) as arena:
        yield arena


# Many accounts, and one


@pytest.mark.parametrize("people", [PERSONS[:2], PERSONS], ids=["opposite", "ring"])
async def test_transfers_round_and_round_neither_wait_in_a_circle_nor_make_money(
    poor: Arena, people: tuple[str, ...]
) -> None:
    ways = [*zip(people, (*people[1:], people[0]), strict=True)]
    ways += [(payee, payer) for payer, payee in ways]

    async def send() -> list[Outcome]:
        told: list[Outcome] = []
        for _ in range(ROUNDS):
            await a_moment()
            one, some = random.choice(ways), random.sample(ways, len(ways))
            told += await outcomes(poor.pool, transfer(*one, random.randint(1, 700)))
            told += await outcomes(poor.pool, *(transfer(*way, random.randint(1, 700)) for way in some))
        return told

    told = [each for some in await asyncio.gather(*(send() for _ in range(CALLERS))) for each in some]
    assert {each.code for each in told} == {Code.OK, Code.INSUFFICIENT_FUNDS}
    left = [await debit_balance(poor.pool, each) for each in people]
    assert sum(left) == 1_000 * len(people)
    assert min(left) >= 0
    await poor.assert_whole()


async def test_families_who_aid_each_other_both_ways_pay_each_fen_once(poor: Arena) -> None:
    """Payments in both directions, and grants that end and begin among them."""
    pairs = [(granter, beneficiary) for granter in PERSONS for beneficiary in PERSONS if granter != beneficiary]
    grants = [await grant(poor.pool, *pair) for pair in pairs]

    async def spend(caller: int) -> list[Outcome]:
        told: list[Outcome] = []
        for number in range(ROUNDS):
            await a_moment()
            person = PERSONS[(caller + number) % 3]
            told += await outcomes(
                poor.pool, payment(person_no=person, amount=random.randint(1, 90), use_mutual_aid=True)
            )
        return told

    async def change() -> list[Outcome]:
        for given in grants:
            await a_moment()
            async with transaction(poor.pool) as connection:
                await mutual_aid.unbind(connection, given.grant_id, operator="clerk-1")
            await a_moment()
            await grant(poor.pool, given.granter, given.beneficiary)
        return []

    found = await asyncio.gather(*(spend(caller) for caller in range(CALLERS - 1)), change())
    told = [each for some in found for each in some]
    last = await outcomes(poor.pool, *(payment(person_no=each, use_mutual_aid=True, amount=3_000) for each in PERSONS))
    assert {each.code for each in (*told, *last)} == {Code.OK}
    assert sum(each.account_paid + each.mutual_aid_paid for each in (*told, *last)) == 3_000
    assert any(each.mutual_aid_paid for each in told)
    assert [await balance(poor.pool, each) for each in PERSONS] == [0, 0, 0]
    await poor.assert_whole()


async def test_one_hot_account_is_spent_to_the_last_fen_and_no_further(poor: Arena) -> None:
    async def use() -> list[Outcome]:
        told: list[Outcome] = []
        for _ in range(ROUNDS):
            await a_moment()
            told += await outcomes(poor.pool, payment(amount=60), payment(amount=30), contribution("P1", 20))
        return told

    told = [each for some in await asyncio.gather(*(use() for _ in range(CALLERS))) for each in some]
    paid = [each for each in told if each.kind == "payment"]
    assert {each.code for each in told} == {Code.OK}
    brought = 20 * (len(told) - len(paid))
    left = await balance(poor.pool)
    assert sum(each.account_paid for each in paid) == 1_000 + brought - left
    assert sum(each.account_paid + each.cash_due for each in paid) == 90 * len(paid) // 2
    entries = await poor.pool.fetch(
        "SELECT CASE WHEN t.debit_account = a.account_id THEN t.debit_entry ELSE t.credit_entry END AS entry"
        " FROM ledger.accounts AS a JOIN ledger.transfers AS t ON a.account_id IN (t.debit_account, t.credit_account)"
        " WHERE a.owner = 'P1' AND a.kind = 'personal' ORDER BY entry"
    )
    assert [row["entry"] for row in entries] == list(range(1, len(entries) + 1))
    await poor.assert_whole()


# One message on two paths


async def told_of(house: House, message_id: str, place: str) -> Told:
    """What the topic says of the record at a place: it tells also of what came by HTTP, and names no place there."""
    found: list[Told] = []

    async def enough() -> bool:
        told = house.told_so_far().get(message_id, [])
        found[:] = [each for each in told if ("medsettle_source", place.encode()) in each.record.headers]
        return bool(found)

    await eventually(enough)
    return found[0]


@pytest.mark.parametrize("is_known", [True, False], ids=["person", "stranger"])
async def test_one_message_on_two_paths_is_settled_once(
    standing: House, client: httpx.AsyncClient, *, is_known: bool
) -> None:
    """By HTTP and by Kafka at once, through the real processes; a stranger has no account that would be locked."""
    person = f"P{secrets.token_hex(6)}"
    if is_known:
        await add_person(standing.pool, person, balance=RICH)

    async def both(kind: str, **fields: Any) -> str:
        """The same message by either path; its id."""
        message_id = f"W{secrets.token_hex(8)}"
        value = payment_json(kind=kind, message_id=message_id, person_no=person, **fields)

        async def by_http() -> dict[str, Any]:
            await a_moment()
            answer = await client.post("/v1/transactions", content=value)
            told: dict[str, Any] = orjson.loads(answer.content)
            return told

        async def by_kafka() -> dict[str, Any]:
            await a_moment()
            place = await standing.send(value, key=person.encode())
            return (await told_of(standing, message_id, place)).outcome

        told = await asyncio.gather(by_http(), by_kafka())
        assert sorted(each["replayed"] for each in told) == [False, True], told
        assert len({each["settlement_id"] for each in told}) == 1
        done = {each["code"] for each in told}
        assert done == {"ok" if is_known else "person_unknown"}
        recorded = "SELECT count(*) FROM settlement.settlements WHERE message_id = $1"
        assert await standing.pool.fetchval(recorded, message_id) == 1
        return message_id

    async def one_round() -> None:
        paid, held_by = await asyncio.gather(both("payment"), both("authorization"))
        back: dict[str, Any] = {"card": None, "amount": None}
        await asyncio.gather(
            both("refund", original_message_id=paid, **{**back, "amount": 300}),
            both("capture", original_message_id=held_by, **{**back, "amount": 400}),
        )
        await asyncio.gather(
            both("reversal", original_message_id=paid, **back), both("void", original_message_id=held_by, **back)
        )

    for _ in range(3):
        await asyncio.gather(*(one_round() for _ in range(5)))
    if is_known:
        assert (await balance(standing.pool, person), await held(standing.pool, person)) == (RICH - 15 * 400, 0)
