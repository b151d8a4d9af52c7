"""Outcomes to Kafka: whole batches a partition, acknowledged before anyone counts on them."""

import asyncio
import time
from collections.abc import Iterable, Sequence
from typing import NamedTuple

import msgspec
from aiokafka import AIOKafkaProducer

from app import metrics
from app.database import Pool, transaction
from app.settlement.records import Answer, Outcome, Recorded, outcome

_ENCODER = msgspec.json.Encoder()
_CE_HEADERS = [
    ("ce_specversion", b"1.0"),
    ("ce_type", b"cn.medsettle.settlement.outcome.v1"),
    ("ce_source", b"/medsettle"),
    ("content-type", b"application/json"),
]


class Dispatch(NamedTuple):
    """An outcome on its way to Kafka: the record's parts, the person's bucket, and as what it is counted.

    counted: kind, status, code. source: the place of the record that it answers, if any.
    """

    key: bytes | None
    value: bytes
    event_id: str
    bucket: int
    counted: tuple[str, str, str]
    source: str | None = None


def dispatch_answer(answer: Answer, source: str | None = None) -> Dispatch:
    if answer.conflict is not None:
        return dispatch_rejection(answer.conflict, answer.bucket, source)
    return dispatch_recorded(answer, source, replayed=not answer.is_new)


def dispatch_recorded(recorded: Recorded, source: str | None = None, *, replayed: bool = False) -> Dispatch:
    """The stored outcome; it and every replay bear the settlement's id, so that readers may drop what they have."""
    row = recorded.row
    told = outcome(row, recorded.settled_at, replayed=replayed)
    counted = (row.kind, "replayed" if replayed else row.status, row.code)
    return Dispatch(row.person_no.encode(), encode(told), told.settlement_id or "", row.bucket, counted, source)


def dispatch_rejection(told: Outcome, bucket: int, source: str | None) -> Dispatch:
    """A rejection or conflict is an answer to one sending, and is known by the place of that."""
    key = told.person_no.encode() if told.person_no is not None else None
    event_id = f"{told.institution}/{told.message_id}/{source}"
    counted = (told.kind or "none", told.status, told.code)
    return Dispatch(key, encode(told), event_id, bucket, counted, source)


def encode(told: Outcome) -> bytes:
    """The outcome as JSON, the same bytes for the topic and for HTTP."""
    return _ENCODER.encode(told)


class Publisher:
    """Publishes outcomes keyed by person; the partition follows from the person's bucket."""

    def __init__(self, producer: AIOKafkaProducer, topic: str) -> None:
        self._producer = producer
        self._topic = topic

    async def publish(self, dispatches: Iterable[Dispatch]) -> None:
        """Publish in order for each person; returns when all are acknowledged.

        Raises KafkaError when the brokers do not take them; publishing all of them again is harmless.
        """
        partitions = len(await self._producer.partitions_for(self._topic))
        by_partition: dict[int, list[Dispatch]] = {}
        for dispatch in dispatches:
            by_partition.setdefault(dispatch.bucket % partitions, []).append(dispatch)
        sent: list[asyncio.Future[object]] = []
        for partition, batch in by_partition.items():
            sent.extend(await self._send(partition, batch))
        await asyncio.gather(*sent)

    async def _send(self, partition: int, dispatches: Sequence[Dispatch]) -> list[asyncio.Future[object]]:
        sent = []
        timestamp = int(time.time() * 1_000)  # the producer would ask the clock for each record
        builder = self._producer.create_batch()
        for key, value, event_id, _, _, source in dispatches:
            headers = [("ce_id", event_id.encode()), *_CE_HEADERS]
            if source is not None:
                headers.append(("medsettle_source", source.encode()))
            if builder.append(timestamp=timestamp, key=key, value=value, headers=headers) is None:
                sent.append(await self._producer.send_batch(builder, self._topic, partition=partition))
                builder = self._producer.create_batch()
                builder.append(timestamp=timestamp, key=key, value=value, headers=headers)
        sent.append(await self._producer.send_batch(builder, self._topic, partition=partition))
        return sent


class PublicationMarks:
    """Remembers which journal batches are published and writes it down a few times a second.

    A mark lost in a crash only makes the sweeper publish that batch once more.
    """

    _FLUSH_SECONDS = 0.2

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._waiting: list[int] = []

    def add(self, batch_ids: Iterable[int]) -> None:
        self._waiting.extend(batch_ids)

    async def run(self) -> None:
        while True:
            await asyncio.sleep(self._FLUSH_SECONDS)
            await self.flush()

    async def flush(self) -> None:
        if not self._waiting:
            return
        marked, self._waiting = self._waiting, []
        try:
            async with transaction(self._pool) as connection:
                await connection.execute("SET LOCAL synchronous_commit = off")
                await connection.execute(
                    "UPDATE ledger.batches SET published_at = clock_timestamp() WHERE batch_id = ANY ($1::bigint[])",
                    marked,
                )
        except Exception:  # noqa: BLE001 - unmarked is safe, the sweeper publishes these batches again
            metrics.RETRIES.labels("publication_marks").inc()
