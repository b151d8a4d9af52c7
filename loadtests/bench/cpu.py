"""Who uses the processor: CPU seconds of groups of processes, sampled beside a measurement."""

import asyncio
import math
import os
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from typing import NamedTuple

import psutil

from loadtests.bench.site import Site

#: What is none of ours: the kernel's own work, and programs that have no business beside a benchmark.
OTHERS = "others"

_EVERY_SECONDS = 1.0


class Sample(NamedTuple):
    at: float  # seconds since 1970
    used: Mapping[str, float]


class CpuMeter:
    """Samples processes by name; each counts with the children that it has and had."""

    def __init__(self, pids: Mapping[str, int]) -> None:
        self._processes = {name: psutil.Process(pid) for name, pid in pids.items()}
        self.samples: list[Sample] = []

    def sample(self) -> None:
        used = {name: _used(root) for name, root in self._processes.items()}
        self.samples.append(Sample(time.time(), {**used, OTHERS: _used_in_all() - sum(used.values())}))

    def cores(self, start: float = 0.0, end: float = math.inf) -> dict[str, float]:
        """Processors in use on average between two times; 1.0 is one core all the time."""
        inside = [sample for sample in self.samples if start <= sample.at <= end]
        if len(inside) < 2:
            inside = self.samples
        first, last = inside[0], inside[-1]
        seconds = max(last.at - first.at, 0.001)
        return {name: round((last.used[name] - first.used[name]) / seconds, 2) for name in first.used}


@asynccontextmanager
async def metered(site: Site, **pids: int) -> AsyncIterator[CpuMeter]:
    """Meter these processes, the servers and this one for as long as the block lasts."""
    named = {name.replace("_", " "): pid for name, pid in pids.items()}
    meter = CpuMeter({**named, "postgres": site.postgres.pid, "broker": site.stack.broker.pid, "bench": os.getpid()})
    meter.sample()
    task = asyncio.create_task(_sampling(meter))
    try:
        yield meter
    finally:
        task.cancel()
        meter.sample()


async def _sampling(meter: CpuMeter) -> None:
    while True:
        await asyncio.sleep(_EVERY_SECONDS)
        meter.sample()


def _used_in_all() -> float:
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait)


def _used(root: psutil.Process) -> float:
    if root.pid == os.getpid():
        times = root.cpu_times()
        return times.user + times.system
    used = 0.0
    with suppress(psutil.NoSuchProcess):
        times = root.cpu_times()
        used = times.user + times.system + times.children_user + times.children_system
        for child in root.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                times = child.cpu_times()
                used += times.user + times.system
    return used


def text_of(cores: Mapping[str, float]) -> str:
    return ", ".join(f"{name} {used:.2f}" for name, used in cores.items())
