"""Gathers concurrent HTTP requests into one group, so that each costs its share of a commit and not a whole one.

One group is in flight; what arrives meanwhile waits and goes together next. So groups grow by themselves with the
load, and where nothing is under way a lone request waits for nothing, unless a crowd was just answered. Callers who
were answered together mostly ask again together: a moment's patience with them makes one group of what would go by
turns as two halves.
"""

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from itertools import islice
from typing import NamedTuple

from app import metrics, tracing
from app.database import Pool
from app.errors import DatabaseUnavailable, Overloaded
from app.settlement.batch_spans import batch_from_http, tell_outcomes
from app.settlement.consumer import count_outcomes
from app.settlement.isolate import Refusal
from app.settlement.messages import Message
from app.settlement.outbox import Outbox
from app.settlement.publisher import Dispatch, dispatch_answer
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.settlement.shares import settle_in_shares

# When so many requests or more were answered together, the next group waits for as many again: for this share of the
# time that the last one took, and at most so long.
_CROWD = 4
_PATIENCE = 0.5
_PATIENCE_SECONDS_MAX = 0.1


class Reply(NamedTuple):
    """The answer to one message, and its outcome as it goes to the topic."""

    answer: Answer
    dispatch: Dispatch

    @property
    def body(self) -> bytes:
        """The outcome as JSON."""
        return self.dispatch.value


class _Request(NamedTuple):
    messages: Sequence[Message]
    arrived_at: float
    span: str
    answered: "asyncio.Future[list[Reply | Refusal]]"


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

    async def settle(self, messages: Sequence[Message]) -> list[Reply | Refusal]:
        """Replies in message order; what they tell is durable.

        Raises Overloaded before a queue could grow without bound, and DatabaseUnavailable.
        """
        self.refuse_if_full()
        answered: asyncio.Future[list[Reply | Refusal]] = asyncio.get_running_loop().create_future()
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
            shared = await settle_in_shares(self._pool, messages, rules=self._rules)
        finally:
            self._count_waiting(-len(messages))
        results = [Reply(each, dispatch_answer(each)) if isinstance(each, Answer) else each for each in shared.results]
        of_requests = iter(results)
        for request in group:
            _answer(request, list(islice(of_requests, len(request.messages))))
        if any(isinstance(each, DatabaseUnavailable) for each in results):
            span.failed(DatabaseUnavailable.__name__)
        replies = [each for each in results if isinstance(each, Reply)]
        count_outcomes("http", [reply.dispatch for reply in replies])
        tell_outcomes(span, shared.batch_ids, [reply.dispatch for reply in replies], dead_letters=0)
        self._outbox.put(shared.batch_ids, [reply.dispatch for reply in replies if reply.answer.is_new])

    def _count_waiting(self, change: int) -> None:
        self._waiting += change
        metrics.HTTP_WAITING.set(self._waiting)


def _answer(request: _Request, results: Sequence[Reply | Refusal | DatabaseUnavailable]) -> None:
    """A request of which a part may or may not be settled is told so as a whole: sent again, it is replayed."""
    if request.answered.cancelled():
        return
    told: list[Reply | Refusal] = []
    for result in results:
        if isinstance(result, DatabaseUnavailable):
            request.answered.set_exception(result)
            return
        told.append(result)
    request.answered.set_result(told)
