"""For how long each partition has not got on though messages wait in it: a wedged one shows, and by its number."""

import time
from collections.abc import Collection, Mapping
from contextlib import suppress
from typing import NamedTuple

from aiokafka import TopicPartition

from app import metrics


class Standing(NamedTuple):
    """Of one partition. done_at: seconds since 1970 at which something of it was last finished here, 0 if never."""

    lag: int
    stalled_seconds: float
    done_at: float


class Stalls:
    """Of the assigned partitions: up to where all is done, and since when something waits behind that."""

    def __init__(self) -> None:
        self._done: dict[TopicPartition, int] = {}
        self._since: dict[TopicPartition, float] = {}
        self._done_at: dict[TopicPartition, float] = {}
        #: As last measured, by the number of the partition.
        self.standings: dict[int, Standing] = {}

    def taken(self, firsts: Mapping[TopicPartition, int]) -> None:
        """Records from these offsets on are in hand."""
        for partition, first in firsts.items():
            self._done.setdefault(partition, first)

    def finished(self, offsets: Mapping[TopicPartition, int]) -> None:
        """All before these offsets is settled and told."""
        for partition, offset in offsets.items():
            self._done[partition] = offset
            self._done_at[partition] = time.time()
            self._since.pop(partition, None)

    def lost(self, partitions: Collection[TopicPartition]) -> None:
        for partition in partitions:
            self._done.pop(partition, None)
            self._since.pop(partition, None)
            self._done_at.pop(partition, None)
            self.standings.pop(partition.partition, None)
            with suppress(KeyError):  # never measured
                metrics.STALLED.remove(partition.partition)

    def measure(self, places: Mapping[TopicPartition, tuple[int, int]]) -> None:
        """`places`: the log's end, and the offset that is read next, of each assigned partition."""
        now = time.monotonic()
        for partition, (end, position) in places.items():
            waits = end > self._done.get(partition, position)
            if not waits:
                self._since.pop(partition, None)
            stalled = now - self._since.setdefault(partition, now) if waits else 0.0
            metrics.STALLED.labels(partition.partition).set(stalled)
            lag, done_at = max(0, end - self._done.get(partition, position)), self._done_at.get(partition, 0.0)
            self.standings[partition.partition] = Standing(lag, stalled, done_at)
