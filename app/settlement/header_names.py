"""Header names that are not UTF-8: brokers take them, and aiokafka does not get past them by itself.

Its parser raises out of `getmany`. What that call had taken from other partitions is lost then, though their positions
have moved on, and no seek leads past the record, as a batch is always parsed from its beginning. So the call goes on
here, with a slower and lenient parser, from the batch that failed to the end of what was fetched of the partition.
"""

from typing import Any

from aiokafka import ConsumerRecord
from aiokafka.consumer import fetcher
from aiokafka.consumer.fetcher import PartitionRecords
from aiokafka.record.default_records import _DefaultRecordBatchPy
from aiokafka.record.legacy_records import LegacyRecordBatch
from aiokafka.record.memory_records import MemoryRecords, _MemoryRecordsPy


class UnreadableRecord(ConsumerRecord[bytes, bytes]):  # type: ignore[misc]
    """A record with a header name that is not UTF-8. Its headers tell the bytes that no character has as `\\xff`."""


def take_any_header_name() -> None:
    """From now on `getmany` returns an UnreadableRecord where it raised UnicodeDecodeError."""
    fetcher.MemoryRecords = _Fetched
    fetcher.PartitionRecords = _PartitionRecords


class _Fetched:
    """What was fetched of one partition: aiokafka's own reader, and the bytes to read once more."""

    def __init__(self, data: bytes) -> None:
        records = MemoryRecords(data)
        self.data = data
        self.has_next = records.has_next
        self.next_batch = records.next_batch
        self.size_in_bytes = records.size_in_bytes


class _PartitionRecords(PartitionRecords):  # type: ignore[misc]
    _records: Any
    _records_iterator: Any

    def __next__(self) -> "ConsumerRecord[bytes, bytes]":
        try:
            return next(self._records_iterator)
        except UnicodeDecodeError:
            self._records = _LenientRecords(self._records.data, self.next_fetch_offset)
            self._records_iterator = map(_marked, self._unpack_records())
            return next(self._records_iterator)


def _marked(record: "ConsumerRecord[bytes, bytes]") -> "ConsumerRecord[bytes, bytes]":
    headers = tuple([(_escaped(name), value) for name, value in record.headers])
    return record if headers == record.headers else UnreadableRecord(**{**vars(record), "headers": headers})


def _escaped(name: str) -> str:
    return name.encode(errors="surrogateescape").decode(errors="backslashreplace")


class _LenientRecords(_MemoryRecordsPy):  # type: ignore[misc]
    """The batches that reach beyond an offset."""

    def __init__(self, data: bytes, offset: int) -> None:
        super().__init__(data)
        while self.has_next() and self._next().next_offset <= offset:
            self._cache_next()

    def next_batch(self) -> Any:
        batch = self._next()
        self._cache_next()
        return batch

    def _next(self) -> Any:
        magic = self._next_slice[self.MAGIC_OFFSET]
        return LegacyRecordBatch(self._next_slice, magic) if magic < 2 else _LenientBatch(self._next_slice)


class _LenientBatch(_DefaultRecordBatchPy):  # type: ignore[misc]
    _buffer: bytearray

    def _maybe_uncompress(self) -> None:
        super()._maybe_uncompress()
        self._buffer = _LenientBytes(self._buffer)


class _LenientBytes(bytearray):
    """Bytes whose slices can be decoded, whatever they are; aiokafka decodes no other slices than header names."""

    def __getitem__(self, index: Any) -> Any:
        found = super().__getitem__(index)
        return found if isinstance(found, int) else _LenientBytes(found)

    def decode(self, encoding: str = "utf-8", errors: str = "surrogateescape") -> str:
        return super().decode(encoding, errors)
