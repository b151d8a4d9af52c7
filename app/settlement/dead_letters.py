"""Dead letters on their topic: what no one can be answered about, with its bytes, headers, place and code.

A dead letter is written before the offset behind it is committed; if Kafka does not take it, the message waits. What
operators see and do stands in `app.settlement.dead_letter_register` and `dead_letter_desk`.
"""

import asyncio
import time
from typing import NamedTuple, Self

from aiokafka import AIOKafkaProducer, ConsumerRecord

from app import metrics
from app.codes import Code

#: Header of a record that an operator sent again: the number of its dead letter.
REPLAY_OF = "medsettle_replay_of"


class DeadLetter(NamedTuple):
    record: "ConsumerRecord[bytes, bytes]"
    code: Code
    detail: str


# Brokers take a megabyte a message unless told otherwise. More than that comes in compressed.
_VALUE_BYTES_MAX = 900 * 1024
_KEY_BYTES_MAX = 32 * 1024
_HEADERS_BYTES_MAX = 64 * 1024
_HEADER_OVERHEAD_BYTES = 10


class Kept(NamedTuple):
    """What is kept of a record: as much as a broker would take back with our headers."""

    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]
    is_whole: bool

    @classmethod
    def of(cls, record: "ConsumerRecord[bytes, bytes]") -> Self:
        key = record.key and record.key[:_KEY_BYTES_MAX]
        value = record.value and record.value[:_VALUE_BYTES_MAX]
        headers = _first_headers(record)
        is_whole = (key, value, len(headers)) == (record.key, record.value, len(record.headers))
        return cls(key, value, headers, is_whole)


async def write_dead_letters(producer: AIOKafkaProducer, topic: str, letters: list[DeadLetter]) -> None:
    """Write each with its key, value, headers and timestamp unchanged; returns when all are acknowledged.

    Of what no broker would take back with our headers the beginning is written.
    """
    sent = [await _send(producer, topic, letter) for letter in letters]
    for letter, acknowledged in zip(letters, sent, strict=True):
        await acknowledged
        metrics.DEAD_LETTERS.labels(letter.code).inc()


async def _send(producer: AIOKafkaProducer, topic: str, letter: DeadLetter) -> "asyncio.Future[object]":
    record, kept = letter.record, Kept.of(letter.record)
    future: asyncio.Future[object] = await producer.send(
        topic,
        key=kept.key,
        value=kept.value or b"",  # a record without key and value can be read but not written
        timestamp_ms=record.timestamp,
        headers=[*kept.headers, *_left_out(record, kept), *_told(letter)],
    )
    return future


def _told(letter: DeadLetter) -> list[tuple[str, bytes]]:
    record = letter.record
    return [
        ("medsettle_code", letter.code.encode()),
        ("medsettle_detail", letter.detail.encode()),
        ("medsettle_topic", record.topic.encode()),
        ("medsettle_partition", str(record.partition).encode()),
        ("medsettle_offset", str(record.offset).encode()),
        ("medsettle_value_bytes", str(len(record.value or b"")).encode()),
        ("medsettle_failed_at_ms", str(time.time_ns() // 1_000_000).encode()),
    ]


def _first_headers(record: "ConsumerRecord[bytes, bytes]") -> list[tuple[str, bytes | None]]:
    """As many as have room."""
    room = _HEADERS_BYTES_MAX
    for index, (name, value) in enumerate(record.headers):
        room -= len(name.encode()) + len(value or b"") + _HEADER_OVERHEAD_BYTES
        if room < 0:
            return [*record.headers[:index]]
    return [*record.headers]


def _left_out(record: "ConsumerRecord[bytes, bytes]", kept: Kept) -> list[tuple[str, bytes]]:
    """How many headers are, if any."""
    count = len(record.headers) - len(kept.headers)
    return [("medsettle_headers_left_out", str(count).encode())] if count else []
