"""Dead letters: what no one can be answered about, kept with its bytes, headers, place and code.

A dead letter is written before the offset behind it is committed; if Kafka does not take it, the message waits.
"""

import time
from typing import NamedTuple

from aiokafka import AIOKafkaProducer, ConsumerRecord

from app import metrics
from app.codes import Code


class DeadLetter(NamedTuple):
    record: "ConsumerRecord[bytes, bytes]"
    code: Code
    detail: str


async def write_dead_letters(producer: AIOKafkaProducer, topic: str, letters: list[DeadLetter]) -> None:
    """Write each with its key, value, headers and timestamp unchanged; returns when all are acknowledged.

    Of what no broker would take back with our headers the beginning is written.
    """
    sent = [
        await producer.send(
            topic,
            key=letter.record.key and letter.record.key[:_KEY_BYTES_MAX],
            value=_value(letter.record),
            timestamp_ms=letter.record.timestamp,
            headers=_headers(letter),
        )
        for letter in letters
    ]
    for letter, acknowledged in zip(letters, sent, strict=True):
        await acknowledged
        metrics.DEAD_LETTERS.labels(letter.code).inc()


# Brokers take a megabyte a message unless told otherwise. More than that comes in compressed.
_VALUE_BYTES_MAX = 900 * 1024
_KEY_BYTES_MAX = 32 * 1024
_HEADERS_BYTES_MAX = 64 * 1024
_HEADER_OVERHEAD_BYTES = 10


def _value(record: "ConsumerRecord[bytes, bytes]") -> bytes:
    return (record.value or b"")[:_VALUE_BYTES_MAX]  # a record without key and value can be read but not written


def _headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    record = letter.record
    return [
        *_first_headers(record),
        ("medsettle_code", letter.code.encode()),
        ("medsettle_detail", letter.detail.encode()),
        ("medsettle_topic", record.topic.encode()),
        ("medsettle_partition", str(record.partition).encode()),
        ("medsettle_offset", str(record.offset).encode()),
        ("medsettle_value_bytes", str(len(record.value or b"")).encode()),
        ("medsettle_failed_at_ms", str(time.time_ns() // 1_000_000).encode()),
    ]


def _first_headers(record: "ConsumerRecord[bytes, bytes]") -> list[tuple[str, bytes]]:
    """As many as have room, and how many are left out, if any."""
    room = _HEADERS_BYTES_MAX
    for index, (name, value) in enumerate(record.headers):
        room -= len(name.encode()) + len(value or b"") + _HEADER_OVERHEAD_BYTES
        if room < 0:
            left_out = len(record.headers) - index
            return [*record.headers[:index], ("medsettle_headers_left_out", str(left_out).encode())]
    return [*record.headers]
