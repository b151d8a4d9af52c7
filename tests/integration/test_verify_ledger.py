"""Whatever of accounts, transfers and the journal is tampered with, `verify` names the row."""

import pytest
from app.database import Pool
from tests.builders import Database
from tests.integration.tampering import ZERO_SUM, at, drop_batch, tamper_and_verify, tampering, transfer, tree

#: One more transfer for the last settlement, with the entry and balance that would come next.
FORGED = f"""
INSERT INTO ledger.transfers
SELECT batch_id, 1002, 1000, 100, debit_balance_after - 100, NULL, debit_entry + 1, NULL,
       business_day, position, 1, bucket
FROM ledger.transfers WHERE {at(1, 4096)};
"""

TRANSFERS = [
    tampering(
        "amount",
        f"UPDATE ledger.transfers SET amount = amount + 1 WHERE {at(0)}",
        f"entries: {transfer(0)}",
        "balances: account 1002",
        ZERO_SUM,
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "amount beyond all sums",
        f"UPDATE ledger.transfers SET amount = {2**63 - 1} WHERE {at(0)}",
        f"entries: {transfer(0)}",
        "balances: account 1002",
        ZERO_SUM,
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "to another institution",
        f"UPDATE ledger.transfers SET credit_account = 1001 WHERE {at(0)}",
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "to no account",
        f"UPDATE ledger.transfers SET credit_account = 77 WHERE {at(0)}",
        f"sides: {transfer(0)}",
        ZERO_SUM,
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "from another person",
        f"UPDATE ledger.transfers SET debit_account = 1003 WHERE {at(0)}",
        "entries: account 1002 entry 2",
        f"entries: {transfer(0)}",
        f"entries: {transfer(1)}",
        "balances: account 1002",
        "balances: account 1003",
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "balance after",
        f"UPDATE ledger.transfers SET debit_balance_after = 98999 WHERE {at(0)}",
        f"entries: {transfer(0)}",
        f"entries: {transfer(3)}",
        "movements: settlement batch 3072 position 0",
        tree(0),
    ),
    tampering(
        "entry taken away",
        f"UPDATE ledger.transfers SET debit_entry = NULL WHERE {at(3)}",
        f"sides: {transfer(3)}",
        "entries: account 1002 entry 3",
        tree(3),
    ),
    tampering(
        "entry on a derived account",
        f"UPDATE ledger.transfers SET credit_entry = 1, credit_balance_after = amount WHERE {at(3)}",
        f"sides: {transfer(3)}",
        tree(3),
    ),
    tampering(
        "entry doubled",
        f"UPDATE ledger.transfers SET credit_entry = 5 WHERE {at(6)}",
        "entries: account 1002 entry 4",
        f"entries: {transfer(7)}",
        tree(6),
    ),
    tampering(
        "entry past the last",
        f"UPDATE ledger.transfers SET debit_entry = 9 WHERE {at(3)}",
        "entries: account 1002 entry 3",
        f"entries: {transfer(3)}",
        tree(3),
    ),
    tampering(
        "bucket",
        f"UPDATE ledger.transfers SET bucket = (bucket + 1) % 256 WHERE {at(3)}",
        "movements: settlement batch 3072 position 3",
        f"strays: {transfer(3)}",
    ),
    tampering(
        "deleted",
        f"DELETE FROM ledger.transfers WHERE {at(3)}",
        "entries: account 1002 entry 3",
        "balances: account 1002",
        ZERO_SUM,
        "movements: settlement batch 3072 position 3",
        tree(3),
    ),
    tampering(
        "last one deleted and the account mended",
        f"DELETE FROM ledger.transfers WHERE {at(1, 4096)};"
        "UPDATE ledger.accounts SET balance = balance + 20, last_entry = last_entry - 1 WHERE account_id = 1002",
        "movements: settlement batch 4096 position 1",
        tree(1, 4096),
    ),
    tampering(
        "forged for no settlement",
        f"""INSERT INTO ledger.transfers
            SELECT 5120, 1, 1000, 100, NULL, NULL, NULL, NULL, business_day, 0, 0, bucket
            FROM ledger.transfers WHERE {at(1, 4096)}""",
        f"strays: {transfer(0, 5120)}",
    ),
    tampering(
        "forged",
        FORGED,
        f"entries: {transfer(1, 4096, leg=1)}",
        "balances: account 1002",
        ZERO_SUM,
        "movements: settlement batch 4096 position 1",
        tree(1, 4096),
    ),
    tampering(
        "forged and the account mended",
        f"{FORGED} UPDATE ledger.accounts SET balance = balance - 100, last_entry = 8 WHERE account_id = 1002",
        "movements: settlement batch 4096 position 1",
        tree(1, 4096),
    ),
]

