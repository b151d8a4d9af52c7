"""The register of dead letters: each with its bytes, sealed, and what became of it.

A letter is registered before it is written to its topic and before the offset behind it is committed, so operators see
whatever the topic has; a record that is read again after a crash is one letter.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

import msgspec
from aiokafka import ConsumerRecord

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.parties.vault import DataKey, Vault
from app.progress import Progress, unseen
from app.settlement.dead_letters import REPLAY_OF, DeadLetter, Kept
from app.settlement.decoding import decode

_RESEAL_ROWS = 100

_ADD = """
INSERT INTO settlement.dead_letters (
    record_key, topic, partition, record_offset, sent_at, code, detail, institution, message_id, value_bytes, is_whole,
    key_id, content, replay_of
)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13,
        (SELECT earlier.letter_no FROM settlement.dead_letters AS earlier WHERE earlier.letter_no = $14))
ON CONFLICT (record_key) DO NOTHING
"""


class Content(msgspec.Struct, array_like=True, frozen=True):
    """What came in, as far as it is kept."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(Content).decode


async def register(pool: Pool, vault: Vault, letters: Sequence[DeadLetter]) -> None:
    """Durable on return. Without a key of personal data the bytes stand in the topic alone.

    Raises DatabaseUnavailable.
    """
    # As they came, and in one order: two workers may have the same records.
    ordered = sorted(letters, key=lambda letter: (letter.record.topic, letter.record.partition, letter.record.offset))
    rows = [_row(vault, letter) for letter in ordered]
    async with transaction(pool) as connection:
        await connection.executemany(_ADD, rows)


def _row(vault: Vault, letter: DeadLetter) -> tuple[Any, ...]:
    record, kept = letter.record, Kept.of(letter.record)
    content = _encode(Content(kept.key, kept.value, kept.headers))
    sealer = vault.current if vault.key_ids else None
    place = f"{record.topic}|{record.partition}|{record.offset}|{record.timestamp}|".encode()
    record_key = _record_key(sealer, place, content)
    named = decode(record.value or b"") if kept.is_whole else None
    return (
        record_key,
        record.topic,
        record.partition,
        record.offset,
        datetime.fromtimestamp(record.timestamp / 1000, UTC) if _is_a_time(record.timestamp) else None,
        letter.code,
        letter.detail.encode(errors="replace").replace(b"\0", b"").decode(),
        named and named.institution,
        named and named.message_id,
        len(record.value or b""),
        kept.is_whole,
        sealer and sealer.key_id,
        sealer and sealer.seal_letter(record_key, content),
        _replay_of(record),
    )


def _record_key(sealer: DataKey | None, place: bytes, content: bytes) -> bytes:
    """A digest that no guess of a message can be tried against; without a key only its place and length are told."""
    if sealer is None:
        return place + str(len(content)).encode()
    return sealer.digest_of_letter(place + content)


_YEAR_3000_MS = 32_503_680_000_000


def _is_a_time(milliseconds: int) -> bool:
    return 0 <= milliseconds < _YEAR_3000_MS


def _replay_of(record: "ConsumerRecord[bytes, bytes]") -> int | None:
    """As the last header of this name says; anyone may have written it, so it need not be the number of a letter."""
    said = next((value or b"" for name, value in reversed(record.headers) if name == REPLAY_OF), b"")
    return int(said) if said.isdigit() and len(said) <= _NUMBER_DIGITS_MAX else None


_NUMBER_DIGITS_MAX = 18


# Reading


class Letter(NamedTuple):
    """sent_at, failed_at: the record's own time and when it was refused. institution, message_id: as it names them.

    is_kept: its bytes are here, whole, and can be replayed.
    """

    letter_no: int
    state: str
    code: str
    detail: str
    topic: str
    partition: int
    offset: int
    sent_at: datetime | None
    failed_at: datetime
    institution: str | None
    message_id: str | None
    value_bytes: int
    is_kept: bool
    replay_of: int | None


