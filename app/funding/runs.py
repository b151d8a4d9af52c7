"""Long runs of the agency's own messages: batches through the one posting path, a few of them in flight."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from app.database import Pool
from app.errors import DatabaseUnavailable
from app.settlement.isolate import Isolated, Refusal, settle_isolating
from app.settlement.messages import Message
from app.settlement.records import Answer
from app.settlement.rules import RuleBook

#: Messages of one batch.
BATCH = 2_000
# While one batch waits for Postgres, another one computes.
_IN_FLIGHT = 3
_TRIES_MAX = 10
_WAIT_SECONDS = 1.0


@dataclass(slots=True)
class Tally:
    """What a run came to. `already`: settled by an earlier run. `fen`: of what is settled now or was already."""

    settled: int = 0
    already: int = 0
    fen: int = 0
    refused: Counter[str] = field(default_factory=Counter)

    def add(self, message: Message, answer: Answer | Refusal) -> None:
        if isinstance(answer, Refusal):
            self.refused["refused_by_database"] += 1
        elif answer.status != "settled":
            self.refused[answer.code] += 1
        else:
            self.fen += message.amount
            if not answer.is_new:
                self.already += 1
            else:
                self.settled += 1


async def settle_run(
    pool: Pool, batches: AsyncIterator[Sequence[Message]], *, rules: RuleBook, told: Callable[[Tally], None]
) -> Tally:
    """Settle batches that share no account; `told` hears of the tally after each.

    Raises DatabaseUnavailable when Postgres stays away: whatever was settled stands, and the same run again finds it.
    """
    tally = Tally()
    free = asyncio.Semaphore(_IN_FLIGHT)

    async def settle_one(batch: Sequence[Message]) -> None:
        try:
            isolated = await _settle_patiently(pool, rules, batch)
        finally:
            free.release()
        for message, answer in zip(batch, isolated.answers, strict=True):
            tally.add(message, answer)
        told(tally)

    try:
        async with asyncio.TaskGroup() as group:
            async for batch in batches:
                await free.acquire()
                group.create_task(settle_one(batch))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return tally


async def _settle_patiently(pool: Pool, rules: RuleBook, messages: Sequence[Message]) -> Isolated:
    """A run should outlast a lock that someone holds or a restart of Postgres."""
    for _ in range(_TRIES_MAX - 1):
        try:
            return await settle_isolating(pool, messages, rules=rules)
        except DatabaseUnavailable:
            await asyncio.sleep(_WAIT_SECONDS)
    return await settle_isolating(pool, messages, rules=rules)
