"""People: registered, found, read and changed. Citizen number and name leave this module masked or not at all."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, NamedTuple

import asyncpg

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.ledger.accounts import lock_personal_accounts, new_account_ids, open_accounts
from app.ledger.buckets import bucket_of
from app.parties import citizen_no as numbers
from app.parties.citizen_no import Gender
from app.parties.person_events import locked_account, write_person_event
from app.parties.vault import Identity, Vault

PersonalStatus = Literal["employed", "unemployed", "retired"]

#: One citizen number is one person, also while processes work under different keys: who registers shares this lock,
#: and a load has it alone while its ring has several keys.
REGISTRATION_LOCK = 0x706572736F6E  # "person"

_READ = """
SELECT key_id, citizen_index, citizen_no, name, gender, personal_status, region, registered_at
FROM parties.persons WHERE person_no = $1
"""
_BY_CITIZEN_NO = "SELECT person_no FROM parties.persons WHERE citizen_index = ANY($1::bytea[])"
_INSERT = """
INSERT INTO parties.persons
    (person_no, bucket, key_id, citizen_index, citizen_no, name, gender, personal_status, region)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
"""
_UPDATE = """
UPDATE parties.persons
SET key_id = $2, citizen_index = $3, citizen_no = $4, name = $5, gender = $6, personal_status = $7, region = $8
WHERE person_no = $1
"""
_SET_TERMS = "UPDATE ledger.accounts SET terms = $3 WHERE account_id = $1 AND bucket = $2"


class NewPerson(NamedTuple):
    """The citizen number is normalised; the region is '' where none is known."""

    person_no: str
    citizen_no: str
    name: str
    gender: Gender
    personal_status: PersonalStatus | None = None
    region: str = ""


class Changes(NamedTuple):
    """What None stands for stays as it is."""

    name: str | None = None
    personal_status: PersonalStatus | None = None
    region: str | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What may be shown of a person. The first four are None where only the number is known."""

    person_no: str
    citizen_no_masked: str | None
    name_masked: str | None
    gender: Gender | None
    personal_status: PersonalStatus | None
    region: str
    registered_at: datetime


class _Clear(NamedTuple):
    """What stands of a person, opened. None: not known."""

    citizen_no: str | None
    name: str | None
    gender: Gender | None
    personal_status: PersonalStatus | None
    region: str


# Register


async def register(pool: Pool, vault: Vault, new: NewPerson, *, operator: str) -> bool:
    """Register a person with a dormant account; False if the same person is there already.

    Who was known by number alone gets the identity and keeps the account. Raises Refused: person_exists,
    citizen_no_taken, encryption_keys_missing.
    """
    try:
        return await _register(pool, vault, new, operator)
    except asyncpg.UniqueViolationError:
        # Another one wrote this person or this number meanwhile, and is seen now.
        return await _register(pool, vault, new, operator)


async def _register(pool: Pool, vault: Vault, new: NewPerson, operator: str) -> bool:
    async with transaction(pool) as connection:
        await _lock_citizen_no(connection, vault, new.citizen_no)
        account = (await lock_personal_accounts(connection, [new.person_no])).get(new.person_no)
        stored = await _read(connection, vault, new.person_no) if account is not None else None
        if stored is not None and stored.citizen_no is not None:
            _refuse_other_content(new, stored)
            return False
        if await connection.fetchval(_BY_CITIZEN_NO, vault.indexes_of(new.citizen_no)) is not None:
            raise Refused(Code.CITIZEN_NO_TAKEN, "Another person has this citizen number.", "/citizen_no")
        if account is None:
            await _open(connection, vault, new)
        else:
            assert stored is not None
            clear = _Clear(*new[1:4], new.personal_status or stored.personal_status, new.region or stored.region)
            await _write(connection, vault, new.person_no, clear)
            await connection.execute(_SET_TERMS, account.account_id, account.bucket, clear.region)
        given = [field for field, value in new._asdict().items() if value]
        await write_person_event(connection, new.person_no, "register", ", ".join(given), operator)
        return True


async def _lock_citizen_no(connection: Connection, vault: Vault, citizen_no: str) -> None:
    """Two who register one number under different current keys meet here; the unique index would not notice."""
    await connection.execute("SELECT pg_advisory_xact_lock_shared($1)", REGISTRATION_LOCK)
    locks = sorted(int.from_bytes(index[:8], signed=True) for index in vault.indexes_of(citizen_no))
    await connection.execute("SELECT pg_advisory_xact_lock(id) FROM unnest($1::bigint[]) AS id", locks)