class Sealed(NamedTuple):
    """A letter's bytes as they stand in the database."""

    letter_no: int
    topic: str
    partition: int
    record_key: bytes
    is_whole: bool
    key_id: int | None
    content: bytes | None

    def opened(self, vault: Vault) -> Content:
        """Raises Refused where the ring does not have its key."""
        assert self.key_id is not None
        assert self.content is not None
        return _decode(vault.key(self.key_id).open_letter(self.record_key, self.content))


class Act(NamedTuple):
    """What was done about a letter. place: partition/offset to which a replay went."""

    act: str
    operator: str
    reason: str
    place: str | None
    acted_at: datetime


class Filter(NamedTuple):
    """Which letters. since, until: of `failed_at`, from and up to but without. state None: all; letters None: all."""

    state: str | None = "open"
    code: Code | None = None
    institution: str | None = None
    topic: str | None = None
    partition: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    letters: tuple[int, ...] | None = None


_COLUMNS = """letter_no, state, code, detail, topic, partition, record_offset, sent_at, failed_at, institution,
    message_id, value_bytes, is_whole AND content IS NOT NULL, replay_of"""
_WANTED = """
    ($1::text IS NULL OR state = $1) AND ($2::text IS NULL OR code = $2) AND ($3::text IS NULL OR institution = $3)
    AND ($4::text IS NULL OR topic = $4) AND ($5::integer IS NULL OR partition = $5)
    AND ($6::timestamptz IS NULL OR failed_at >= $6) AND ($7::timestamptz IS NULL OR failed_at < $7)
    AND ($8::bigint[] IS NULL OR letter_no = ANY ($8))
"""
# An index in the order of the pages; of open letters the small one. Plans here are generic, so it has to be said.
_LIST = f"""
SELECT {_COLUMNS} FROM settlement.dead_letters
WHERE {_WANTED} AND letter_no < $9
ORDER BY letter_no DESC LIMIT $10
"""  # noqa: S608
_LIST_OPEN = _LIST.replace("WHERE", "WHERE state = 'open' AND", 1)
_COUNT_OPEN = f"SELECT code, count(*) FROM settlement.dead_letters WHERE state = 'open' AND {_WANTED} GROUP BY code"  # noqa: S608
_ONE = f"SELECT {_COLUMNS} FROM settlement.dead_letters WHERE letter_no = $1"  # noqa: S608
_ACTS = """
SELECT act, operator, reason, place, acted_at
FROM settlement.dead_letter_acts WHERE letter_no = $1 ORDER BY act_no
"""
_REPLAYS = "SELECT letter_no FROM settlement.dead_letters WHERE replay_of = $1 ORDER BY letter_no"

LETTER_NO_MAX = 2**63 - 1


async def list_letters(
    connection: Connection, wanted: Filter, *, before: int = LETTER_NO_MAX, limit: int = 100
) -> list[Letter]:
    """Newest first; `before` is the number of the last letter of the page before."""
    query = _LIST_OPEN if wanted.state == "open" else _LIST
    return [Letter(*row) for row in await connection.fetch(query, *wanted, before, limit)]


async def count_open(connection: Connection, wanted: Filter) -> dict[str, int]:
    """How many open letters there are, by code, whatever state is asked for."""
    rows = await connection.fetch(_COUNT_OPEN, *wanted._replace(state=None))
    return {row["code"]: row["count"] for row in rows}


async def read_letter(connection: Connection, letter_no: int) -> Letter | None:
    row = await connection.fetchrow(_ONE, letter_no)
    return None if row is None else Letter(*row)


async def read_acts(connection: Connection, letter_no: int) -> list[Act]:
    """The oldest first."""
    return [Act(*row) for row in await connection.fetch(_ACTS, letter_no)]


async def read_replays(connection: Connection, letter_no: int) -> list[int]:
    """Letters as which it came back."""
    return [row["letter_no"] for row in await connection.fetch(_REPLAYS, letter_no)]


