"""What each process last told of itself, in the database, so that a reader sees all of them however many run.

A process overwrites its one row every two seconds. Counters count from its start: a reader takes differences of one
process's figures and adds them up. Postgres being away loses nothing but looks.
"""

import asyncio
import os
import secrets
import socket
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

import orjson
from prometheus_client import Gauge, Histogram
from prometheus_client.metrics_core import Metric

from app import __version__, metrics
from app.database import Connection, Pool, transaction
from app.errors import DatabaseUnavailable

EVERY_SECONDS = 2.0
# A stop is not held up by Postgres being away.
_END_SECONDS_MAX = 1.0

Kind = Literal["api", "worker", "scheduler"]
Figures = Mapping[str, Any]

#: Routes that settle: what a till waits for.
_TILL_ROUTES = frozenset({"/v1/transactions", "/v1/transactions/batch"})

_TELL = """
INSERT INTO operations.processes (process, kind, host, pid, release, started_at, figures)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (process) DO UPDATE SET told_at = clock_timestamp(), figures = excluded.figures
"""
_END = "DELETE FROM operations.processes WHERE process = $1"
# Those that fell silent, since they were killed or hang, are shown for a day.
_FORGET = "DELETE FROM operations.processes WHERE told_at < clock_timestamp() - interval '1 day'"
_READ = """
SELECT
    process, kind, host, pid, release, started_at, told_at,
    extract(epoch FROM clock_timestamp() - told_at)::float8 AS silent_seconds, figures
FROM operations.processes
ORDER BY kind, host, started_at
"""


class Told(NamedTuple):
    """One process. silent_seconds: since it last told."""

    process: str
    kind: Kind
    host: str
    pid: int
    release: str
    started_at: datetime
    told_at: datetime
    silent_seconds: float
    figures: Figures


async def keep_told(pool: Pool, kind: Kind, more: Callable[[], Figures] = dict) -> None:
    """Tell until cancelled, and take the row away then. more: figures of this kind of process alone."""
    host, pid, started_at = socket.gethostname(), os.getpid(), datetime.now(UTC)
    process = f"{kind}-{host}-{pid}-{secrets.token_hex(4)}"
    try:
        await _tell_on(pool, (process, kind, host, pid, __version__, started_at), more)
    finally:
        with suppress(DatabaseUnavailable, TimeoutError):
            async with asyncio.timeout(_END_SECONDS_MAX), transaction(pool) as connection:
                await connection.execute(_END, process)


async def _tell_on(pool: Pool, who: tuple[object, ...], more: Callable[[], Figures]) -> None:
    while True:
        figures = orjson.dumps({**_figures(), **more()}, option=orjson.OPT_NON_STR_KEYS).decode()
        try:
            async with transaction(pool) as connection:
                await connection.execute(_TELL, *who, figures)
                await connection.execute(_FORGET)
        except DatabaseUnavailable:
            metrics.RETRIES.labels("process_board").inc()
        await asyncio.sleep(EVERY_SECONDS)


async def read_board(connection: Connection) -> list[Told]:
    """All that told within a day, the silent ones too."""
    rows: list[dict[str, Any]] = [dict(row) for row in await connection.fetch(_READ)]
    return [Told(**{**row, "figures": orjson.loads(row["figures"])}) for row in rows]


def _figures() -> dict[str, Any]:
    """`outcomes`: by status and code. `end_to_end`, `till`: so many within each of the metrics' bounds, cumulative."""
    figures: dict[str, Any] = {
        "outcomes": _summed(metrics.OUTCOMES.collect(), ("status", "code")),
        "dead_letters": _summed(metrics.DEAD_LETTERS.collect(), ("code",)),
        "end_to_end": _buckets(metrics.END_TO_END),
        "till": _buckets(metrics.HTTP_SECONDS, lambda labels: labels["route"] in _TILL_ROUTES),
        "unpublished_seconds": _value(metrics.UNPUBLISHED_AGE),
    }
    if _value(metrics.GAUGES_READ_AT):
        figures["truths"] = {
            "read_at": _value(metrics.GAUGES_READ_AT),
            "imbalance_fen": int(_value(metrics.LEDGER_IMBALANCE)),
            "verify_broken": int(_value(metrics.VERIFY_BROKEN)),
            "verify_seconds": _value(metrics.VERIFY_AGE),
            "day_unsealed_seconds": _value(metrics.DAY_UNSEALED),
            "holds_overdue_seconds": _value(metrics.HOLDS_OVERDUE),
            "holds_expiring": int(_value(metrics.HOLDS_EXPIRING)),
            "breaks": int(sum(sample.value for sample in _samples(metrics.BREAKS.collect(), ""))),
        }
    return figures


def _samples(collected: Iterable[Metric], suffix: str) -> Iterable[Any]:
    return (sample for family in collected for sample in family.samples if sample.name == f"{family.name}{suffix}")


def _summed(collected: Iterable[Metric], labels: tuple[str, ...]) -> dict[str, int]:
    sums: Counter[str] = Counter()
    for sample in _samples(collected, "_total"):
        sums["|".join(sample.labels[label] for label in labels)] += int(sample.value)
    return dict(+sums)


def _buckets(histogram: Histogram, select: Callable[[Mapping[str, str]], bool] = bool) -> list[int]:
    sums: Counter[float] = Counter()
    for sample in _samples(histogram.collect(), "_bucket"):
        if select(sample.labels):
            sums[float(sample.labels["le"])] += int(sample.value)
    return [sums[bound] for bound in sorted(sums)]


def _value(gauge: Gauge) -> float:
    found: float = next(iter(_samples(gauge.collect(), ""))).value
    return found
