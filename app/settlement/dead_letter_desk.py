"""What operators do about dead letters: look, send again, discard; one or many, and first as a dry run.

A replay sends the very bytes, key and headers to the topic that they came from, so it is settled by the one path: what
was settled meanwhile is answered as a repeat, and what fails again is a new letter that names the old one. It is sent
first and written down after that: a crash in between sends it once more, and that settles nothing twice.
"""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from app.codes import CATALOGUE, Code
from app.database import Connection, Pool, transaction
from app.errors import KafkaUnavailable, Refused
from app.failpoints import reach
from app.parties.vault import Vault
from app.progress import Progress, unseen
from app.settlement import dead_letter_register as register
from app.settlement.dead_letter_masking import masked_header, masked_text, masked_value
from app.settlement.dead_letter_register import Act, Content, Filter, Letter, Sealed
from app.settlement.dead_letters import REPLAY_OF
from app.settlement.decoding import decode
from app.settlement.messages import Malformed, message_key
from app.settlement.register import find_settlement

#: Letters that one transaction closes; each may have a megabyte.
BATCH_LETTERS = 50
#: Those that were left are named up to here and counted beyond.
LEFT_NAMED_MAX = 100
_KAFKA_SECONDS_MAX = 15.0
_PREVIEW_BYTES_MAX = 65_536


class Shown(NamedTuple):
    """A letter with its content masked. value, key None: not kept, or nothing came.

    reads_as: the code to which this release would come, `ok` where it is a message; None where the bytes are not kept.
    settlement_id: what stands under its message key, whichever way that came.
    """

    letter: Letter
    key: str | None
    value: str | None
    headers: list[tuple[str, str]]
    reads_as: Code | None
    reads_as_detail: str
    settlement_id: str | None
    acts: list[Act]
    came_back_as: list[int]


class Left(NamedTuple):
    """A letter about which nothing was done, and why."""

    letter_no: int
    code: Code


@dataclass(slots=True)
class Done:
    """done: letters that were closed, or would be in a dry run. left: those that were not, the first of them by name.

    reads_as: of letters to be replayed, how many this release reads as what: `ok` is a message, the others would come
    back. Filled by a dry run alone. more: letters that the filter finds are open still, behind `limit`.
    """

    done: int = 0
    left_count: int = 0
    left: list[Left] = field(default_factory=list)
    reads_as: Counter[Code] = field(default_factory=Counter)
    more: bool = False

    def leave(self, letter_no: int, code: Code) -> None:
        self.left_count += 1
        if len(self.left) < LEFT_NAMED_MAX:
            self.left.append(Left(letter_no, code))


class Resender(NamedTuple):
    """The way back to the topic of transactions."""

    producer: AIOKafkaProducer
    topic: str


async def list_letters(
    pool: Pool, wanted: Filter, *, before: int = register.LETTER_NO_MAX, limit: int = 100
) -> list[Letter]:
    """Newest first; `before` is the number of the last letter of the page before. Raises DatabaseUnavailable."""
    async with transaction(pool) as connection:
        return await register.list_letters(connection, wanted, before=before, limit=limit)


async def count_open(pool: Pool, wanted: Filter = Filter()) -> dict[str, int]:  # noqa: B008 - a tuple
    """How many letters are open, by code. Raises DatabaseUnavailable."""
    async with transaction(pool) as connection:
        return await register.count_open(connection, wanted)


async def show(pool: Pool, vault: Vault, letter_no: int) -> Shown:
    """Raises Refused: dead_letter_unknown, encryption_keys_missing; DatabaseUnavailable."""
    async with transaction(pool) as connection:
        letter = await register.read_letter(connection, letter_no)
        if letter is None:
            raise refusal(letter_no, Code.DEAD_LETTER_UNKNOWN)
        [sealed] = await register.read_sealed(connection, [letter_no])
        content = None if sealed.content is None else sealed.opened(vault)
        read = None if content is None else decode(content.value or b"")
        return Shown(
            letter=letter,
            key=None if content is None or content.key is None else masked_text(content.key),
            value=None if content is None or content.value is None else _masked(content.value),
            headers=[] if content is None else [masked_header(*each) for each in content.headers],
            reads_as=None if read is None else read.code if isinstance(read, Malformed) else Code.OK,
            reads_as_detail=read.detail if isinstance(read, Malformed) else "",
            settlement_id=await _settled_as(connection, letter),
            acts=await register.read_acts(connection, letter_no),
            came_back_as=await register.read_replays(connection, letter_no),
        )


def _masked(value: bytes) -> str:
    return masked_value(value) if len(value) <= _PREVIEW_BYTES_MAX else masked_text(value)


async def _settled_as(connection: Connection, letter: Letter) -> str | None:
    if letter.institution is None or letter.message_id is None:
        return None
    found = await find_settlement(connection, message_key(letter.institution, letter.message_id))
    return None if found is None else found.row.settlement_id


def refusal(letter_no: int, code: Code) -> Refused:
    """Why nothing was done about a letter, for whoever asked for that one alone."""
    return Refused(code, f"Dead letter {letter_no}: {CATALOGUE[code].meaning}")


# Many at once


