"""Personal data under older keys → the current key, beside live traffic.

A batch is one short transaction: rows that somebody else holds are passed over and met again in the next round, so
nobody waits for a rotation, and one that was killed goes on where it stood when it is run again.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import NamedTuple

from app.database import Connection
from app.parties.records import note_field
from app.parties.vault import DataKey, Vault
from app.progress import Progress, unseen

BATCH_ROWS = 500
#: Rounds one after the other in which everything that is left could not be written.
IDLE_ROUNDS_MAX = 20
_PAUSE_SECONDS = 0.25

_COUNT = """
SELECT key_id, sum(persons)::bigint AS persons, sum(injuries)::bigint AS injuries
FROM (
    SELECT key_id, count(*) AS persons, 0 AS injuries
    FROM parties.persons WHERE key_id IS NOT NULL GROUP BY key_id
    UNION ALL
    SELECT key_id, 0, count(*) FROM parties.work_injuries GROUP BY key_id
) AS counted
GROUP BY key_id ORDER BY key_id
"""
_PERSONS = """
SELECT person_no, citizen_no, name
FROM parties.persons WHERE key_id = $1 AND person_no > $2
ORDER BY person_no LIMIT $3 FOR UPDATE SKIP LOCKED
"""
# A number that stands under the current key already is another person's: such a row stays and is reported as left.
_WRITE_PERSONS = """
WITH written AS (
    UPDATE parties.persons AS p
    SET key_id = $1, citizen_index = new.citizen_index, citizen_no = new.citizen_no, name = new.name
    FROM unnest($2::text[], $3::bytea[], $4::bytea[], $5::bytea[]) AS new (person_no, citizen_index, citizen_no, name)
    WHERE p.person_no = new.person_no
        AND NOT EXISTS (SELECT FROM parties.persons AS other WHERE other.citizen_index = new.citizen_index)
    RETURNING true
)
SELECT count(*) FROM written
"""
_INJURIES = """
SELECT person_no, record_no, note
FROM parties.work_injuries WHERE key_id = $1 AND (person_no, record_no) > ($2, $3)
ORDER BY person_no, record_no LIMIT $4 FOR UPDATE SKIP LOCKED
"""
_WRITE_INJURIES = """
UPDATE parties.work_injuries AS i
SET key_id = $1, note = new.note
FROM unnest($2::text[], $3::text[], $4::bytea[]) AS new (person_no, record_no, note)
WHERE (i.person_no, i.record_no) = (new.person_no, new.record_no)
"""


class KeyUse(NamedTuple):
    """How much stands under a key."""

    key_id: int
    persons: int
    injuries: int


async def uses_of_keys(connection: Connection) -> list[KeyUse]:
    return [KeyUse(*row) for row in await connection.fetch(_COUNT)]


async def rotate(connection: Connection, vault: Vault, progress: Progress = unseen) -> list[KeyUse]:
    """Bring all that the ring can open under its current key; returns what then stands under each.

    Something is left under an older key that is not in the ring, or where others held the rows all the time. Raises
    Refused: encryption_keys_missing. Raises cryptography's InvalidTag for a value that was changed or has another key.
    """
    current = vault.current
    older = [vault.key(key_id) for key_id in vault.key_ids[1:]]
    total, done, idle_rounds = await _left(connection, older), 0, 0
    while idle_rounds < IDLE_ROUNDS_MAX:
        done_before = done
        for key in older:
            async for count in _batches(connection, key, current):
                done += count
                progress("records under the current key", done, max(total, done))
        if not await _left(connection, older):
            break
        idle_rounds = 0 if done > done_before else idle_rounds + 1
        await asyncio.sleep(_PAUSE_SECONDS)
    return await uses_of_keys(connection)


async def _left(connection: Connection, keys: Sequence[DataKey]) -> int:
    key_ids = {key.key_id for key in keys}
    return sum(use.persons + use.injuries for use in await uses_of_keys(connection) if use.key_id in key_ids)


async def _batches(connection: Connection, key: DataKey, current: DataKey) -> AsyncIterator[int]:
    """One round through what stands under a key, each batch in a transaction of its own; yields its rows."""
    person_no: str | None = ""
    while person_no is not None:
        async with connection.transaction():
            count, person_no = await _next_persons(connection, key, current, person_no)
        yield count
    place: tuple[str, str] | None = ("", "")
    while place is not None:
        async with connection.transaction():
            count, place = await _next_injuries(connection, key, current, place)
        yield count


async def _next_persons(connection: Connection, key: DataKey, current: DataKey, after: str) -> tuple[int, str | None]:
    """How many were written, and where to go on from; None at the end."""
    rows = await connection.fetch(_PERSONS, key.key_id, after, BATCH_ROWS)
    if not rows:
        return 0, None
    numbers, indexes, citizen_nos, names = [], [], [], []
    for person_no, citizen_no, name in rows:
        number = key.open(person_no, "citizen_no", citizen_no)
        numbers.append(person_no)
        indexes.append(current.index_of(number))
        citizen_nos.append(current.seal(person_no, "citizen_no", number))
        names.append(current.seal(person_no, "name", key.open(person_no, "name", name)))
    written: int = await connection.fetchval(_WRITE_PERSONS, current.key_id, numbers, indexes, citizen_nos, names)
    return written, numbers[-1]


async def _next_injuries(
    connection: Connection, key: DataKey, current: DataKey, after: tuple[str, str]
) -> tuple[int, tuple[str, str] | None]:
    rows = await connection.fetch(_INJURIES, key.key_id, *after, BATCH_ROWS)
    if not rows:
        return 0, None
    numbers, records, notes = [], [], []
    for person_no, record_no, note in rows:
        field = note_field(record_no)
        numbers.append(person_no)
        records.append(record_no)
        notes.append(current.seal(person_no, field, key.open(person_no, field, note)))
    await connection.execute(_WRITE_INJURIES, current.key_id, numbers, records, notes)
    return len(rows), (numbers[-1], records[-1])
