"""Outcomes of HTTP-born transactions on their way to Kafka, behind the replies.

The database knows which batches are unpublished, so this queue may be short, may be lost, and may find Kafka away:
what it does not manage the sweeper does.
"""

import asyncio
from typing import NamedTuple

from aiokafka.errors import KafkaError

from app import logs, metrics, tracing
from app.settlement.batch_spans import publication
from app.settlement.publisher import Dispatch, PublicationMarks, Publisher

_log = logs.get(__name__)

_OUTCOMES_MAX = 20_000


class _Published(NamedTuple):
    batch_ids: list[int]
    dispatches: list[Dispatch]
    span: str


class Outbox:
    def __init__(self, publisher: Publisher, marks: PublicationMarks) -> None:
        self._publisher = publisher
        self._marks = marks
        self._queue: asyncio.Queue[_Published] = asyncio.Queue()
        self._waiting = 0

    def put(self, batch_ids: list[int], dispatches: list[Dispatch]) -> None:
        if batch_ids and self._waiting < _OUTCOMES_MAX:
            self._waiting += len(dispatches)
            self._queue.put_nowait(_Published(batch_ids, dispatches, tracing.here()))

    async def run(self) -> None:
        while True:
            await self._publish(await self._queue.get())

    async def drain(self) -> None:
        while not self._queue.empty():
            await self._publish(self._queue.get_nowait())

    async def _publish(self, batch: _Published) -> None:
        self._waiting -= len(batch.dispatches)
        try:
            with metrics.PUBLISH.time(), publication(len(batch.dispatches), batch.span):
                await self._publisher.publish(batch.dispatches)
        except KafkaError as error:
            metrics.RETRIES.labels("kafka").inc()
            _log.warning("publish_left_to_sweeper", error=type(error).__name__)
        else:
            self._marks.add(batch.batch_ids)
