"""A quote beside live traffic: it waits for nobody, fails for nobody, and leaves no trace."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import suppress

import pytest
from app.codes import Code
from app.database import Pool, open_pool
from app.settlement.messages import Message
from app.settlement.rules import RuleBook
from app.settlement.settle import quote
from tests.builders import MIDNIGHT, Database, authorization, by_card, follow_up, payment
from tests.kinds import Owner, grant, outcomes
from tests.races import CALLERS, RICH, Arena, a_moment, arena_of, transfer

pytestmark = pytest.mark.races

ROUNDS = 15


@pytest.fixture
async def arena(database: Database) -> AsyncIterator[Arena]:
    """P1 and P2 are rich by either account, and P2 aids P1."""
    async with arena_of(database, "P1", "P2") as arena:
        await grant(arena.pool, "P2")
        yield arena


def _every_kind(hold: Message, paid: Message) -> list[Message]:
    return [
        payment(amount=RICH + 5, use_mutual_aid=True),
        payment(person_no="P2", amount=5, use_debit=True, card=by_card("deposit", "P2").card),
        authorization(),
        follow_up("capture", hold, amount=1),
        follow_up("void", hold),
        follow_up("refund", paid, amount=1),
        follow_up("reversal", paid),
        follow_up("reversal", hold),
        follow_up("reversal", payment()),
        transfer("P1", "P2", 5),
        by_card("withdrawal"),
    ]


@pytest.fixture
async def readers(database: Database) -> AsyncIterator[Pool]:
    """A pool whose transactions may neither write a row nor lock one."""
    url = f"{database.app_url}?default_transaction_read_only=on"
    pool = await open_pool(url, size_max=2, application_name="tests")
    async with pool:
        yield pool


async def test_a_quote_waits_for_nobody_who_holds_what_it_reads(arena: Arena, readers: Pool, owner: Owner) -> None:
    hold, paid = authorization(), payment()
    await outcomes(arena.pool, hold, paid)
    tables = ("ledger.accounts", "ledger.lanes", "settlement.holds", "settlement.message_keys", "parties.cards")
    async with owner.transaction():
        for table in tables:
            await owner.execute(f"SELECT FROM {table} FOR UPDATE")
        told = [await quote(readers, each, rules=RuleBook(MIDNIGHT)) for each in _every_kind(hold, paid)]
    codes = {each.code for each in told}
    assert codes == {Code.OK, Code.ORIGINAL_NOT_FOUND}
    await outcomes(arena.pool, follow_up("void", hold))
    await readers.close()
    await owner.close()
    await arena.assert_whole()


async def test_quotes_beside_live_traffic_fail_never_and_record_nothing(arena: Arena, readers: Pool) -> None:
    before = await _records(arena.pool)
    sent = 0
    told: list[str] = []
    live = [authorization(), payment()]

    async def trade() -> None:
        nonlocal sent
        for _ in range(ROUNDS):
            hold, paid = authorization(), payment(amount=700)
            refund = follow_up("refund", paid, amount=100)
            steps = [
                [hold, paid, transfer("P1", "P2")],
                [follow_up("capture", hold, amount=10), refund, transfer("P2", "P1")],
                [follow_up("reversal", refund)],
                [follow_up("reversal", paid), follow_up("void", hold)],
            ]
            live[:] = [hold, paid]
            for step in steps:
                await a_moment()
                assert {each.code for each in await outcomes(arena.pool, *step)} == {Code.OK}
                sent += len(step)

    async def ask() -> None:
        while True:
            told.extend([(await quote(readers, each, rules=RuleBook(MIDNIGHT))).code for each in _every_kind(*live)])

    asking = [asyncio.create_task(ask()) for _ in range(2)]
    await asyncio.gather(*(trade() for _ in range(CALLERS // 2)))
    for task in asking:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
    assert len(told) > 100
    assert set(told) <= {
        Code.OK, Code.ORIGINAL_NOT_FOUND, Code.ALREADY_REVERSED, Code.HOLD_VOIDED, Code.NOTHING_TO_REVERSE,
    }  # fmt: skip
    assert await _records(arena.pool) == before + 2 * sent
    await readers.close()
    await arena.assert_whole()


async def _records(pool: Pool) -> int:
    """Settlements and their keys."""
    found: int = await pool.fetchval(
        "SELECT (SELECT count(*) FROM settlement.settlements) + (SELECT count(*) FROM settlement.message_keys)"
    )
    return found
