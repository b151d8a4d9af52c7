"""From a record's timestamp to its outcome, read: at a set rate, and across the death of a worker."""

import asyncio
import time
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from app.installation import Installation

from loadtests.bench.cpu import metered
from loadtests.bench.figures import Latency, latency_of
from loadtests.bench.open_loop import OpenLoop, beside, open_loop
from loadtests.bench.payments import Transaction
from loadtests.bench.site import Site, database_of, pool_of, workers_of

_WARM_UP_SECONDS = 2.0
_SPARE = 1_000
_FAILOVER_SECONDS_MAX = 30.0
_FAILOVER_PER_SECOND = 500.0


@dataclass(frozen=True, slots=True)
class LatencyRun:
    """`outcomes` are all that were read, the warm-up's too; `payments` as many as were sent."""

    per_second: float
    seconds: float
    workers: int
    latency: Latency
    payments: int
    outcomes: int
    cores: dict[str, float]


@dataclass(frozen=True, slots=True)
class Failover:
    """Seconds from SIGKILL until every partition settled a payment that was sent after it."""

    seconds: float
    session_timeout_ms: int
    payments: int
    repeated: int


async def measure_latency(
    site: Site,
    ledger: Installation,
    payments: Iterator[Transaction],
    *,
    per_second: float,
    seconds: float,
    workers: int,
) -> LatencyRun:
    """Open loop: the rate holds whatever the service does, and waiting counts from when a payment was due."""
    await site.fresh_topics()
    await site.settle_down(database_of(ledger))
    made = list(islice(payments, int(per_second * (_WARM_UP_SECONDS + seconds)) + _SPARE))  # while nothing is measured
    async with workers_of(ledger, workers) as children, open_loop(ledger, children[0]) as loop:
        await _every_partition_settles(ledger, loop, payments)
        payments = iter(made)
        await loop.send(payments, per_second, _WARM_UP_SECONDS)
        before, start = len(loop.sent), time.time()
        pids = {f"worker_{number}": child.pid for number, child in enumerate(children, 1)}
        async with metered(site, **pids) as meter:
            await loop.send(payments, per_second, seconds)
        end = time.time()
        await loop.all_answered()
        measured = list(loop.sent)[before:]
        return LatencyRun(
            per_second=len(measured) / seconds,
            seconds=seconds,
            workers=workers,
            latency=latency_of([loop.answered[number] - loop.sent[number] for number in measured]),
            payments=len(loop.sent),
            outcomes=loop.outcomes,
            cores=meter.cores(start, end),
        )


async def measure_failover(site: Site, ledger: Installation, payments: Iterator[Transaction]) -> Failover:
    """SIGKILL one of two workers under light load; the other one takes its partitions over."""
    await site.fresh_topics()
    async with workers_of(ledger, 2) as [victim, survivor], open_loop(ledger, survivor) as loop:
        await _every_partition_settles(ledger, loop, payments)
        async with beside(loop.send(payments, _FAILOVER_PER_SECOND, 2 * _FAILOVER_SECONDS_MAX)):
            await asyncio.sleep(_WARM_UP_SECONDS)
            victim.kill()
            killed_at = time.time()
            back_at = await _all_settle_since(ledger, loop, killed_at)
        await loop.all_answered()
        await _all_published(ledger)
        loop.note_what_was_read()
        return Failover(
            seconds=back_at - killed_at,
            session_timeout_ms=ledger.settings.kafka_session_timeout_ms,
            payments=len(loop.sent),
            repeated=loop.outcomes - len(loop.sent),
        )


async def _every_partition_settles(ledger: Installation, loop: OpenLoop, payments: Iterator[Transaction]) -> None:
    """Workers have joined the group when each partition has answered since some time after their start."""
    await asyncio.sleep(2 * ledger.settings.kafka_session_timeout_ms / 1_000)
    start = time.time()
    async with beside(loop.send(payments, _FAILOVER_PER_SECOND, 2 * _FAILOVER_SECONDS_MAX)):
        await _all_settle_since(ledger, loop, start)
    await loop.all_answered()


async def _all_settle_since(ledger: Installation, loop: OpenLoop, moment: float) -> float:
    """When the last partition to do so settled a payment that was due after this moment."""
    wanted = set(range(ledger.settings.topic_partitions))
    end = time.monotonic() + _FAILOVER_SECONDS_MAX
    while True:
        loop.note_what_was_read()
        first: dict[int, float] = {}
        for number, at in loop.answered.items():
            if loop.sent[number] > moment:
                partition = loop.buckets[number] % len(wanted)
                first[partition] = min(at, first.get(partition, at))
        if wanted == first.keys():
            return max(first.values())
        if time.monotonic() > end:
            silent = sorted(wanted - first.keys())
            raise loop.failure(f"Partitions {silent} did not settle within {_FAILOVER_SECONDS_MAX:.0f} s")
        await asyncio.sleep(0.02)


async def _all_published(ledger: Installation) -> None:
    """What the killed worker had published and not marked is published again by the other one's sweeper."""
    async with pool_of(ledger) as pool, asyncio.timeout(_FAILOVER_SECONDS_MAX):
        while True:
            if not await pool.fetchval("SELECT count(*) FROM ledger.batches WHERE published_at IS NULL"):
                return
            await asyncio.sleep(0.1)
