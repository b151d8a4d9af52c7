"""Rows of the CSV files against the registers: what is there already, what is new, and the COPY of the new.

All of it runs inside the caller's transaction. Opening balances are not moved here: see `app/loading.py`.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import TypeVar

from app.database import Connection
from app.ledger.accounts import new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.parties.citizen_no import gender_of
from app.parties.csv_files import CardRow, InstitutionRow, PersonRow, Problems, Row, Table
from app.parties.vault import Identity, Vault
from app.progress import Progress

#: The fund may owe no more than a bigint holds.
BALANCES_SUM_MAX = 2**63 - 1

#: For a load without personal data.
NO_KEYS = Vault({})

_LOOK_UP_ROWS = 10_000

_STORED_INSTITUTIONS = """
SELECT institution, kind, bank, name, state, settlement_office, payee_name, payee_account
FROM parties.institutions WHERE institution = ANY($1::text[])
"""
_STORED_PERSONS = """
SELECT person_no, key_id, citizen_index, citizen_no, name, gender, personal_status, region
FROM parties.persons WHERE person_no = ANY($1::text[])
"""
_STORED_CARDS = """
SELECT card_no, person_no, card_sn, state, valid_to, kind, medium, bank, issued_on, debit_application
FROM parties.cards WHERE card_no = ANY($1::text[])
"""
_HOLDERS = "SELECT person_no FROM parties.persons WHERE person_no = ANY($1::text[])"
_TAKEN = "SELECT citizen_index FROM parties.persons WHERE citizen_index = ANY($1::bytea[])"

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
    connection: Connection, table: Table[InstitutionRow], problems: Problems, progress: Progress
) -> list[InstitutionRow]:
    return await _new_rows(connection, _STORED_INSTITUTIONS, table, problems, progress)


async def new_cards(
    connection: Connection, table: Table[CardRow], problems: Problems, progress: Progress
) -> list[CardRow]:
    return await _new_rows(connection, _STORED_CARDS, table, problems, progress)


async def _new_rows(
    connection: Connection, query: str, table: Table[Row], problems: Problems, progress: Progress
) -> list[Row]:
    """The rows whose key is not stored yet. A stored key with other content is a problem."""
    new = []
    for rows in _looked_up(table, progress):
        stored = {record[0]: record for record in await connection.fetch(query, [row[1] for row in rows])}
        for row in rows:
            record = stored.get(row[1])
            if record is None:
                new.append(row)
                continue
            differing = [
                column for column, value in record.items() if column in table.columns and getattr(row, column) != value
            ]
            if differing:
                problems.add(table.file, row.line, _other_content(differing))
    return new


async def new_persons(
    connection: Connection, vault: Vault, table: Table[PersonRow], problems: Problems, progress: Progress
) -> list[PersonRow]:
    """As for the other files. What a row leaves empty says nothing, and the state of an account moves on."""
    new = []
    for rows in _looked_up(table, progress):
        records = await connection.fetch(_STORED_PERSONS, [row.person_no for row in rows])
        stored = {record["person_no"]: record for record in records}
        for row in rows:
            record = stored.get(row.person_no)
            if record is None:
                new.append(row)
                continue
            citizen_no, name = None, None
            if row.citizen_no and record["key_id"] is not None:
                citizen_no, name = vault.opened(row.person_no, Identity(*record[1:5]))
            known = (citizen_no, name, *record[5:])
            said = (row.citizen_no, row.name, row.gender, row.personal_status, row.region)
            differing = [
                column
                for column, value, stands in zip(PersonRow._fields[3:], said, known, strict=False)
                if value and value != stands
            ]
            if differing:
                problems.add(table.file, row.line, _other_content(differing))
    return new


def _looked_up(table: Table[Row], progress: Progress) -> Iterator[Sequence[Row]]:
    done = 0
    for rows in chunks(table.rows, _LOOK_UP_ROWS):
        yield rows
        done += len(rows)
        progress(f"looked up of {table.file.name}", done, len(table.rows))


def _other_content(differing: Sequence[str]) -> str:
    return f"is already there with other content: {', '.join(differing)}"


async def check_citizen_nos(
    connection: Connection, vault: Vault, table: Table[PersonRow], new: Sequence[PersonRow], problems: Problems
) -> None:
    """One citizen number is one person, in the file and in the database."""
    named = [row for row in new if row.citizen_no]
    lines: dict[str, int] = {}
    for row in named:
        earlier = lines.setdefault(row.citizen_no, row.line)
        if earlier != row.line:
            problems.add(table.file, row.line, f"the same citizen_no as line {earlier}")
    for rows in chunks(named, _LOOK_UP_ROWS) if await _knows_identities(connection) else ():
        row_of = {index: row for row in rows for index in vault.indexes_of(row.citizen_no)}
        for record in await connection.fetch(_TAKEN, list(row_of)):
            problems.add(table.file, row_of[record["citizen_index"]].line, "citizen_no is another person's")


async def _knows_identities(connection: Connection) -> bool:
    return bool(await connection.fetchval("SELECT EXISTS (SELECT FROM parties.persons WHERE key_id IS NOT NULL)"))


async def check_holders(
    connection: Connection, cards: Table[CardRow], persons: Table[PersonRow] | None, problems: Problems
) -> None:
    """Every card belongs to a person of the same load or of the database."""
    in_file = persons.lines if persons is not None else {}
    elsewhere = [row for row in cards.rows if row.person_no not in in_file]
    for rows in chunks(elsewhere, _LOOK_UP_ROWS):
        records = await connection.fetch(_HOLDERS, list({row.person_no for row in rows}))
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
        ("account_id", *InstitutionRow._fields[1:]),
        [(account_id, *row[1:]) for account_id, row in numbered],
    )


_PERSON_COLUMNS = (
    "person_no", "bucket", "key_id", "citizen_index", "citizen_no", "name", "gender", "personal_status", "region",
)  # fmt: skip


async def store_persons(connection: Connection, rows: Sequence[PersonRow], vault: Vault = NO_KEYS) -> None:
    """Raises Refused where there is personal data and no key for it."""
    account_ids = await new_account_ids(connection, len(rows))
    buckets = [bucket_of(row.person_no) for row in rows]
    await open_accounts(
        connection,
        [
            (account_id, 0, bucket, "personal", row.person_no, row.state, row.region)
            for account_id, bucket, row in zip(account_ids, buckets, rows, strict=True)
        ],
    )
    await _copy(
        connection,
        "persons",
        _PERSON_COLUMNS,
        [
            (row.person_no, bucket, *_identity(vault, row), row.personal_status or None, row.region)
            for bucket, row in zip(buckets, rows, strict=True)
        ],
    )


def _identity(vault: Vault, row: PersonRow) -> tuple[object, ...]:
    if not row.citizen_no:
        return (None,) * 5
    return (*vault.sealed(row.person_no, row.citizen_no, row.name), gender_of(row.citizen_no))


async def store_cards(connection: Connection, rows: Sequence[CardRow]) -> None:
    await _copy(connection, "cards", CardRow._fields[1:], [row[1:] for row in rows])


async def _copy(
    connection: Connection, table: str, columns: Sequence[str], records: Iterable[tuple[object, ...]]
) -> None:
    await connection.copy_records_to_table(table, schema_name="parties", columns=columns, records=records)
