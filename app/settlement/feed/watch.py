"""Readers that wait for news of an institution: one look a moment for all of them, however many they are."""

import asyncio
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

from app import logs, metrics
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable, Overloaded

_log = logs.get(__name__)

_EVERY_SECONDS = 0.2
_READERS_MAX = 1_000

_HEADS = "SELECT institution, last_no FROM settlement.feed_heads WHERE institution = ANY ($1::text[])"


class FeedWatch:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: dict[str, dict[asyncio.Event, int]] = defaultdict(dict)
        self._readers = 0
        self._some_wait = asyncio.Event()
        self.is_closing = False

    def refuse_if_full(self) -> None:
        """Raises Overloaded."""
        if self._readers >= _READERS_MAX:
            raise Overloaded(f"{self._readers} readers of feeds are connected to this process.")

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Count a reader in."""
        self._count(1)
        try:
            yield
        finally:
            self._count(-1)

    def _count(self, change: int) -> None:
        self._readers += change
        metrics.FEED_READERS.set(self._readers)

    async def wait_beyond(self, institution: str, number: int, seconds_max: float) -> None:
        """Return when the institution has a later number, the time is over, or the process stops."""
        if self.is_closing:
            return
        woken = asyncio.Event()
        self._waiting[institution][woken] = number
        self._some_wait.set()
        try:
            async with asyncio.timeout(seconds_max):
                await woken.wait()
        except TimeoutError:
            pass
        finally:
            waiting = self._waiting[institution]
            del waiting[woken]
            if not waiting:
                del self._waiting[institution]

    def close(self) -> None:
        """Let go of all who wait, so that their answers end: a server that stops waits for every open one."""
        self.is_closing = True
        for waiting in self._waiting.values():
            for woken in waiting:
                woken.set()

    async def run(self) -> None:
        while True:
            await self._some_wait.wait()
            try:
                await self._wake()
            except DatabaseUnavailable as error:
                metrics.RETRIES.labels("feed_watch").inc()
                _log.warning("feed_watch_waits", error=type(error).__name__)
            if not self._waiting:
                self._some_wait.clear()
            await asyncio.sleep(_EVERY_SECONDS)

    async def _wake(self) -> None:
        async with transaction(self._pool) as connection:
            heads = await connection.fetch(_HEADS, list(self._waiting))
        for institution, last_no in heads:
            for woken, number in self._waiting.get(institution, {}).items():
                if last_no > number:
                    woken.set()
