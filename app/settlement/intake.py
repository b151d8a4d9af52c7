"""What a worker takes into one batch: all that waits, up to a bound that is doubled while it is far behind.

The client holds what it fetched of a partition, and fetches that partition again only once all of it is taken. What
came while a batch was settled is therefore asked for behind what is held, or it would wait for one batch more.
"""

import time
from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Record: TypeAlias = ConsumerRecord[bytes, bytes]
Polled: TypeAlias = dict[TopicPartition, list[Record]]

# What came meanwhile is waited for so much of the time since the broker was last asked, which is the last batch's own,
# and at most so long. A broker on the same network mostly answers sooner; the busier the machine, the later.
_PATIENCE = 0.5
_PATIENCE_MS_MAX = 40
# With so many whole batches waiting latency is lost anyway, and a message costs less in a larger batch.
_FAR_BEHIND_BATCHES = 2


class Intake:
    def __init__(self, consumer: AIOKafkaConsumer, batch_max: int) -> None:
        self._consumer = consumer
        self._batch_max = batch_max
        self._is_far_behind = False
        self._asked_at = time.monotonic()
        self._patience_ms = 0

    async def held(self) -> Polled:
        """What the client has fetched."""
        since_ms = 1_000 * (time.monotonic() - self._asked_at)
        self._patience_ms = int(min(since_ms * _PATIENCE, _PATIENCE_MS_MAX))
        return await self._take(0, self._bound)

    async def next(self, wait_ms: int) -> Polled:
        """The next records, waiting for the first of them; nothing where none comes."""
        return await self._take(wait_ms, self._bound)

    async def add_what_came_meanwhile(self, polled: Polled) -> None:
        """Add to what was held, within the bound, what the broker has behind it, waiting for that a moment."""
        left = self._bound - sum(map(len, polled.values()))
        if left > 0:
            more = await self._take(self._patience_ms, left)
            for partition, records in more.items():
                polled.setdefault(partition, []).extend(records)

    @property
    def _bound(self) -> int:
        return 2 * self._batch_max if self._is_far_behind else self._batch_max

    async def _take(self, wait_ms: int, most: int) -> Polled:
        polled: Polled = await self._consumer.getmany(timeout_ms=wait_ms, max_records=most)
        self._asked_at = time.monotonic()
        if polled:
            self._is_far_behind = self._waiting(polled) > _FAR_BEHIND_BATCHES * self._batch_max
        return polled

    def _waiting(self, polled: Polled) -> int:
        assigned = self._consumer.assignment()
        return sum(
            [
                (self._consumer.highwater(partition) or 0) - records[-1].offset - 1
                for partition, records in polled.items()
                if partition in assigned
            ]
        )
