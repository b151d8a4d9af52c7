"""A large group as two batches at once, each with persons of its own.

Two large batches of anybody's messages nearly always have a person in common, so the later one waits for the earlier
one's commit with all that it holds. Every process divides persons in the same way: of two processes with a group each,
two batches go on while two wait.
"""

import asyncio
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias
from zlib import crc32

from app import metrics, tracing
from app.database import Pool
from app.errors import DatabaseUnavailable
from app.settlement.isolate import Isolated, Refusal, settle_isolating
from app.settlement.messages import Message
from app.settlement.records import Answer
from app.settlement.rules import RuleBook

SHARES = 2
# Two batches of half the size cost more than one; below so many messages that is not made up for.
_LARGE = 400

#: DatabaseUnavailable: nothing may be concluded of this message; sent again it is replayed if it was settled.
Result: TypeAlias = Answer | Refusal | DatabaseUnavailable


class Shared(NamedTuple):
    """Results in message order, and the journal batches that recorded them."""

    results: list[Result]
    batch_ids: list[int]


async def settle_in_shares(pool: Pool, messages: Sequence[Message], *, rules: RuleBook) -> Shared:
    """Settle a group from HTTP, a large one divided by person; the messages of one person keep their order."""
    shares = _divided(messages)
    settled = await asyncio.gather(*(_settle(pool, [messages[place] for place in share], rules) for share in shares))
    results: dict[int, Result] = {}
    batch_ids: list[int] = []
    for share, isolated in zip(shares, settled, strict=True):
        if isinstance(isolated, DatabaseUnavailable):
            results.update(dict.fromkeys(share, isolated))
        else:
            results.update(zip(share, isolated.answers, strict=True))
            batch_ids += isolated.batch_ids
    return Shared([results[place] for place in range(len(messages))], batch_ids)


async def _settle(pool: Pool, messages: list[Message], rules: RuleBook) -> Isolated | DatabaseUnavailable:
    try:
        with metrics.SETTLE.time(), tracing.span("settle"):
            isolated = await settle_isolating(pool, messages, rules=rules)
    except DatabaseUnavailable as error:
        return error
    metrics.BATCH_SIZE_HTTP.observe(len(messages))
    return isolated


def _divided(messages: Sequence[Message]) -> list[list[int]]:
    """The places of the messages, by share."""
    if len(messages) < _LARGE or _are_tied(messages):
        return [list(range(len(messages)))]
    shares: list[list[int]] = [[] for _ in range(SHARES)]
    for place, message in enumerate(messages):
        shares[crc32(message.person_no.encode()) % SHARES].append(place)
    return [share for share in shares if share]


def _are_tied(messages: Sequence[Message]) -> bool:
    """Whether what becomes of one person's message is for another's to decide: by a transfer, which the payee may spend
    in the same group, or since two persons' messages are of one id, or one names the other's as its original."""
    person_of: dict[tuple[str, str], str] = {}
    for message in messages:
        if message.kind == "transfer":
            return True
        for message_id in (message.message_id, message.original_message_id):
            if message_id is not None:
                person_no = person_of.setdefault((message.institution, message_id), message.person_no)
                if person_no != message.person_no:
                    return True
    return False