PERSON2 = "FROM ledger.accounts WHERE account_id = 1003"
ACCOUNTS = [
    tampering(
        "balance",
        "UPDATE ledger.accounts SET balance = balance + 1 WHERE account_id = 1003",
        "balances: account 1003",
        ZERO_SUM,
    ),
    tampering(
        "holds more than it has",
        "ALTER TABLE ledger.accounts DROP CONSTRAINT account_never_overdrawn;"
        "UPDATE ledger.accounts SET held = 1 WHERE account_id = 1003",
        "balances: account 1003",
        "held: account 1003",
    ),
    tampering(
        "last entry raised",
        "UPDATE ledger.accounts SET last_entry = last_entry + 1 WHERE account_id = 1003",
        "entries: account 1003 entry 3",
    ),
    tampering(
        "last entry lowered",
        "UPDATE ledger.accounts SET last_entry = last_entry - 1 WHERE account_id = 1003",
        f"entries: {transfer(1)}",
    ),
    tampering(
        "owner",
        "UPDATE ledger.accounts SET owner = 'PERSON3' WHERE account_id = 1003",
        "movements: settlement batch 2048 position 0",
        "movements: settlement batch 3072 position 1",
    ),
    tampering(
        "deleted",
        f"DELETE {PERSON2}",
        f"sides: {transfer(0, 2048)}",
        f"sides: {transfer(1)}",
        "movements: settlement batch 2048 position 0",
        "movements: settlement batch 3072 position 1",
    ),
    tampering(
        "second one of a person",
        f"INSERT INTO ledger.accounts SELECT 2000, 0, 0, 0, bucket + 1, kind, state, owner {PERSON2}",
        "identity: account 2000",
        "movements: settlement batch 2048 position 0",
        "movements: settlement batch 3072 position 1",
        "movements: settlement batch 3072 position 2",
    ),
    tampering(
        "second one of a number",
        f"INSERT INTO ledger.accounts SELECT 1003, NULL, 0, 0, 0, 'institution', state, 'X00000000003' {PERSON2}",
        f"sides: {transfer(0, 2048)}",
        f"sides: {transfer(1)}",
        "identity: account 1003",
    ),
]


def edit_batch(change: str) -> str:
    return f"UPDATE ledger.batches SET {change} WHERE batch_id = 3072"


def edit_lane(change: str) -> str:
    return f"UPDATE ledger.lanes SET {change} WHERE lane = 0"


JOURNAL = [
    tampering("time", edit_batch("settled_at = settled_at + interval '1 microsecond'"), "chain: batch 3072"),
    tampering("time without end", edit_batch("settled_at = 'infinity'"), "chain: batch 3072"),
    tampering("root", edit_batch("tree_root = sha256('')"), "chain: batch 3072", "tree: batch 3072"),
    tampering("chain hash", edit_batch("chain_hash = sha256('')"), "chain: batch 3072", "chain: batch 4096"),
    tampering(
        "size raised", edit_batch("size = 9"), "chain: batch 3072", "positions: settlement batch 3072 position 8"
    ),
    tampering(
        "size lowered", edit_batch("size = 7"), "chain: batch 3072", "positions: settlement batch 3072 position 7"
    ),
    tampering(
        "day",
        edit_batch("business_day = business_day + 1"),
        "chain: batch 3072",
        *(f"positions: settlement batch 3072 position {position}" for position in range(8)),
    ),
    tampering(
        "deleted with all its rows",
        drop_batch(3072),
        "entries: account 1002 entry 2",
        "entries: account 1003 entry 2",
        "balances: account 1002",
        "balances: account 1003",
        ZERO_SUM,
        "chain: batch 3072",
        *(f"registry: message key of batch 3072 position {position}" for position in range(8)),
    ),
    tampering(
        "first one deleted with all its rows",
        drop_batch(1024),
        "entries: account 1002 entry 1",
        "balances: account 1002",
        ZERO_SUM,
        "chain: batch 1024",
        "registry: message key of batch 1024 position 0",
    ),
    tampering(
        "last one deleted and all else mended",
        f"{drop_batch(4096)} DELETE FROM settlement.message_keys WHERE batch_id = 4096;"
        "UPDATE ledger.accounts SET balance = balance + 30, last_entry = last_entry - 2 WHERE account_id = 1002",
        "heads: batch 4096",
    ),
    tampering(
        "moved to no lane",
        "UPDATE ledger.batches SET batch_id = 1724 WHERE batch_id = 4096",
        "chain: batch 1724",
        "heads: batch 4096",
        "positions: settlement batch 1724 position 0",
        "positions: settlement batch 4096 position 0",
        "positions: settlement batch 4096 position 1",
        "tree: batch 1724",
    ),
    tampering("head", edit_lane("chain_hash = sha256('')"), "heads: lane 0"),
    tampering("height raised", edit_lane("height = height + 1"), "heads: lane 0"),
    tampering("height lowered", edit_lane("height = height - 1"), "heads: lane 0"),
    tampering("genesis", "UPDATE ledger.lanes SET chain_hash = sha256('') WHERE lane = 9", "heads: lane 9"),
]


@pytest.mark.parametrize(("sql", "broken"), TRANSFERS)
async def test_a_tampered_transfer_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken


@pytest.mark.parametrize(("sql", "broken"), ACCOUNTS)
async def test_a_tampered_account_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken


@pytest.mark.parametrize(("sql", "broken"), JOURNAL)
async def test_a_tampered_journal_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken
