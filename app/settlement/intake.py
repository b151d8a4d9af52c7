"""What a worker takes into one batch: all that waits, up to a bound that is doubled while it is far behind.

The client holds what it fetched of a partition, and fetches that partition again only once all of it is taken. What
came while a batch was settled is therefore asked for behind what is held, or it would wait for one batch more.
"""

from typing import TypeAlias

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

Record: TypeAlias = ConsumerRecord[bytes, bytes]
Polled: TypeAlias = dict[TopicPartition, list[Record]]

# So long a batch waits at most for what came meanwhile; a broker on the same network answers sooner.
_MORE_MS = 10
# With so many whole batches waiting latency is lost anyway, and a message costs less in a larger batch.
_FAR_BEHIND_BATCHES = 2


class Intake:
    def __init__(self, consumer: AIOKafkaConsumer, batch_max: int) -> None:
        self._consumer = consumer
        self._batch_max = batch_max
        self._is_far_behind = False

    async def held(self) -> Polled:
        """What the client has fetched."""
        return await self._take(0, self._bound)

    async def next(self, wait_ms: int) -> Polled:
        """The next records, waiting for the first of them; nothing where none comes."""
        return await self._take(wait_ms, self._bound)

    async def add_what_came_meanwhile(self, polled: Polled) -> None:
        """Add to `polled`, within the bound, what the broker has behind it."""
        left = self._bound - sum(map(len, polled.values()))
        if left > 0:
            more = await self._take(_MORE_MS, left)
            for partition, records in more.items():
                polled.setdefault(partition, []).extend(records)

    @property
    def _bound(self) -> int:
        return 2 * self._batch_max if self._is_far_behind else self._batch_max

    async def _take(self, wait_ms: int, most: int) -> Polled:
        polled: Polled = await self._consumer.getmany(timeout_ms=wait_ms, max_records=most)
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
