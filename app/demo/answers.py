"""Reads the outcome and dead letter topics back, as a hospital's system would, and counts what each message got."""

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition

from app.config import Settings
from app.kafka import access

# An answer is taken as missing when the topic has been silent for so many polls.
_SILENT_POLLS_MAX = 5


@dataclass(slots=True)
class Answers:
    """By place (`partition/offset`) of the message that was answered; a crash can answer one twice, alike."""

    outcomes: dict[str, dict[str, Any]] = field(default_factory=dict)
    recorded: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    dead_letters: dict[str, str] = field(default_factory=dict)
    latencies_ms: list[int] = field(default_factory=list)
    disagreeing: list[tuple[str, str]] = field(default_factory=list)
    told_more_than_once: int = 0

    def counts(self) -> Counter[str]:
        """Every answered message once: as what it was recorded, or as a repeat, conflict, rejection, dead letter."""
        counts = Counter(outcome["status"] for outcome in self.recorded.values())
        repeats = Counter(
            "conflict" if outcome["status"] == "conflict" else "rejected"
            for outcome in self.outcomes.values()
            if outcome["settlement_id"] is None or outcome["status"] == "conflict"
        )
        counts.update(repeats)
        counts["dead_letter"] = len(self.dead_letters)
        told = sum(1 for o in self.outcomes.values() if o["settlement_id"] is not None and o["status"] != "conflict")
        counts["replayed"] = told - len(self.recorded)
        return counts


async def read_answers(settings: Settings, times_ms: dict[str, int]) -> Answers:
    """Read both topics from their beginning to their end; `times_ms` gives each message's own time by place."""
    answers = Answers()
    async for record in _whole_topic(settings, settings.topic_dead_letters):
        headers = dict(record.headers)
        place = f"{headers['medsettle_partition'].decode()}/{headers['medsettle_offset'].decode()}"
        answers.dead_letters[place] = headers["medsettle_code"].decode()
    async for record in _whole_topic(settings, settings.topic_outcomes):
        _take(answers, record, times_ms)
    return answers


def _take(answers: Answers, record: "ConsumerRecord[bytes, bytes]", times_ms: dict[str, int]) -> None:
    outcome = orjson.loads(record.value)
    if outcome["kind"] == "contribution":
        return  # the opening balances
    source = dict(record.headers).get("medsettle_source")
    if source is not None:
        place = source.decode()
        if place in answers.outcomes:
            answers.told_more_than_once += 1
        else:
            answers.latencies_ms.append(max(0, record.timestamp - times_ms[place]))
        answers.outcomes[place] = outcome
    if outcome["settlement_id"] is None or outcome["status"] == "conflict":
        return
    key = (outcome["institution"], outcome["message_id"])
    stored = outcome | {"replayed": False}
    if answers.recorded.setdefault(key, stored) != stored:
        answers.disagreeing.append(key)


async def _whole_topic(settings: Settings, topic: str) -> AsyncIterator["ConsumerRecord[bytes, bytes]"]:
    consumer = AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers, auto_offset_reset="earliest", **access(settings)
    )
    async with consumer:
        consumer.assign([TopicPartition(topic, number) for number in range(settings.topic_partitions)])
        silent = 0
        while silent < _SILENT_POLLS_MAX:
            polled = await consumer.getmany(timeout_ms=200)
            silent = 0 if polled else silent + 1
            for records in polled.values():
                for record in records:
                    yield record


async def message_times(settings: Settings) -> dict[str, int]:
    """The timestamp of every message sent, by place."""
    return {
        f"{record.partition}/{record.offset}": record.timestamp
        async for record in _whole_topic(settings, settings.topic_transactions)
    }
