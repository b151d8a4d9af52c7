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
    """Write each with its key, value, headers and timestamp unchanged; returns when all are acknowledged."""
    sent = [
        await producer.send(
            topic,
            key=letter.record.key,
            value=_value(letter.record),
            timestamp_ms=letter.record.timestamp,
            headers=_headers(letter),
        )
        for letter in letters
    ]
    for letter, acknowledged in zip(letters, sent, strict=True):
        await acknowledged
        metrics.DEAD_LETTERS.labels(letter.code).inc()


# Brokers take a megabyte a message unless told otherwise, and the headers need room.
_VALUE_BYTES_MAX = 900 * 1024


def _value(record: "ConsumerRecord[bytes, bytes]") -> bytes:
    """The bytes as they came, or their beginning where no broker would take them back with our headers."""
    return (record.value or b"")[:_VALUE_BYTES_MAX]  # a record without key and value can be read but not written


def _headers(letter: DeadLetter) -> list[tuple[str, bytes]]:
    record = letter.record
    return [
        *record.headers,
        ("medsettle_code", letter.code.encode()),
        ("medsettle_detail", letter.detail.encode()),
        ("medsettle_topic", record.topic.encode()),
        ("medsettle_partition", str(record.partition).encode()),
        ("medsettle_offset", str(record.offset).encode()),
        ("medsettle_value_bytes", str(len(record.value or b"")).encode()),
        ("medsettle_failed_at_ms", str(time.time_ns() // 1_000_000).encode()),
    ]
