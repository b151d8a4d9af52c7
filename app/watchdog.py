"""Ends a worker that owns partitions with messages waiting and gets nowhere; its supervisor starts a new one.

It runs in a thread of its own, so that a blocked event loop is seen too.
"""

import faulthandler
import sys
import threading
import time
from collections.abc import Callable

from app import logs

_log = logs.get(__name__)

#: Exit code of a worker that the watchdog ended.
EXIT_STUCK = 70


class Watchdog:
    def __init__(self, seconds: float, on_stuck: Callable[[], None]) -> None:
        self._seconds = seconds
        self._on_stuck = on_stuck
        self._progress_at = time.monotonic()
        self._behind = False
        self._stopped = threading.Event()
        self._thread = threading.Thread(target=self._watch, name="watchdog", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopped.set()

    def progress(self) -> None:
        """A batch was finished, or it is known why none can be: Postgres or Kafka is away."""
        self._progress_at = time.monotonic()

    def lag(self, messages: int) -> None:
        """Messages that wait in the assigned partitions. None waiting counts as progress."""
        self._behind = messages > 0
        if not self._behind:
            self.progress()

    def _watch(self) -> None:
        while not self._stopped.wait(min(1.0, self._seconds / 4)):
            idle = time.monotonic() - self._progress_at
            if self._behind and idle > self._seconds:
                _log.critical("worker_stuck", idle_seconds=round(idle))
                logs.flush()
                faulthandler.dump_traceback(file=sys.__stderr__ or sys.stderr)
                self._on_stuck()
                return
