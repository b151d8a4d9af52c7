"""A look at the balances finds what is off, wherever it was planted, and nothing in a ledger that is whole."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeAlias

import asyncpg
import pytest
from app.database import Pool, open_pool
from app.ledger import imbalance
from app.ledger.imbalance import ImbalanceWatch
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import MIDNIGHT, Database, add_person, payment

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


_FORGED = """
INSERT INTO ledger.transfers
SELECT 5120, debit_account, credit_account, 3, debit_balance_after - 3, NULL, debit_entry + 1, NULL, business_day,
       0, 0, bucket
FROM ledger.transfers WHERE batch_id = 4096 AND position = 1
"""


async def looked(pool: Pool, looks: int = 2) -> int:
    watch = ImbalanceWatch(pool)
    for _ in range(looks):
        await watch.look()
    return watch.fen


async def test_a_ledger_of_every_kind_is_in_balance(every_kind: Database) -> None:
    pool = await open_pool(every_kind.app_url, size_max=1, application_name="tests")
    watch = ImbalanceWatch(pool)
    accounts = await pool.fetchval("SELECT count(*) FROM ledger.accounts")
    assert sum([await watch.look() for _ in range(4)]) >= accounts
    assert watch.fen == 0
    await pool.close()


@pytest.mark.parametrize(
    ("planted", "fen"),
    [
        ("UPDATE ledger.accounts SET balance = balance + 7 WHERE owner = 'PERSON1'", 7),
        ("UPDATE ledger.accounts SET balance = balance + 7 - 14 * (owner = 'PERSON1')::int WHERE balance > 100", 7),
        ("UPDATE ledger.transfers SET amount = amount + 5 WHERE batch_id = 4096 AND position = 1", 5),
        ("DELETE FROM ledger.transfers WHERE batch_id = 4096 AND position = 1", 20),
        ("DELETE FROM ledger.transfers WHERE batch_id = 4096 AND position = 0", 10),
        (_FORGED, 3),
    ],
    ids=["a balance", "two balances", "an amount", "the last movement gone", "one before gone", "a forged movement"],
)
async def test_what_is_planted_shows(books: Pool, owner: Owner, planted: str, fen: int) -> None:
    assert await looked(books) == 0
    await owner.execute(planted)
    assert await looked(books) == fen


async def test_what_was_found_stays_until_it_is_mended(books: Pool, owner: Owner) -> None:
    watch = ImbalanceWatch(books)
    await watch.look()
    for balance, fen in ((9, 9), (0, 9), (-9, 0)):
        await owner.execute("UPDATE ledger.accounts SET balance = balance + $1 WHERE owner = 'PERSON2'", balance)
        await watch.look()
        assert watch.fen == fen


@asynccontextmanager
async def slow_turns(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    with monkeypatch.context() as patch:
        patch.setattr(imbalance, "_TURN_MIN", 0)
        patch.setattr(imbalance, "_TURN_MAX", 0)
        yield


async def test_an_account_just_posted_to_is_looked_at_out_of_turn(
    books: Pool, owner: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with slow_turns(monkeypatch):
        watch = ImbalanceWatch(books)
        watch._turn = 0
        await watch.look()
        await owner.execute("UPDATE ledger.accounts SET balance = balance + 4 WHERE owner = 'PERSON1'")
        await watch.look()
        assert watch.fen == 0, "nothing was posted, and its turn does not come"
        await owner.execute("UPDATE ledger.accounts SET balance = balance - 4 WHERE owner = 'PERSON1'")
        await settle(books, [payment(person_no="PERSON1", amount=1)], rules=RuleBook(MIDNIGHT))
        await owner.execute("UPDATE ledger.accounts SET balance = balance + 4 WHERE owner = 'PERSON1'")
        assert await watch.look() > 0
        assert watch.fen == 4


async def test_every_account_has_its_turn(books: Pool, owner: Owner) -> None:
    for number in range(30):
        await add_person(books, f"Q{number}", balance=10)
    watch = ImbalanceWatch(books)
    await watch.look()
    await owner.execute("UPDATE ledger.accounts SET balance = balance + 1 WHERE owner LIKE 'Q%'")
    for _ in range(6):
        watch._turn = 8
        await watch.look()
    assert watch.fen == 30
