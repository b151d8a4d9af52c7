"""Gathers concurrent HTTP requests into one batch, so that each costs its share of a commit and not a whole one.

One batch is in flight; what arrives meanwhile waits and goes together next. So batches grow by themselves with the
load, and where nothing is under way a lone request waits for nothing. Callers who were answered together mostly ask
again together: a moment's patience with them makes one batch of what would go by turns as two halves.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import compress
from typing import NamedTuple

from app import metrics, tracing
from app.database import Pool
from app.errors import DatabaseUnavailable, Overloaded
from app.settlement.batch_spans import batch_from_http, tell_outcomes
from app.settlement.consumer import count_outcomes
from app.settlement.isolate import Refusal, settle_isolating
from app.settlement.messages import Message
from app.settlement.outbox import Outbox
from app.settlement.publisher import dispatch_answer
from app.settlement.records import Answer
from app.settlement.rules import RuleBook

# When so many requests or more were answered together, the next batch waits for as many again: for this share of the
# time that the last one took, and at most so long.
_CROWD = 4
_PATIENCE = 0.5
_PATIENCE_SECONDS_MAX = 0.015


class _Request(NamedTuple):
    messages: Sequence[Message]
    arrived_at: float
    span: str
    answered: "asyncio.Future[list[Answer | Refusal]]"


class GroupCommit:
    def __init__(self, pool: Pool, outbox: Outbox, *, rules: RuleBook, batch_max: int, waiting_max: int) -> None:
        self._pool = pool
        self._outbox = outbox
        self._rules = rules
        self._batch_max = batch_max
        self._waiting_max = waiting_max
        self._requests: deque[_Request] = deque()
        self._waiting = 0
        self._arrived = asyncio.Event()
        #: No more is waited for when so many requests are there, or so many messages.
        self._crowd = 0
        self._enough = min(batch_max, waiting_max)
        self._is_crowded = asyncio.Event()

    async def settle(self, messages: Sequence[Message]) -> list[Answer | Refusal]:
        """Answers in message order; they are durable.

        Raises Overloaded before a queue could grow without bound, and DatabaseUnavailable.
        """
        self.refuse_if_full()
        answered: asyncio.Future[list[Answer | Refusal]] = asyncio.get_running_loop().create_future()
        request = _Request(messages, time.perf_counter(), tracing.here(), answered)
        self._requests.append(request)
        self._count_waiting(len(messages))
        self._arrived.set()
        if len(self._requests) >= self._crowd or self._waiting >= self._enough:
            self._is_crowded.set()
        return await request.answered

    def refuse_if_full(self) -> None:
        """Raises Overloaded; asked before a body is read, so that what is refused costs no memory."""
        if self._waiting >= self._waiting_max:
            metrics.HTTP_OVERLOADED.inc()
            raise Overloaded(f"{self._waiting} transactions wait; the limit is {self._waiting_max}.")

    async def run(self) -> None:
        """The one loop that settles for all requests; cancel it when no request is left."""
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            while self._requests:
                group, started = self._take(), time.perf_counter()
                await self._settle_group(group)
                await self._wait_for_a_crowd(len(group), time.perf_counter() - started)

    async def _wait_for_a_crowd(self, answered: int, seconds: float) -> None:
        """answered: so many requests, in so many seconds."""
        if answered < _CROWD or self._waiting >= self._enough:
            return
        self._crowd = answered + len(self._requests)
        self._is_crowded.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(min(seconds * _PATIENCE, _PATIENCE_SECONDS_MAX)):
                await self._is_crowded.wait()

    def _take(self) -> list[_Request]:
        taken = [self._requests.popleft()]
        size = len(taken[0].messages)
        while self._requests and size + len(self._requests[0].messages) <= self._batch_max:
            taken.append(self._requests.popleft())
            size += len(taken[-1].messages)
        return taken

    async def _settle_group(self, group: list[_Request]) -> None:
        metrics.GROUP_COMMIT_WAIT.observe(time.perf_counter() - group[0].arrived_at)
        messages = [message for request in group for message in request.messages]
        metrics.INTAKE_HTTP.inc(len(messages))
        with batch_from_http(len(messages), (request.span for request in group)) as span:
            await self._settle_messages(group, messages, span)

    async def _settle_messages(self, group: list[_Request], messages: list[Message], span: tracing.Span) -> None:
        try:
            with metrics.SETTLE.time(), tracing.span("settle"):
                isolated = await settle_isolating(self._pool, messages, rules=self._rules)
        except DatabaseUnavailable as error:
            span.failed(type(error).__name__)
            for request in group:
                if not request.answered.cancelled():
                    request.answered.set_exception(error)
            return
        finally:
            self._count_waiting(-len(messages))
        metrics.BATCH_SIZE_HTTP.observe(len(messages))
        answers = iter(isolated.answers)
        for request in group:
            mine = [next(answers) for _ in request.messages]
            if not request.answered.cancelled():
                request.answered.set_result(mine)
        recorded = [answer for answer in isolated.answers if isinstance(answer, Answer)]
        dispatches = [dispatch_answer(answer) for answer in recorded]
        count_outcomes("http", dispatches)
        tell_outcomes(span, isolated.batch_ids, dispatches, dead_letters=0)
        is_new = [answer.is_new for answer in recorded]
        self._outbox.put(isolated.batch_ids, list(compress(dispatches, is_new)))

    def _count_waiting(self, change: int) -> None:
        self._waiting += change
        metrics.HTTP_WAITING.set(self._waiting)
