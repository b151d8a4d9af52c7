"""Whatever of settlements and message keys is tampered with, `verify` names the row; the application may not at all."""

import asyncpg
import pytest
from app.database import Pool
from app.verify import verify
from tests.builders import Database
from tests.integration.tampering import (
    CHANGED,
    ZERO_SUM,
    at,
    settlement,
    swap,
    tamper_and_verify,
    tampering,
    transfer,
    tree,
    verifier,
)

SETTLEMENTS = "settlement.settlements"
KEYS = "settlement.message_keys"


def edit(change: str, position: int) -> str:
    return f"UPDATE {SETTLEMENTS} SET {change} WHERE {at(position)}"


def delete(position: int) -> str:
    return f"DELETE FROM {SETTLEMENTS} WHERE {at(position)}"


def forge(change: str) -> str:
    """Insert a changed copy of the declined settlement at position 4."""
    return f"""
    CREATE TEMP TABLE forged AS SELECT * FROM {SETTLEMENTS} WHERE {at(4)};
    UPDATE forged SET message_id = 'FORGED', {change};
    INSERT INTO {SETTLEMENTS} SELECT * FROM forged
    """


EDITED = [
    tampering(
        "person",
        edit("person_no = 'PERSON2'", 0),
        f"movements: {settlement(0)}",
        tree(0),
        f"registry: {settlement(0)}",
    ),
    tampering("person of a decline", edit("person_no = 'PERSON9'", 4), tree(4), f"registry: {settlement(4)}"),
    tampering("message id", edit("message_id = 'OTHER'", 4), tree(4), f"registry: {settlement(4)}"),
    tampering("cash due of a decline", edit("cash_due = 5", 2), f"fields: {settlement(2)}", tree(2)),
    tampering(
        "cash due of a payment",
        edit("cash_due = 1, account_paid = account_paid - 1", 0),
        f"movements: {settlement(0)}",
        tree(0),
    ),
    tampering("balance after", edit("balance_after = balance_after + 1", 6), f"movements: {settlement(6)}", tree(6)),
    tampering("code", edit("code = 'ok'", 4), f"fields: {settlement(4)}", tree(4)),
    # Neither is known from anything but the leaf, which is not stored: the batch is all that can be named.
    tampering("metadata", edit("metadata = '{}'", 3), tree(3)),
    tampering("status of a decline", edit("status = 'rejected'", 4), tree(4)),
    # The hashed text stays the same: only the marks in it tell.
    tampering("mark of null", edit("card_no = '~'", 4), f"fields: {settlement(4)}"),
    tampering(
        "transfer hidden in the metadata",
        f"""
        UPDATE {SETTLEMENTS} AS s
        SET metadata = concat_ws('|', 0, 1002, 1000, t.amount, debit_balance_after, '~', debit_entry, '~')
        FROM ledger.transfers AS t
        WHERE s.batch_id = 4096 AND s.position = 1 AND t.batch_id = 4096 AND t.position = 1;
        DELETE FROM ledger.transfers WHERE {at(1, 4096)};
        UPDATE ledger.accounts SET balance = balance + 20, last_entry = last_entry - 1 WHERE account_id = 1002
        """,
        f"fields: {settlement(1, 4096)}",
        f"movements: {settlement(1, 4096)}",
        tree(1, 4096),
    ),
    tampering(
        "day",
        edit("business_day = business_day + 1", 3),
        f"positions: {settlement(3)}",
        f"movements: {settlement(3)}",
        f"strays: {transfer(3)}",
        "registry: message key of batch 3072 position 3",
        f"registry: {settlement(3)}",
    ),
    tampering(
        "bucket",
        edit("bucket = (bucket + 1) % 256", 3),
        f"movements: {settlement(3)}",
        f"strays: {transfer(3)}",
        tree(3),
    ),
]

PLACES = [
    tampering(
        "deleted",
        delete(3),
        f"positions: {settlement(3)}",
        f"strays: {transfer(3)}",
        tree(3),
        "registry: message key of batch 3072 position 3",
    ),
    tampering(
        "last one deleted",
        delete(7),
        f"positions: {settlement(7)}",
        f"strays: {transfer(7)}",
        tree(7),
        "registry: message key of batch 3072 position 7",
    ),
    tampering(
        "deleted with its transfer and key",
        f"{delete(3)}; DELETE FROM ledger.transfers WHERE {at(3)}; DELETE FROM {KEYS} WHERE {at(3)}",
        "entries: account 1002 entry 3",
        "balances: account 1002",
        ZERO_SUM,
        f"positions: {settlement(3)}",
        "tree: batch 3072",
    ),
    tampering(
        "inserted past the end",
        forge("position = 8"),
        f"positions: {settlement(8)}",
        tree(8),
        f"registry: {settlement(8)}",
    ),
    tampering(
        "inserted at a taken place",
        forge("bucket = bucket + 1"),
        f"positions: {settlement(4)}",
        tree(4),
        f"registry: {settlement(4)}",
    ),
    tampering(
        "inserted into no batch",
        forge("batch_id = 5120, position = 3"),
        f"positions: {settlement(3, 5120)}",
        f"registry: {settlement(3, 5120)}",
    ),
    tampering(
        "two swapped",
        swap(SETTLEMENTS, 2, 4),
        tree(2),
        tree(4),
        f"registry: {settlement(2)}",
        f"registry: {settlement(4)}",
    ),
    tampering(
        "two swapped with all that is theirs",
        "".join(swap(table, 0, 1, 4096) for table in (SETTLEMENTS, KEYS, "ledger.transfers")),
        tree(0, 4096),
        tree(1, 4096),
    ),
]

