"""Statements that tamper with the ledger of the fixture `books`, and the rows that `verify` then has to name."""

from typing import Any

import pytest
from app.database import connect
from app.verify import verify
from tests.builders import Database

ZERO_SUM = "zero sum: ledger"


def tampering(name: str, sql: str, *broken: str) -> Any:
    """A test case: a statement of the tables' owner, and all that is broken by it, written "check: row"."""
    return pytest.param(sql, list(broken), id=name.replace(" ", "-"))


async def tamper_and_verify(database: Database, sql: str) -> list[str]:
    owner = await connect(database.owner_url, application_name="tests")
    try:
        await owner.execute(sql)
    finally:
        await owner.close()
    report = await verify(database.app_url)
    assert "PERSON" not in str(report.violations)
    return [f"{violation.check}: {violation.row}" for violation in report.violations]


def at(position: int, batch: int = 3072) -> str:
    return f"batch_id = {batch} AND position = {position}"


def settlement(position: int, batch: int = 3072) -> str:
    return f"settlement batch {batch} position {position}"


def tree(position: int, batch: int = 3072) -> str:
    return f"tree: {settlement(position, batch)}"


def transfer(position: int, batch: int = 3072, leg: int = 0) -> str:
    return f"transfer batch {batch} position {position} leg {leg}"


def drop_batch(batch: int) -> str:
    tables = ("ledger.batches", "ledger.transfers", "settlement.settlements")
    return "".join(f"DELETE FROM {table} WHERE batch_id = {batch};" for table in tables)


def swap(table: str, first: int, second: int, batch: int = 3072) -> str:
    return f"""
    UPDATE {table} SET position = 99 WHERE {at(first, batch)};
    UPDATE {table} SET position = {first} WHERE {at(second, batch)};
    UPDATE {table} SET position = {second} WHERE {at(99, batch)};
    """
