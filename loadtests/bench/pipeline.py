"""Kafka → ledger → outcome at full speed: a topic full of payments, and how fast workers empty it."""

import asyncio
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from app.database import Pool
from app.embedded.process import Child
from app.installation import Installation

from loadtests.bench.cpu import metered
from loadtests.bench.payments import PaymentMaker, number_of
from loadtests.bench.population import chunked
from loadtests.bench.site import Site, pool_of, workers_of
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
    """Outcomes read back from the topic, by payment. A rebalance may repeat some: they are told at least once."""

    messages: int
    outcomes: int
    missing: int
    repeated: int
    not_settled: int


@dataclass(frozen=True, slots=True)
class PipelineRun:
    """Outcomes a second in the steady window; `overall` counts from the workers' start, imports and all."""

    workers: int
    per_second: float
    overall_per_second: float
    batch_messages_mean: float
    batch_messages_max: int
    cores: dict[str, float]
    counted: Counted


async def measure_pipeline(
    site: Site, ledger: Installation, maker: PaymentMaker, persons: Sequence[int], messages: int, workers: int
) -> PipelineRun:
    """Fill the input topic, start the workers, wait for all outcomes, then read every one of them back."""
    await site.fresh_topics()
    numbers = await _fill_topic(ledger, maker, persons, messages)
    await site.settle_down()
    async with pool_of(ledger) as pool:
        start = time.time()
        async with workers_of(ledger, workers) as children:
            pids = {f"worker_{number}": child.pid for number, child in enumerate(children, 1)}
            async with metered(site, **pids) as meter:
                await _until_published(pool, start, messages, children[0])
        published = [(row[0], row[1]) for row in await pool.fetch(_PUBLISHED, start)]
    window_start, window_end, settled = steady_window(published)
    return PipelineRun(
        workers=workers,
        per_second=settled / (window_end - window_start),
        overall_per_second=messages / (published[-1][0] - start),
        batch_messages_mean=messages / len(published),
        batch_messages_max=ledger.settings.batch_messages_max,
        cores=meter.cores(window_start, window_end),
        counted=await _count_outcomes(ledger, numbers),
    )


async def _fill_topic(ledger: Installation, maker: PaymentMaker, persons: Sequence[int], messages: int) -> range:
    first = last = -1
    async with sender_to(ledger.settings) as sender:
        for chunk in chunked(maker.payments(messages, persons), _SEND_CHUNK):
            await sender.send(chunk)
            first, last = (chunk[0].number if first < 0 else first), chunk[-1].number
    return range(first, last + 1)


async def _until_published(pool: Pool, start: float, messages: int, worker: Child) -> None:
    done, progress_at = 0, time.monotonic()
    while done < messages:
        await asyncio.sleep(0.3)
        now_done = sum(row[1] for row in await pool.fetch(_PUBLISHED, start))
        if now_done > done:
            done, progress_at = now_done, time.monotonic()
        elif time.monotonic() - progress_at > _STALL_SECONDS_MAX:
            raise worker.failure(f"The workers stopped after {done:,} of {messages:,} payments")


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


async def _count_outcomes(ledger: Installation, numbers: range) -> Counted:
    """Read the outcome topic from its beginning until every payment was met, and on until nothing comes."""
    met: Counter[int] = Counter()
    not_settled = 0
    async with outcomes_of(ledger.settings) as consumer:
        while True:
            records = await next_outcomes(consumer, timeout_ms=500 if len(met) >= len(numbers) else 5_000)
            if not records:
                break
            for record in records:
                outcome = decode_outcome(record.value or b"")
                number = number_of(outcome.message_id)
                if number in numbers:
                    met[number] += 1
                    not_settled += outcome.status != "settled"
    return Counted(
        messages=len(numbers),
        outcomes=met.total(),
        missing=len(numbers) - len(met),
        repeated=met.total() - len(met),
        not_settled=not_settled,
    )