REGISTRY = [
    tampering("deleted", f"DELETE FROM {KEYS} WHERE {at(3)}", f"registry: {settlement(3)}"),
    tampering(
        "elsewhere",
        f"UPDATE {KEYS} SET position = 5 WHERE {at(3)}",
        f"registry: {settlement(3)}",
        f"registry: {settlement(5)}",
    ),
    tampering(
        "nowhere",
        f"UPDATE {KEYS} SET position = 50 WHERE {at(3)}",
        f"registry: {settlement(3)}",
        "registry: message key of batch 3072 position 50",
    ),
    tampering("two swapped", swap(KEYS, 2, 3), f"registry: {settlement(2)}", f"registry: {settlement(3)}"),
    tampering(
        "added",
        f"INSERT INTO {KEYS} SELECT batch_id, 0, business_day, position, sha256('') FROM {KEYS} WHERE {at(3)}",
        f"registry: {settlement(3)}",
    ),
    tampering(
        "fingerprint", f"UPDATE {KEYS} SET fingerprint = fingerprint # 1 WHERE {at(3)}", f"registry: {settlement(3)}"
    ),
]


@pytest.mark.parametrize(("sql", "broken"), EDITED)
async def test_an_edited_settlement_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken


@pytest.mark.parametrize(("sql", "broken"), PLACES)
async def test_a_misplaced_settlement_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken


@pytest.mark.parametrize(("sql", "broken"), REGISTRY)
async def test_a_tampered_message_key_is_named(books: Pool, database: Database, sql: str, broken: list[str]) -> None:
    assert await tamper_and_verify(database, sql) == broken


# Nothing may be added to these tables that is not proved


@pytest.mark.parametrize("table", [SETTLEMENTS, KEYS, "ledger.transfers", "ledger.batches"])
async def test_every_column_is_proved(
    books: Pool, database: Database, owner: "asyncpg.Connection[asyncpg.Record]", table: str
) -> None:
    where = "batch_id = 4096" if table == "ledger.batches" else at(1, 4096)
    await owner.execute(f"ALTER TABLE {SETTLEMENTS} DROP CONSTRAINT settlement_parts_sum_to_amount")
    await owner.execute(f"ALTER TABLE {SETTLEMENTS} DROP CONSTRAINT settlement_accumulated_is_of_account")
    await owner.execute(f"CREATE TEMP TABLE kept AS SELECT * FROM {table}")
    columns = await owner.fetch(
        "SELECT attname, format_type(atttypid, NULL) FROM pg_attribute"
        " WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped",
        table,
    )
    unproved = []
    async with verifier(database) as verified:
        for name, kind in columns:
            await owner.execute(f"UPDATE {table} SET {name} = {CHANGED[kind].format(name)} WHERE {where}")
            if (await verified()).ok:
                unproved.append(name)
            await owner.execute(f"DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept")
        assert (await verified()).ok
    assert unproved == (["published_at"] if table == "ledger.batches" else [])


# What the application may not do

KEPT_FOR_EVER = (SETTLEMENTS, KEYS, "ledger.transfers", "ledger.batches")
FORBIDDEN = [
    *(f"UPDATE {table} SET batch_id = batch_id" for table in KEPT_FOR_EVER),
    *(f"DELETE FROM {table}" for table in (*KEPT_FOR_EVER, "ledger.accounts", "ledger.lanes")),
    *(f"TRUNCATE {table}" for table in (*KEPT_FOR_EVER, "ledger.accounts", "ledger.lanes")),
    *(
        f"UPDATE ledger.batches SET {column} = {column}"
        for column in ("business_day", "size", "settled_at", "tree_root", "leaf_marks", "chain_hash")
    ),
]


async def test_the_application_may_not_tamper(books: Pool) -> None:
    partitions = await books.fetch(
        "SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = ANY ($1::text[]::regclass[])",
        list(KEPT_FOR_EVER),
    )
    assert len(partitions) == 16 + 2 * 5
    for sql in [*FORBIDDEN, *(f"DELETE FROM {partition['name']}" for partition in partitions)]:
        with pytest.raises(asyncpg.InsufficientPrivilegeError):
            await books.execute(sql)


async def test_the_application_marks_batches_as_published(books: Pool, database: Database) -> None:
    assert await books.execute("UPDATE ledger.batches SET published_at = now()") == "UPDATE 4"
    assert (await verify(database.app_url)).ok
