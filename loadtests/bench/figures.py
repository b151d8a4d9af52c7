"""Percentiles of measured times."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Latency:
    """Milliseconds from when something was meant to be sent to when its answer was read."""

    count: int
    p50_ms: float
    p99_ms: float
    p999_ms: float
    max_ms: float


def latency_of(seconds: Sequence[float]) -> Latency:
    if not seconds:
        raise ValueError("nothing was measured")
    ordered = sorted(seconds)

    def at(share: float) -> float:
        return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1_000, 1)

    return Latency(len(ordered), at(0.5), at(0.99), at(0.999), at(1.0))
