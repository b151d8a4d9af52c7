"""Races on a ledger: many callers at once, each on a connection of its own, and what must hold once they are done."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import NamedTuple

from app.database import Pool, connect, open_pool
from app.settlement.messages import Message, NamedCard
from app.settlement.records import Outcome
from app.verify import verify
from tests.builders import HOSPITAL, Database, add_debit_card, add_institution, add_person, by_card
from tests.harness import eventually
from tests.kinds import disagreements, outcome

CALLERS = 8
RICH = 1_000_000


class Arena(NamedTuple):
    """A ledger to race on; its pool has a connection for each of CALLERS."""

    pool: Pool
    database: Database

    async def assert_whole(self) -> None:
        """Nothing is held, balances are what was moved, and no callers waited in a circle. Closes the pool."""
        holding = await self.pool.fetch("SELECT owner, held FROM ledger.accounts WHERE held <> 0")
        assert not holding, holding
        differing = await disagreements(self.pool)
        assert not differing, differing
        await self.pool.close()
        circles = await _deadlocks(self.database)
        assert circles == 0, f"{circles} deadlocks"
        violations = (await verify(self.database.owner_url)).violations
        assert not violations, violations


@asynccontextmanager
async def arena_of(
    database: Database, *persons: str, balance: int = RICH, debit_balance: int = RICH
) -> AsyncIterator[Arena]:
    """A ledger with HOSPITAL and persons who have a debit card each."""
    pool = await open_pool(database.app_url, size_max=CALLERS, application_name="tests")
    async with pool:
        await add_institution(pool, HOSPITAL)
        for person_no in persons:
            await add_person(pool, person_no, balance=balance)
            await add_debit_card(pool, person_no, balance=debit_balance)
        yield Arena(pool, database)


async def _deadlocks(database: Database) -> int:
    """How many circles of waiting Postgres broke up. Backends tell what they counted when they leave at the latest."""
    owner = await connect(database.owner_url, application_name="tests")

    async def alone() -> bool:
        others: int = await owner.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
            " AND backend_type = 'client backend'"
        )
        return others == 0

    try:
        await eventually(alone)
        found: int = await owner.fetchval("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    finally:
        await owner.close()
    return found


async def a_moment() -> None:
    """Up to three milliseconds: about as long as the settling of one message, so that callers overlap in every way."""
    await asyncio.sleep(random.random() * 0.003)


async def at_once(pool: Pool, *messages: Message) -> list[Outcome]:
    """What messages come to that all callers send in the same moment; in the order of the messages."""

    async def send(message: Message) -> Outcome:
        await a_moment()
        return await outcome(pool, message)

    return await asyncio.gather(*(send(message) for message in messages))


def transfer(payer: str, payee: str, amount: int = 100) -> Message:
    """From card to card of two persons of the arena."""
    return by_card("transfer", payer, amount=amount, payee_card=NamedCard(f"D{payee}"))
