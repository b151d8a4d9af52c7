"""What the overview shows: figures of all processes, added up every two seconds from the board, and their recent past.

Rates are differences of counters of one process between two of its own tellings, so a process that starts or ends makes
no jump. Each API process keeps the past for itself; they agree, since all read the same board.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from app import logs, metrics
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.metrics import SECONDS
from app.process_board import EVERY_SECONDS, Told, read_board

_log = logs.get(__name__)

#: A process that was silent for so long counts no more.
SILENT_SECONDS_MAX = 10.0
_PAST_LOOKS = 300
_LATENCY_LOOKS = 15
_CODES_LOOKS = 150
_QUANTILES = (0.5, 0.99)
_REFUSED = frozenset({"declined", "rejected", "conflict"})


@dataclass(frozen=True, slots=True)
class Look:
    """One moment. Rates are a second; latencies in seconds, None where nothing came; `truths` None: no scheduler."""

    at: float
    settled: float
    declined: float
    other: float
    record_p50: float | None
    record_p99: float | None
    till_p50: float | None
    till_p99: float | None
    lag: int
    unowned: int
    stalled_seconds: float
    unpublished_seconds: float
    workers: int
    apis: int
    schedulers: int
    codes: Sequence[tuple[str, str, int]]
    answered: int
    dead_letters: int
    truths: Mapping[str, Any] | None


class Live:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._before: dict[str, Told] = {}
        self._grown: deque[_Growth] = deque(maxlen=_CODES_LOOKS)
        self._news = asyncio.Event()
        self.past: deque[Look] = deque(maxlen=_PAST_LOOKS)
        self.is_closing = False

    async def run(self) -> None:
        while True:
            try:
                async with transaction(self._pool) as connection:
                    board = await read_board(connection)
            except DatabaseUnavailable as error:
                metrics.RETRIES.labels("console").inc()
                _log.warning("console_waits", error=type(error).__name__)
            else:
                self._look_at(board)
            await asyncio.sleep(EVERY_SECONDS)

    async def newer(self, at: float, seconds_max: float) -> list[Look]:
        """Those behind a moment, as soon as there are any; none after the bound, or when the process stops."""
        if not self.is_closing and (not self.past or self.past[-1].at <= at):
            try:
                async with asyncio.timeout(seconds_max):
                    await self._news.wait()
            except TimeoutError:
                return []
        return [look for look in self.past if look.at > at]

    def close(self) -> None:
        """Let go of everyone who waits."""
        self.is_closing = True
        self._wake()

    def _look_at(self, board: list[Told]) -> None:
        living = [told for told in board if told.silent_seconds < SILENT_SECONDS_MAX]
        self._grown.append(_growth(self._before, living))
        self._before = {told.process: told for told in living}
        self.past.append(_look(living, list(self._grown)))
        self._wake()

    def _wake(self) -> None:
        news, self._news = self._news, asyncio.Event()
        news.set()


@dataclass(frozen=True, slots=True)
class _Growth:
    """By how much the counters of all processes grew between two looks; `rates`: outcomes a second."""

    outcomes: Counter[str]
    rates: Counter[str]
    end_to_end: list[int]
    till: list[int]
    dead_letters: int


def _growth(before: Mapping[str, Told], living: Sequence[Told]) -> _Growth:
    """A process that is seen for the first time has nothing to be compared with."""
    outcomes: Counter[str] = Counter()
    rates: Counter[str] = Counter()
    end_to_end, till = [0] * (len(SECONDS) + 1), [0] * (len(SECONDS) + 1)
    dead_letters = 0
    for told in living:
        old = before.get(told.process)
        if old is None or old.told_at == told.told_at:
            continue
        grown: Counter[str] = Counter(told.figures["outcomes"])
        grown.subtract(old.figures["outcomes"])
        outcomes.update(grown)
        seconds = (told.told_at - old.told_at).total_seconds()
        for name, count in grown.items():
            rates[name.partition("|")[0]] += count / seconds  # type: ignore[assignment]
        _add(end_to_end, told.figures["end_to_end"], old.figures["end_to_end"])
        _add(till, told.figures["till"], old.figures["till"])
        dead_letters += sum(told.figures["dead_letters"].values()) - sum(old.figures["dead_letters"].values())
    return _Growth(outcomes, rates, end_to_end, till, dead_letters)


def _add(sums: list[int], new: Sequence[int], old: Sequence[int]) -> None:
    """A histogram without a series yet has no buckets."""
    for place, count in enumerate(new):
        sums[place] += count - (old[place] if old else 0)


def _look(living: Sequence[Told], grown: Sequence[_Growth]) -> Look:
    rates = grown[-1].rates
    recent = grown[-_LATENCY_LOOKS:]
    codes = sum((each.outcomes for each in grown), Counter[str]())
    workers = [told for told in living if told.kind == "worker"]
    owned = {number: standing for told in workers for number, standing in told.figures["partitions"].items()}
    partitions = max((told.figures["partitions_of_topic"] for told in workers), default=0)
    record_p50, record_p99 = _quantiles([each.end_to_end for each in recent])
    till_p50, till_p99 = _quantiles([each.till for each in recent])
    truths = [told.figures["truths"] for told in living if "truths" in told.figures]
    return Look(
        at=time.time(),
        settled=rates["settled"] + rates["held"] + rates["reversed"],
        declined=rates["declined"],
        other=rates["rejected"] + rates["conflict"] + rates["replayed"],
        record_p50=record_p50,
        record_p99=record_p99,
        till_p50=till_p50,
        till_p99=till_p99,
        lag=sum(standing["lag"] for standing in owned.values()),
        unowned=max(0, partitions - len(owned)),
        stalled_seconds=max((standing["stalled_seconds"] for standing in owned.values()), default=0.0),
        unpublished_seconds=max((told.figures["unpublished_seconds"] for told in living), default=0.0),
        workers=len(workers),
        apis=sum(told.kind == "api" for told in living),
        schedulers=sum(told.kind == "scheduler" for told in living),
        codes=_refusals(codes),
        answered=sum(codes.values()),
        dead_letters=sum(each.dead_letters for each in grown),
        truths=max(truths, key=lambda told: told["read_at"]) if truths else None,
    )


def _refusals(codes: Counter[str]) -> list[tuple[str, str, int]]:
    """Status, code and how many, the most frequent first."""
    named = [(*name.partition("|")[::2], count) for name, count in codes.most_common() if count]
    return [(status, code, count) for status, code, count in named if status in _REFUSED]


def _quantiles(histograms: Sequence[Sequence[int]]) -> tuple[float | None, ...]:
    """Within which bound so many lie, as even a spread in a bucket as Prometheus takes; None where nothing came."""
    sums = [sum(column) for column in zip(*histograms, strict=True)]
    if not sums or not sums[-1]:
        return (None,) * len(_QUANTILES)
    return tuple(_quantile(sums, share * sums[-1]) for share in _QUANTILES)


def _quantile(cumulative: Sequence[int], rank: float) -> float:
    low, below = 0.0, 0
    for bound, count in zip(SECONDS, cumulative, strict=False):
        if count >= rank:
            return low + (bound - low) * (rank - below) / (count - below)
        low, below = bound, count
    return SECONDS[-1]


def told(look: Look) -> dict[str, Any]:
    return asdict(look)