_SEALED = "letter_no, topic, partition, record_key, is_whole, key_id, content"
_READ_SEALED = f"SELECT {_SEALED} FROM settlement.dead_letters WHERE letter_no = ANY ($1::bigint[]) ORDER BY letter_no"  # noqa: S608
# Whoever comes second waits and then finds it closed. In one order, so that two in bulk do not deadlock; registering
# what came back of a letter does not wait.
_LOCK_OPEN = f"""
SELECT {_SEALED} FROM settlement.dead_letters
WHERE state = 'open' AND {_WANTED} AND letter_no > $9 AND letter_no <= $10
ORDER BY letter_no LIMIT $11
FOR NO KEY UPDATE
"""  # noqa: S608
_CLOSE = """
WITH closed AS (
    UPDATE settlement.dead_letters SET state = $3 WHERE letter_no = ANY ($1::bigint[])
)
INSERT INTO settlement.dead_letter_acts (letter_no, act, operator, reason, place)
SELECT letter_no, $3, $4, $5, place FROM unnest($1::bigint[], $2::text[]) AS done (letter_no, place)
"""


async def last_letter(connection: Connection) -> int:
    """The highest number that there is."""
    found: int = await connection.fetchval("SELECT coalesce(max(letter_no), 0) FROM settlement.dead_letters")
    return found


async def read_sealed(connection: Connection, letter_nos: Sequence[int]) -> list[Sealed]:
    return [Sealed(*row) for row in await connection.fetch(_READ_SEALED, letter_nos)]


async def lock_open(connection: Connection, wanted: Filter, *, after: int, upto: int, limit: int) -> list[Sealed]:
    """The next open letters, oldest first, which nobody else closes until the transaction ends."""
    return [Sealed(*row) for row in await connection.fetch(_LOCK_OPEN, *wanted, after, upto, limit)]


async def close(connection: Connection, places: dict[int, str | None], act: str, *, operator: str, reason: str) -> None:
    """Write down what was done about letters, by number, with the places to which replays went."""
    await connection.execute(_CLOSE, list(places), list(places.values()), act, operator, reason)


# Rotation of the keys

_COUNT_BY_KEY = """
SELECT key_id, count(*) FROM settlement.dead_letters WHERE key_id IS NOT NULL GROUP BY key_id ORDER BY key_id
"""
_OF_KEY = """
SELECT letter_no, record_key, content FROM settlement.dead_letters
WHERE key_id = $1 AND letter_no > $2 ORDER BY letter_no LIMIT $3 FOR NO KEY UPDATE
"""
_RESEAL = """
UPDATE settlement.dead_letters AS l SET key_id = $1, content = new.content
FROM unnest($2::bigint[], $3::bytea[]) AS new (letter_no, content) WHERE l.letter_no = new.letter_no
"""


async def letters_by_key(connection: Connection) -> dict[int, int]:
    return {row["key_id"]: row["count"] for row in await connection.fetch(_COUNT_BY_KEY)}


async def reseal(connection: Connection, vault: Vault, progress: Progress = unseen) -> None:
    """Bring all letters that the ring can open under its current key; each batch is a transaction of its own."""
    current, older = vault.current, [vault.key(key_id) for key_id in vault.key_ids[1:]]
    counts = await letters_by_key(connection)
    total, done = sum([counts.get(key.key_id, 0) for key in older]), 0
    for key in older:
        after: int | None = 0
        while after is not None:
            async with connection.transaction():
                count, after = await _reseal_next(connection, key, current, after)
            done += count
            progress("dead letters under the current key", done, max(total, done))


async def _reseal_next(connection: Connection, key: DataKey, current: DataKey, after: int) -> tuple[int, int | None]:
    rows = await connection.fetch(_OF_KEY, key.key_id, after, _RESEAL_ROWS)
    if not rows:
        return 0, None
    sealed = [current.seal_letter(record_key, key.open_letter(record_key, content)) for _, record_key, content in rows]
    numbers = [row["letter_no"] for row in rows]
    await connection.execute(_RESEAL, current.key_id, numbers, sealed)
    return len(rows), numbers[-1]