def _refuse_other_content(new: NewPerson, stored: _Clear) -> None:
    """What is not given says nothing."""
    given = {field: getattr(new, field) for field in stored._fields if getattr(new, field)}
    differing = [field for field, value in given.items() if getattr(stored, field) != value]
    if differing:
        raise Refused(Code.PERSON_EXISTS, f"The person is registered with other content: {', '.join(differing)}.")


async def _open(connection: Connection, vault: Vault, new: NewPerson) -> None:
    identity = vault.sealed(new.person_no, new.citizen_no, new.name)
    bucket = bucket_of(new.person_no)
    [account_id] = await new_account_ids(connection, 1)
    await open_accounts(connection, [(account_id, 0, bucket, "personal", new.person_no, "dormant", new.region)])
    await connection.execute(_INSERT, new.person_no, bucket, *identity, new.gender, new.personal_status, new.region)


# Read


async def read_person(connection: Connection, vault: Vault, person_no: str) -> Person:
    """Raises Refused: person_unknown, encryption_keys_missing."""
    row = await connection.fetchrow(_READ, person_no)
    if row is None:
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
    clear = _opened(vault, person_no, row)
    return Person(
        person_no=person_no,
        citizen_no_masked=clear.citizen_no and numbers.masked(clear.citizen_no),
        name_masked=clear.name and _masked_name(clear.name),
        gender=clear.gender,
        personal_status=clear.personal_status,
        region=clear.region,
        registered_at=row["registered_at"],
    )


async def find_by_citizen_no(connection: Connection, vault: Vault, citizen_no: str) -> str:
    """The person number. Raises Refused: person_unknown, encryption_keys_missing."""
    person_no: str | None = await connection.fetchval(_BY_CITIZEN_NO, vault.indexes_of(citizen_no))
    if person_no is None:
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has this citizen number.")
    return person_no


async def identity_matches(connection: Connection, vault: Vault, person_no: str, citizen_no: str) -> bool:
    """Whether this is the person's citizen number, by a comparison that takes the same time for any wrong one.

    False too for a person of whom only the number is known. Raises Refused: encryption_keys_missing.
    """
    row = await connection.fetchrow("SELECT key_id, citizen_index FROM parties.persons WHERE person_no = $1", person_no)
    key = vault.current if row is None or row["key_id"] is None else vault.key(row["key_id"])
    stands = b"" if row is None else row["citizen_index"] or b""
    return hmac.compare_digest(stands, key.index_of(citizen_no.upper()))


def _masked_name(name: str) -> str:
    return name[0] + "*" * (len(name) - 1) if len(name) > 1 else "*"


async def _read(connection: Connection, vault: Vault, person_no: str) -> _Clear:
    """As it stands, and stands until the transaction ends: a rotation of keys may be on its way through the rows."""
    row = await connection.fetchrow(f"{_READ} FOR UPDATE", person_no)
    assert row is not None, "an account without its person"
    return _opened(vault, person_no, row)


def _opened(vault: Vault, person_no: str, row: asyncpg.Record) -> _Clear:
    citizen_no, name = None, None
    if row["key_id"] is not None:
        citizen_no, name = vault.opened(person_no, Identity(*row[:4]))
    return _Clear(citizen_no, name, row["gender"], row["personal_status"], row["region"])


# Change


async def change(pool: Pool, vault: Vault, person_no: str, changes: Changes, *, operator: str) -> None:
    """Change what is given; what is so already is no change. In force for the very next payment.

    Raises Refused: person_unknown, encryption_keys_missing, invalid_field (a name for a person without identity).
    """
    async with transaction(pool) as connection:
        account = await locked_account(connection, person_no)
        stored = await _read(connection, vault, person_no)
        wanted = {field: value for field, value in changes._asdict().items() if value is not None}
        changed = [field for field, value in wanted.items() if getattr(stored, field) != value]
        if not changed:
            return
        if stored.name is None and "name" in changed:
            raise Refused(Code.INVALID_FIELD, "The person has no identity yet: register it with the name.", "/name")
        clear = stored._replace(**wanted)
        await _write(connection, vault, person_no, clear)
        await connection.execute(_SET_TERMS, account.account_id, account.bucket, clear.region)
        await write_person_event(connection, person_no, "change", ", ".join(changed), operator)


async def _write(connection: Connection, vault: Vault, person_no: str, clear: _Clear) -> None:
    """The whole row, so that all of it stands under the one current key."""
    identity: tuple[object, ...] = (None, None, None, None)
    if clear.citizen_no is not None and clear.name is not None:
        identity = vault.sealed(person_no, clear.citizen_no, clear.name)
    await connection.execute(_UPDATE, person_no, *identity, clear.gender, clear.personal_status, clear.region)
