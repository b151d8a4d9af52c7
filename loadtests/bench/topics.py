"""Sends payments to the input topic and reads outcomes back, as hospitals' systems would."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRecord, TopicPartition
from app.config import Settings

from loadtests.bench.payments import Transaction

_FETCH_BYTES_MAX = 4 * 1024 * 1024
_BATCH_BYTES_MAX = 512 * 1024


#: When a payment was to be sent, in seconds since 1970, and the payment.
Due = tuple[float, Transaction]


class Seen(msgspec.Struct, gc=False):
    """What is looked at of an outcome."""

    message_id: str
    kind: str | None
    status: str
    replayed: bool


decode_outcome = msgspec.json.Decoder(Seen).decode


class Sender:
    """Whole batches to each person's partition."""

    def __init__(self, settings: Settings, producer: AIOKafkaProducer) -> None:
        self._producer = producer
        self._topic = settings.topic_transactions
        self._partitions = settings.topic_partitions

    async def send(self, payments: Iterable[Transaction]) -> None:
        """Send payments with the present time; returns when all are acknowledged."""
        now = time.time()
        await self.send_due([(now, payment) for payment in payments])

    async def send_due(self, payments: Iterable[Due]) -> None:
        """Send payments with the times at which they were due."""
        by_partition: dict[int, list[Due]] = {}
        for due in payments:
            by_partition.setdefault(due[1].bucket % self._partitions, []).append(due)
        acknowledged: list[asyncio.Future[object]] = []
        for partition, batch in by_partition.items():
            acknowledged += await self._send(partition, batch)
        await asyncio.gather(*acknowledged)

    async def _send(self, partition: int, payments: Sequence[Due]) -> list[asyncio.Future[object]]:
        sent = []
        builder = self._producer.create_batch()
        for at, payment in payments:
            key, timestamp = payment.person_no.encode(), int(at * 1_000)
            if builder.append(key=key, value=payment.value, timestamp=timestamp) is None:
                sent.append(await self._producer.send_batch(builder, self._topic, partition=partition))
                builder = self._producer.create_batch()
                builder.append(key=key, value=payment.value, timestamp=timestamp)
        sent.append(await self._producer.send_batch(builder, self._topic, partition=partition))
        return sent


@asynccontextmanager
async def sender_to(settings: Settings) -> AsyncIterator[Sender]:
    producer = AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=settings.kafka_idempotent_producer,
        compression_type=None if settings.kafka_compression == "none" else settings.kafka_compression,
        max_batch_size=_BATCH_BYTES_MAX,
        max_request_size=_FETCH_BYTES_MAX,
        linger_ms=0,
    )
    async with producer:
        yield Sender(settings, producer)


@asynccontextmanager
async def outcomes_of(settings: Settings) -> AsyncIterator[AIOKafkaConsumer]:
    """A consumer of all partitions of the outcome topic, from their beginning and outside of any group."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=None,
        enable_auto_commit=False,
        auto_offset_reset="earliest",
        fetch_max_wait_ms=20,
        max_partition_fetch_bytes=_FETCH_BYTES_MAX,
    )
    async with consumer:
        partitions = [TopicPartition(settings.topic_outcomes, number) for number in range(settings.topic_partitions)]
        consumer.assign(partitions)
        yield consumer


async def next_outcomes(consumer: AIOKafkaConsumer, timeout_ms: int) -> list["ConsumerRecord[bytes, bytes]"]:
    polled = await consumer.getmany(timeout_ms=timeout_ms)
    return [record for records in polled.values() for record in records]
