"""Progress of long work: a bar on a terminal, a plain line now and then in a log."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol, TextIO

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars

_LINE_EVERY_SECONDS = 5.0


class Progress(Protocol):
    """Told after each piece of work how much of a stage is done; a stage begins with its first call."""

    def __call__(self, stage: str, done: int, total: int) -> None: ...


def unseen(stage: str, done: int, total: int) -> None:
    """For callers that show nothing."""


@contextmanager
def shown(stream: TextIO | None = None) -> Iterator[Progress]:
    """Show progress on a stream, standard error by default, for as long as the block lasts."""
    stream = stream or sys.stderr
    if not stream.isatty():
        yield _Lines(stream)
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(file=stream)) as bars:
        yield _Bars(bars)


class _Bars:
    def __init__(self, bars: Bars) -> None:
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage not in self._tasks:
            self._tasks[stage] = self._bars.add_task(stage)
        self._bars.update(self._tasks[stage], completed=done, total=total)


class _Lines:
    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self._silent_until = 0.0

    def __call__(self, stage: str, done: int, total: int) -> None:
        now = time.monotonic()
        if now < self._silent_until and done < total:
            return
        self._silent_until = now + _LINE_EVERY_SECONDS
        print(f"{stage}: {done:,} of {total:,}", file=self._stream, flush=True)
