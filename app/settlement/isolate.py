"""Settling a batch of which the database may refuse one message: the others must not suffer for it."""

from collections.abc import Sequence
from typing import NamedTuple

import asyncpg

from app import logs
from app.database import Pool, Remedy, remedy
from app.settlement.messages import Message
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.settlement.settle import settle

_log = logs.get(__name__)


class Refusal(NamedTuple):
    """A message that cannot be settled although it is well-formed; `reason` holds no value of the message."""

    reason: str


class Isolated(NamedTuple):
    """Answers in message order, and the journal batches that recorded them."""

    answers: list[Answer | Refusal]
    batch_ids: list[int]


async def settle_isolating(pool: Pool, messages: Sequence[Message], *, rules: RuleBook) -> Isolated:
    """Settle a batch; one that is refused is halved, in order, until the refused message stands alone.

    Raises DatabaseUnavailable as `settle` does; what its earlier halves settled is then replayed by the next try.
    """
    try:
        settled = await settle(pool, messages, rules=rules)
    except Exception as error:
        if remedy(error) is not Remedy.REFUSE:
            raise
        if len(messages) == 1:
            refusal = Refusal(_reason(error))
            _log.error("message_refused", reason=refusal.reason)
            return Isolated([refusal], [])
        middle = len(messages) // 2
        first = await settle_isolating(pool, messages[:middle], rules=rules)
        second = await settle_isolating(pool, messages[middle:], rules=rules)
        return Isolated(first.answers + second.answers, first.batch_ids + second.batch_ids)
    return Isolated(list(settled.answers), [] if settled.batch_id is None else [settled.batch_id])


def _reason(error: Exception) -> str:
    """The kind of failure without its values: a database's detail would quote the row."""
    if isinstance(error, asyncpg.PostgresError):
        constraint = getattr(error, "constraint_name", None)
        return f"SQLSTATE {error.sqlstate}" + (f", constraint {constraint}" if constraint else "")
    return type(error).__name__
