"""Rows of the CSV files against the registers: what is there already, what is new, and the COPY of the new.

All of it runs inside the caller's transaction. Opening balances are not moved here: see `app/loading.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from app.database import Connection
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.parties.csv_files import CardRow, InstitutionRow, PersonRow, Problems, Row, Table

#: The fund may owe no more than a bigint holds.
BALANCES_SUM_MAX = 2**63 - 1

_LOOK_UP_ROWS = 10_000

_STORED_INSTITUTIONS = """
SELECT institution, kind, bank, name, state FROM parties.institutions WHERE institution = ANY($1::text[])
"""
_STORED_PERSONS = "SELECT person_no FROM parties.persons WHERE person_no = ANY($1::text[])"
_STORED_CARDS = """
SELECT card_no, person_no, card_sn, state, valid_to FROM parties.cards WHERE card_no = ANY($1::text[])
"""

Item = TypeVar("Item")


def chunks(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    return (items[first : first + size] for first in range(0, len(items), size))


# Checks


def check_total(persons: Table[PersonRow], problems: Problems) -> None:
    total = 0
    for row in persons.rows:
        total += row.balance
        if total > BALANCES_SUM_MAX:
            problems.add(persons.file, row.line, f"balance brings the file's sum above {BALANCES_SUM_MAX} fen")
            return


async def new_institutions(
    connection: Connection, table: Table[InstitutionRow], problems: Problems
) -> list[InstitutionRow]:
    return await _new_rows(connection, _STORED_INSTITUTIONS, table, problems)


async def new_cards(connection: Connection, table: Table[CardRow], problems: Problems) -> list[CardRow]:
    return await _new_rows(connection, _STORED_CARDS, table, problems)


async def new_persons(connection: Connection, table: Table[PersonRow], problems: Problems) -> list[PersonRow]:
    return await _new_rows(connection, _STORED_PERSONS, table, problems)


async def _new_rows(connection: Connection, query: str, table: Table[Row], problems: Problems) -> list[Row]:
    """The rows whose key is not stored yet. A stored key with other content is a problem."""
    new = []
    for rows in chunks(table.rows, _LOOK_UP_ROWS):
        stored = {record[0]: record for record in await connection.fetch(query, [row[1] for row in rows])}
        for row in rows:
            record = stored.get(row[1])
            if record is None:
                new.append(row)
                continue
            differing = [column for column, value in record.items() if getattr(row, column) != value]
            if differing:
                problems.add(table.file, row.line, f"is already there with other content: {', '.join(differing)}")
    return new


async def check_holders(
    connection: Connection, cards: Table[CardRow], persons: Table[PersonRow] | None, problems: Problems
) -> None:
    """Every card belongs to a person of the same load or of the database."""
    in_file = persons.lines if persons is not None else {}
    elsewhere = [row for row in cards.rows if row.person_no not in in_file]
    for rows in chunks(elsewhere, _LOOK_UP_ROWS):
        records = await connection.fetch(_STORED_PERSONS, list({row.person_no for row in rows}))
        stored = {record["person_no"] for record in records}
        for row in rows:
            if row.person_no not in stored:
                problems.add(cards.file, row.line, "person_no is neither in the file of persons nor in the database")


# COPY


async def store_institutions(connection: Connection, rows: Sequence[InstitutionRow]) -> None:
    account_ids = await new_account_ids(connection, len(rows))
    numbered = list(zip(account_ids, rows, strict=True))
    await open_accounts(
        connection,
        [
            (account_id, None, bucket_of(row.institution), "institution", row.institution)
            for account_id, row in numbered
        ],
    )
    await _copy(
        connection,
        "institutions",
        ("account_id", "institution", "kind", "bank", "name", "state"),
        [(account_id, *row[1:]) for account_id, row in numbered],
    )


async def store_persons(connection: Connection, rows: Sequence[PersonRow]) -> None:
    account_ids = await new_account_ids(connection, len(rows))
    buckets = [(row.person_no, bucket_of(row.person_no)) for row in rows]
    await open_accounts(
        connection,
        [
            (account_id, 0, bucket, "personal", person_no)
            for account_id, (person_no, bucket) in zip(account_ids, buckets, strict=True)
        ],
    )
    await _copy(connection, "persons", ("person_no", "bucket"), buckets)


async def store_cards(connection: Connection, rows: Sequence[CardRow]) -> None:
    await _copy(connection, "cards", CardRow._fields[1:], [row[1:] for row in rows])


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], records: Iterable[tuple[object, ...]]
) -> None:
    await connection.copy_records_to_table(table, schema_name="parties", columns=columns, records=records)
