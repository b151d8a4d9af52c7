"""Kafka → ledger → outcome at full speed: a topic full of transactions, and how fast workers empty it."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from app.database import Pool
from app.embedded.process import Child
from app.installation import Installation

from loadtests.bench.cpu import OTHERS, metered
from loadtests.bench.payments import Transaction, number_of
from loadtests.bench.population import chunked
from loadtests.bench.site import Site, database_of, pool_of, workers_of
from loadtests.bench.topics import decode_outcome, next_outcomes, outcomes_of, sender_to

#: The workers' start and the last, smaller batches are no steady state.
WINDOW_START, WINDOW_END = 0.10, 0.95

_SEND_CHUNK = 20_000
_STALL_SECONDS_MAX = 60.0

# A batch counts from when its outcomes are acknowledged by the outcome topic.
_PUBLISHED = """
SELECT extract(epoch FROM published_at)::float8 AS published_at, size
FROM ledger.batches
WHERE published_at IS NOT NULL AND settled_at > to_timestamp($1)
ORDER BY published_at
"""


@dataclass(frozen=True, slots=True)
class Counted:
    """Outcomes read back from the topic. A rebalance may repeat some: they are told at least once.

    unexpected: of another status than the maker of the message knew. by_outcome: "kind status" or "kind replayed".
    """

    messages: int
    outcomes: int
    missing: int
    repeated: int
    unexpected: int
    by_outcome: dict[str, int]

    @property
    def is_sound(self) -> bool:
        return not self.missing and not self.unexpected


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """Messages answered a second in the steady window; `overall` counts from the workers' start, imports and all.

    The window sees what was recorded. Repeats among the messages, which record nothing, lie evenly between.
    """

    workers: int
    per_second: float
    overall_per_second: float
    batch_messages_mean: float
    batch_messages_max: int
    cores: dict[str, float]
    counted: Counted

    @property
    def micros_per_message(self) -> float:
        """Processor time of workers, Postgres and broker, which other programs beside it change least."""
        ours = sum(used for name, used in self.cores.items() if name not in ("bench", OTHERS))
        return ours / self.per_second * 1e6


class _Sent:
    """What was sent, by number."""

    def __init__(self) -> None:
        self.times: Counter[int] = Counter()
        self.statuses: dict[int, str] = {}

    def add(self, transactions: Sequence[Transaction]) -> None:
        for transaction in transactions:
            self.times[transaction.number] += 1
            self.statuses[transaction.number] = transaction.status


async def measure_pipeline(
    site: Site, ledger: Installation, transactions: Iterator[Transaction], workers: int
) -> PipelineRun:
    """Fill the input topic, start the workers, wait for all outcomes, then read every one of them back."""
    await site.fresh_topics()
    sent = await _fill_topic(ledger, transactions)
    messages, recorded = sent.times.total(), len(sent.times)
    await site.settle_down(database_of(ledger))
    async with pool_of(ledger) as pool:
        start = time.time()
        async with workers_of(ledger, workers) as children:
            pids = {f"worker_{number}": child.pid for number, child in enumerate(children, 1)}
            async with metered(site, **pids) as meter:
                await _until_published(pool, start, recorded, children[0])
            counted = await _count_outcomes(ledger, sent)  # the last repeats may still be on their way
        published = [(row[0], row[1]) for row in await pool.fetch(_PUBLISHED, start)]
    window_start, window_end, settled = steady_window(published)
    return PipelineRun(
        workers=workers,
        per_second=settled / (window_end - window_start) * messages / recorded,
        overall_per_second=messages / (published[-1][0] - start),
        batch_messages_mean=messages / len(published),
        batch_messages_max=ledger.settings.batch_messages_max,
        cores=meter.cores(window_start, window_end),
        counted=counted,
    )


async def _fill_topic(ledger: Installation, transactions: Iterator[Transaction]) -> _Sent:
    sent = _Sent()
    async with sender_to(ledger.settings) as sender:
        for chunk in chunked(transactions, _SEND_CHUNK):
            await sender.send(chunk)
            sent.add(chunk)
    return sent


async def _until_published(pool: Pool, start: float, recorded: int, worker: Child) -> None:
    done, progress_at = 0, time.monotonic()
    while done < recorded:
        await asyncio.sleep(0.3)
        now_done = sum(row[1] for row in await pool.fetch(_PUBLISHED, start))
        if now_done > done:
            done, progress_at = now_done, time.monotonic()
        elif time.monotonic() - progress_at > _STALL_SECONDS_MAX:
            raise worker.failure(f"The workers stopped after {done:,} of {recorded:,} messages")


def steady_window(published: Sequence[tuple[float, int]]) -> tuple[float, float, int]:
    """Times at which the window starts and ends, and how many were settled between them.

    Whole batches are acknowledged at once, so what came at the very start of the window does not count.
    """
    total = sum(size for _, size in published)
    start = end = published[0][0]
    at_start = done = settled = 0
    for at, size in published:
        done += size
        if done <= total * WINDOW_START or at == start:
            start, at_start = at, done
        elif done <= total * WINDOW_END or end == published[0][0]:
            end, settled = at, done - at_start
    return start, max(end, start + 0.001), settled


async def _count_outcomes(ledger: Installation, sent: _Sent) -> Counted:
    """Read the outcome topic from its beginning until every message was met, and on until nothing comes."""
    met: Counter[int] = Counter()
    by_outcome: Counter[str] = Counter()
    unexpected, messages = 0, sent.times.total()
    async with outcomes_of(ledger.settings) as consumer:
        while True:
            records = await next_outcomes(consumer, timeout_ms=500 if met.total() >= messages else 5_000)
            if not records:
                break
            for record in records:
                outcome = decode_outcome(record.value or b"")
                number = number_of(outcome.message_id)
                if number in sent.statuses:
                    met[number] += 1
                    unexpected += outcome.status != sent.statuses[number]
                    by_outcome[f"{outcome.kind} {'replayed' if outcome.replayed else outcome.status}"] += 1
    return Counted(
        messages=messages,
        outcomes=met.total(),
        missing=(sent.times - met).total(),
        repeated=(met - sent.times).total(),
        unexpected=unexpected,
        by_outcome=dict(by_outcome.most_common()),
    )
