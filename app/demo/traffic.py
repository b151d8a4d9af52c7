"""Sends a made day to Kafka at a steady pace, and tells how much of it is answered."""

import asyncio
import time
from collections.abc import Sequence

from aiokafka import AIOKafkaConsumer, TopicPartition

from app.config import Settings
from app.demo.day import DayMessage
from app.kafka import access, make_producer

_SLICE_SECONDS = 0.05


async def produce(settings: Settings, messages: Sequence[DayMessage], *, per_second: int) -> None:
    """Produce in order, keyed by person; returns when the broker has acknowledged all."""
    producer = make_producer(settings)
    async with producer:
        size = max(1, int(per_second * _SLICE_SECONDS))
        started = time.monotonic()
        sent: list[asyncio.Future[object]] = []
        for first in range(0, len(messages), size):
            sent += [
                await producer.send(settings.topic_transactions, message.value, key=message.key)
                for message in messages[first : first + size]
            ]
            await asyncio.sleep(max(0.0, started + (first + size) / per_second - time.monotonic()))
        await asyncio.gather(*sent)


class Watch:
    """Counts what the workers have committed: behind it every message is settled and its outcome acknowledged."""

    def __init__(self, settings: Settings) -> None:
        self._consumer = AIOKafkaConsumer(
            bootstrap_servers=settings.kafka_bootstrap_servers,
            group_id=settings.consumer_group,
            enable_auto_commit=False,
            **access(settings),
        )
        self._partitions = [
            TopicPartition(settings.topic_transactions, number) for number in range(settings.topic_partitions)
        ]

    async def __aenter__(self) -> "Watch":
        await self._consumer.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._consumer.stop()

    async def answered(self) -> int:
        committed = [await self._consumer.committed(partition) for partition in self._partitions]
        return sum(offset or 0 for offset in committed)