async def replay(
    pool: Pool,
    vault: Vault,
    resender: Resender,
    wanted: Filter,
    *,
    operator: str,
    reason: str = "",
    dry_run: bool = False,
    limit: int | None = None,
    progress: Progress = unseen,
) -> Done:
    """Send open letters back to the topic of transactions, oldest first; on return all that is done is written down.

    What comes back meanwhile is a new letter and is not sent again. Raises DatabaseUnavailable, and KafkaUnavailable
    where the brokers do not take them: what was done before stands, do the rest again.
    """

    async def one_batch(connection: Connection, batch: Sequence[Sealed], done: Done) -> None:
        contents = _contents(vault, batch, done)
        if dry_run:
            for content in contents.values():
                read = decode(content.value or b"")
                done.reads_as[read.code if isinstance(read, Malformed) else Code.OK] += 1
        else:
            places = await _send(resender, {each.letter_no: each for each in batch}, contents)
            reach("dlq.sent")
            await register.close(connection, places, "replayed", operator=operator, reason=reason)
        done.done += len(contents)

    return await _each_batch(pool, wanted, one_batch, limit=limit, progress=progress, stage="dead letters replayed")


async def discard(
    pool: Pool,
    wanted: Filter,
    *,
    operator: str,
    reason: str,
    dry_run: bool = False,
    limit: int | None = None,
    progress: Progress = unseen,
) -> Done:
    """Close open letters for a reason, oldest first; their bytes stay. Raises DatabaseUnavailable."""

    async def one_batch(connection: Connection, batch: Sequence[Sealed], done: Done) -> None:
        if not dry_run:
            places: dict[int, str | None] = dict.fromkeys([each.letter_no for each in batch])
            await register.close(connection, places, "discarded", operator=operator, reason=reason)
            reach("dlq.discarded")
        done.done += len(batch)

    return await _each_batch(pool, wanted, one_batch, limit=limit, progress=progress, stage="dead letters discarded")


class _OneBatch(Protocol):
    async def __call__(self, connection: Connection, batch: Sequence[Sealed], done: Done) -> None: ...


async def _each_batch(
    pool: Pool, wanted: Filter, one_batch: _OneBatch, *, limit: int | None, progress: Progress, stage: str
) -> Done:
    """Open letters that were there at the start, each batch locked and closed in a transaction of its own."""
    done, seen = Done(), set[int]()
    async with transaction(pool) as connection:
        upto = await register.last_letter(connection)
        total = sum((await register.count_open(connection, wanted)).values())
    bound = total if limit is None else min(limit, total)
    after = 0
    while True:
        async with transaction(pool) as connection:
            room = min(BATCH_LETTERS, bound - len(seen))
            batch = await register.lock_open(connection, wanted, after=after, upto=upto, limit=room) if room else []
            await one_batch(connection, batch, done)
        if not batch:
            break
        after = batch[-1].letter_no
        seen |= {each.letter_no for each in batch}
        progress(stage, len(seen), max(len(seen), bound))
    done.more = total > len(seen) == bound
    if wanted.letters is not None and not done.more:
        await _say_why_not(pool, [number for number in wanted.letters if number not in seen], done)
    return done


async def _say_why_not(pool: Pool, letter_nos: Sequence[int], done: Done) -> None:
    """Of letters that were named and are not open, or not what else was asked for."""
    async with transaction(pool) as connection:
        there = {each.letter_no for each in await register.read_sealed(connection, letter_nos)}
    for letter_no in letter_nos:
        done.leave(letter_no, Code.DEAD_LETTER_CLOSED if letter_no in there else Code.DEAD_LETTER_UNKNOWN)


def _contents(vault: Vault, batch: Sequence[Sealed], done: Done) -> dict[int, Content]:
    """What can be sent again; the others are left."""
    contents = {}
    for each in batch:
        if each.content is None or not each.is_whole:
            done.leave(each.letter_no, Code.DEAD_LETTER_INCOMPLETE)
        elif each.key_id not in vault.key_ids:
            done.leave(each.letter_no, Code.ENCRYPTION_KEYS_MISSING)
        else:
            contents[each.letter_no] = each.opened(vault)
    return contents


async def _send(resender: Resender, letters: dict[int, Sealed], contents: dict[int, Content]) -> dict[int, str | None]:
    """The places at which the records stand, once all are acknowledged."""
    producer, topic = resender
    try:
        async with asyncio.timeout(_KAFKA_SECONDS_MAX):
            partitions = await producer.partitions_for(topic) if contents else set()
            sent = {
                letter_no: await producer.send(
                    topic,
                    key=content.key,
                    value=content.value if content.key is not None else content.value or b"",
                    # Order for a person is kept where the partition is; its time is now, as brokers drop what is old.
                    partition=letters[letter_no].partition if _stands(letters[letter_no], topic, partitions) else None,
                    headers=_headers(letter_no, content),
                )
                for letter_no, content in contents.items()
            }
            stored = {letter_no: await future for letter_no, future in sent.items()}
    except (KafkaError, TimeoutError) as error:
        raise KafkaUnavailable(f"Kafka does not take the letters: {type(error).__name__}. Replay again.") from error
    return {letter_no: f"{place.partition}/{place.offset}" for letter_no, place in stored.items()}


def _stands(letter: Sealed, topic: str, partitions: set[int]) -> bool:
    return letter.topic == topic and letter.partition in partitions


def _headers(letter_no: int, content: Content) -> list[tuple[str, bytes | None]]:
    return [*[each for each in content.headers if each[0] != REPLAY_OF], (REPLAY_OF, str(letter_no).encode())]
