"""Payments to Kafka at a set rate, whatever becomes of them, and the time at which each outcome is read."""

import asyncio
import time
from collections.abc import AsyncIterator, Coroutine, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from itertools import islice

from aiokafka import AIOKafkaConsumer
from app.embedded.process import Child
from app.errors import MedsettleError
from app.installation import Installation

from loadtests.bench.payments import Transaction, number_of
from loadtests.bench.topics import Due, Sender, decode_outcome, next_outcomes, outcomes_of, sender_to

_FAST_PER_SECOND = 2_000.0
_READ_PAUSE_SECONDS_MAX = 0.010

_SILENCE_SECONDS_MAX = 30.0


def tick_seconds(per_second: float) -> float:
    """Payments of one tick are due at one time, its end: what a client would wait for its batch before is not counted.

    The embedded broker pays for batches, not for records: a batch that someone waits for costs it about 0.2 ms of the
    two cores. So ticks are as seldom as the targets allow.
    """
    return 0.010 if per_second < _FAST_PER_SECOND else 0.040


class OpenLoop:
    """`sent` holds the time at which each payment was due, `answered` when its first outcome was read, once noted."""

    def __init__(self, sender: Sender, consumer: AIOKafkaConsumer, worker: Child) -> None:
        self.sent: dict[int, float] = {}
        self.answered: dict[int, float] = {}
        self.buckets: dict[int, int] = {}
        self.outcomes = 0
        self._read: list[tuple[float, list[bytes]]] = []
        self._records_read = 0
        self._sender = sender
        self._consumer = consumer
        self._worker = worker
        self._read_pause = 0.0
        self._due: list[Due] = []
        self._is_due = asyncio.Event()

    async def send(self, payments: Iterator[Transaction], per_second: float, seconds: float) -> None:
        """Send at this rate for so long. A tick that comes late still bears the time at which it was due."""
        tick = tick_seconds(per_second)
        self._read_pause = min(tick / 2, _READ_PAUSE_SECONDS_MAX)
        start, owed, ticks = time.time(), 0.0, 0
        while ticks * tick < seconds:
            ticks += 1
            at = start + ticks * tick
            owed += per_second * tick
            batch = list(islice(payments, int(owed)))
            owed -= len(batch)
            await asyncio.sleep(at - time.time())
            for payment in batch:
                self.sent[payment.number] = at
                self.buckets[payment.number] = payment.bucket
                self._due.append((at, payment))
            self._is_due.set()

    async def run_sender(self) -> None:
        """Hand over what is due as soon as what was handed over before is acknowledged."""
        while True:
            await self._is_due.wait()
            self._is_due.clear()
            due, self._due = self._due, []
            await self._sender.send_due(due)

    async def run_reader(self) -> None:
        """Keep what comes, and when; to look into it would take from the cores that the service is measured on."""
        while True:
            await asyncio.sleep(self._read_pause)
            records = await next_outcomes(self._consumer, timeout_ms=1_000)
            self._read.append((time.time(), [record.value or b"" for record in records]))
            self._records_read += len(records)

    def note_what_was_read(self) -> None:
        read, self._read = self._read, []
        for at, outcomes in read:
            for outcome in outcomes:
                number = number_of(decode_outcome(outcome).message_id)
                if number in self.sent:  # else a sweeper tells what an earlier measurement left
                    self.outcomes += 1
                    self.answered.setdefault(number, at)

    async def all_answered(self) -> None:
        """Outcomes are looked into once as many were read as payments were sent: those still to come would wait."""
        known, silent_at = -1, time.monotonic()
        while True:
            if self._records_read >= len(self.sent):
                self.note_what_was_read()
                if len(self.answered) == len(self.sent):
                    return
            if self._records_read > known:
                known, silent_at = self._records_read, time.monotonic()
            elif time.monotonic() - silent_at > _SILENCE_SECONDS_MAX:
                self.note_what_was_read()
                missing = len(self.sent) - len(self.answered)
                raise self.failure(f"{missing:,} of {len(self.sent):,} payments got no outcome")
            await asyncio.sleep(0.02)

    def failure(self, reason: str) -> MedsettleError:
        """An error with the end of the workers' log; its folder is removed with the benchmark."""
        return self._worker.failure(reason)


@asynccontextmanager
async def open_loop(ledger: Installation, worker: Child) -> AsyncIterator[OpenLoop]:
    """An open loop to workers of this ledger; any of them will do, they share a log."""
    async with AsyncExitStack() as stack:
        sender = await stack.enter_async_context(sender_to(ledger.settings))
        consumer = await stack.enter_async_context(outcomes_of(ledger.settings))
        loop = OpenLoop(sender, consumer, worker)
        await stack.enter_async_context(beside(loop.run_sender()))
        await stack.enter_async_context(beside(loop.run_reader()))
        yield loop


@asynccontextmanager
async def beside(work: Coroutine[None, None, None]) -> AsyncIterator[None]:
    """Run something for as long as the block lasts."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
