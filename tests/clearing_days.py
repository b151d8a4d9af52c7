"""Days to seal: postings on yesterday, which is over, institutions with bank accounts, and what a seal left."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import date, datetime, time, timedelta
from typing import Any, TypeAlias

import pytest
from app.clearing.days import Day
from app.clearing.seal import sealing
from app.config import ZONE
from app.database import Connection, Pool, connect, open_pool
from app.ledger import journal
from app.ledger.business_days import BusinessDays
from app.settlement.messages import Message
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, Databases, add_institution, add_person

#: By this cut-off today has not begun yet.
LATE = time(23, 59, 59, 999_999)


def today() -> date:
    return datetime.now(ZONE).date()


def yesterday() -> date:
    return today() - timedelta(days=1)


Maker: TypeAlias = Callable[[Database, Pool, Connection], Awaitable[None]]


@asynccontextmanager
async def made_once(databases: Databases, make: Maker) -> AsyncIterator[Database]:
    """A whole ledger for tests to copy: nobody is connected to it any more."""
    async with databases() as database:
        owner = await connect(database.owner_url, application_name="tests")
        try:
            async with await open_pool(database.app_url, size_max=4, application_name="tests") as pool:
                await make(database, pool, owner)
        finally:
            await owner.close()
        assert (await verify(database.app_url)).violations == []
        yield database


async def post_yesterday(pool: Pool, *messages: Message) -> list[Answer]:
    """Settle as a process would whose cut-off comes late, so that it is still yesterday."""
    settled = await settle(pool, messages, rules=RuleBook(LATE))
    return list(settled.answers)


async def post_today(pool: Pool, *messages: Message) -> list[Answer]:
    return list((await settle(pool, messages, rules=RuleBook(MIDNIGHT))).answers)


async def make_day(owner: Connection, day: date) -> None:
    """Make a day before yesterday one on which can be posted."""
    await owner.execute("SELECT settlement.prepare_day($1)", day)


async def post_on(pool: Pool, day: date, *messages: Message) -> list[Answer]:
    """Settle on a day, whatever the clock says."""
    open_batch = journal.open_batch

    async def opened_then(connection: Connection, days: BusinessDays) -> journal.OpenBatch:
        return (await open_batch(connection, days))._replace(business_day=day)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal, "open_batch", opened_then)
        return await post_today(pool, *messages)


async def open_places(pool: Pool) -> None:
    """HOSPITAL and PHARMACY with bank accounts at two banks, and P1 and P2 with 10,000 yuan each, since yesterday."""
    await add_institution(pool, HOSPITAL, bank="BANK01")
    await add_institution(pool, PHARMACY, kind="pharmacy", bank="BANK02")
    await pool.execute("UPDATE parties.institutions SET payee_name = name, payee_account = '62' || institution")
    for person_no in ("P1", "P2"):
        await add_person(pool, person_no, balance=1_000_000, rules=RuleBook(LATE))


async def seal(database: Database, day: date | None = None) -> Day:
    async with sealing(database.app_url, MIDNIGHT) as sealer:
        return await sealer.seal(day or yesterday())


async def positions(pool: Pool, day: date | None = None) -> dict[str, dict[str, Any]]:
    rows = await pool.fetch("SELECT * FROM clearing.positions WHERE business_day = $1", day or yesterday())
    return {row["institution"]: dict(row) for row in rows}


async def lines(pool: Pool, day: date | None = None) -> list[tuple[Any, ...]]:
    """Number, bank, institution and fen of each line."""
    rows = await pool.fetch(
        "SELECT line_no, bank, institution, amount FROM clearing.lines WHERE business_day = $1 ORDER BY line_no",
        day or yesterday(),
    )
    return [tuple(row) for row in rows]


async def balance_of(pool: Pool, owner: str, kind: str) -> int:
    """Of a derived account: what its transfers sum to."""
    found: int = await pool.fetchval(
        "SELECT coalesce(sum(CASE WHEN t.credit_account = a.account_id THEN t.amount ELSE -t.amount END), 0)::bigint"
        " FROM ledger.accounts AS a JOIN ledger.transfers AS t"
        " ON a.account_id IN (t.credit_account, t.debit_account) WHERE a.owner = $1 AND a.kind = $2",
        owner, kind,
    )  # fmt: skip
    return found
