"""Kafka to ledger to outcome: the loop of one worker.

A batch goes: poll, decode, settle in one transaction, register dead letters, outcomes and dead letters acknowledged,
offsets committed. A crash anywhere repeats a batch and never loses one: repeats find their stored outcomes. While the
outcomes of one batch travel to Kafka the next one is settled.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from functools import partial
from typing import NamedTuple, TypeVar

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError, KafkaError

from app import logs, metrics, tracing
from app.codes import Code
from app.config import Settings
from app.database import Pool
from app.errors import DatabaseUnavailable
from app.ledger.buckets import bucket_of
from app.parties.vault import Vault
from app.settlement.batch_spans import batch_from_kafka, publication, tell_outcomes
from app.settlement.dead_letter_register import register
from app.settlement.dead_letters import DeadLetter, write_dead_letters
from app.settlement.decoding import decode
from app.settlement.header_names import UnreadableRecord, take_any_header_name
from app.settlement.intake import Intake, Polled, Record
from app.settlement.isolate import Refusal, settle_isolating
from app.settlement.messages import Malformed, Message
from app.settlement.offset_commits import commit_as_member_alone
from app.settlement.producer_check import ProducerCheck
from app.settlement.publisher import Dispatch, PublicationMarks, Publisher, dispatch_answer, dispatch_rejection
from app.settlement.records import rejection
from app.settlement.rules import RuleBook
from app.settlement.stalls import Stalls

_log = logs.get(__name__)

_Done = TypeVar("_Done")

# Decoding so many messages takes about three milliseconds; then heartbeats and publications get their turn.
_DECODE_CHUNK = 500
# Publishing or committing one batch takes milliseconds; after so long Kafka counts as away.
_KAFKA_SECONDS_MAX = 15.0
_FATAL_TRIES_MAX = 5
_BACKOFF_SECONDS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0)


class Handled(NamedTuple):
    """A settled batch of records on its way out: what to publish, and what to commit once that is acknowledged."""

    dispatches: list[Dispatch]
    dead_letters: list[DeadLetter]
    batch_ids: list[int]
    offsets: dict[TopicPartition, int]
    assignment: int
    oldest_ms: int


class SettlementConsumer(ConsumerRebalanceListener):  # type: ignore[misc]
    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        consumer: AIOKafkaConsumer,
        producer: AIOKafkaProducer,
        marks: PublicationMarks,
        progress: Callable[[], None],
    ) -> None:
        take_any_header_name()
        commit_as_member_alone()
        self._settings = settings
        self._pool = pool
        self._rules = RuleBook(settings.cut_off)
        self._vault = Vault.of(settings.data_keys)
        self._producers = ProducerCheck(pool) if settings.kafka_producer_check == "signed" else None
        self._consumer = consumer
        self._intake = Intake(consumer, settings.batch_messages_max)
        self._producer = producer
        self._publisher = Publisher(producer, settings.topic_outcomes)
        self._marks = marks
        self._progress = progress
        self._stopping = asyncio.Event()
        self._outgoing: asyncio.Task[None] | None = None
        self._uncommitted: dict[TopicPartition, int] = {}
        self._assignment = 0
        self._commit_bound: asyncio.Timeout | None = None
        self.stalls = Stalls()
        #: Messages polled and not yet known to be done; they are behind the position but not out of danger.
        self.in_hand = 0

    def stop(self) -> None:
        """Finish the batch in hand, publish and commit it, then return from `run`."""
        self._stopping.set()

    def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        """Offsets of before are not committed after it: they may be of a log that was lost and made anew."""
        self._assignment += 1
        self._uncommitted = {}
        self.stalls.lost(revoked)
        if self._commit_bound is not None:
            self._commit_bound.reschedule(asyncio.get_running_loop().time())

    def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """Reading goes on behind what is committed; what is repeated finds its stored outcomes."""

    async def run(self) -> None:
        try:
            while not self._stopping.is_set():
                polled, assignment = await self._poll()
                if not polled:
                    await self._rest()
                    continue
                self.in_hand = sum(map(len, polled.values()))
                metrics.INTAKE_KAFKA.inc(self.in_hand)
                self.stalls.taken({partition: records[0].offset for partition, records in polled.items()})
                with batch_from_kafka(polled, self._settings.topic_transactions) as span:
                    handled = await self._handle(polled, assignment)
                    letters = len(handled.dead_letters)
                    tell_outcomes(span, handled.batch_ids, handled.dispatches, dead_letters=letters)
                    await self._drain()
                    self._outgoing = asyncio.create_task(self._send_and_commit(handled))
        finally:
            await self._drain()

    async def _poll(self) -> tuple[Polled, int]:
        """What waits, and the assignment under which it was taken: a rebalance later leaves its offsets to others."""
        held = await self._intake.held()
        if not held:
            return await self._intake.next(self._settings.batch_wait_ms_max), self._assignment
        assignment = self._assignment
        await self._intake.add_what_came_meanwhile(held)
        return held, assignment

    async def _rest(self) -> None:
        """Nothing came: finish what is under way."""
        await self._drain()
        self.in_hand = 0
        if self._uncommitted:
            await self._commit()

    async def _drain(self) -> None:
        """Wait until the previous batch is published, so that outcomes keep the order of their batches."""
        if self._outgoing is not None:
            outgoing, self._outgoing = self._outgoing, None
            await outgoing
            self._progress()

    async def _handle(self, polled: Polled, assignment: int) -> Handled:
        records = [record for records in polled.values() for record in records]
        handled = Handled(
            dispatches=[],
            dead_letters=[],
            batch_ids=[],
            offsets={partition: records[-1].offset + 1 for partition, records in polled.items()},
            assignment=assignment,
            oldest_ms=min([record.timestamp for record in records]),
        )
        with metrics.DECODE.time(), tracing.span("decode"):
            if self._producers is not None:
                await self._insist(partial(self._producers.learn, records))
            messages, sources = await self._decode_all(records, handled)
        if messages:
            await self._settle(messages, sources, handled)
        if handled.dead_letters:
            await self._insist(partial(register, self._pool, self._vault, handled.dead_letters))
        return handled

    async def _settle(self, messages: list[Message], sources: list[Record], handled: Handled) -> None:
        with metrics.SETTLE.time(), tracing.span("settle"):
            isolated = await self._insist(partial(settle_isolating, self._pool, messages, rules=self._rules))
        metrics.BATCH_SIZE_KAFKA.observe(len(messages))
        handled.batch_ids.extend(isolated.batch_ids)
        for answer, source in zip(isolated.answers, sources, strict=True):
            if isinstance(answer, Refusal):
                handled.dead_letters.append(DeadLetter(source, Code.REFUSED_BY_DATABASE, answer.reason))
            else:
                handled.dispatches.append(dispatch_answer(answer, _place(source)))

    async def _decode_all(self, records: Sequence[Record], handled: Handled) -> tuple[list[Message], list[Record]]:
        """The messages with the records that they came in; what is malformed goes to `handled` at once."""
        messages: list[Message] = []
        sources: list[Record] = []
        for index, record in enumerate(records, start=1):
            decoded = self._decode(record)
            if isinstance(decoded, Message):
                messages.append(decoded)
                sources.append(record)
            elif decoded.answerable:
                bucket = bucket_of(decoded.person_no or "")
                handled.dispatches.append(dispatch_rejection(rejection(decoded), bucket, _place(record)))
            else:
                handled.dead_letters.append(DeadLetter(record, decoded.code, decoded.detail))
            if index % _DECODE_CHUNK == 0:
                await asyncio.sleep(0)
        return messages, sources

    def _decode(self, record: Record) -> Message | Malformed:
        if isinstance(record, UnreadableRecord):
            return Malformed(Code.INVALID_FIELD, "The name of a header is not UTF-8.")
        value = record.value or b""
        if len(value) > self._settings.message_bytes_max:
            return Malformed(
                Code.MESSAGE_TOO_LARGE, f"{len(value)} bytes; the limit is {self._settings.message_bytes_max}."
            )
        decoded = decode(value)
        return decoded if self._producers is None else self._producers.checked(record, decoded)

    async def _insist(self, work: Callable[[], Awaitable[_Done]]) -> _Done:
        """Do it, however long Postgres is away. The partitions pause meanwhile and the group hears from us."""
        tries = 0
        while True:
            try:
                done = await work()
            except DatabaseUnavailable as error:
                if tries == 0:
                    _log.warning("database_away_partitions_paused", reason=str(error))
                metrics.RETRIES.labels("database").inc()
                await self._wait_paused(_BACKOFF_SECONDS[min(tries, len(_BACKOFF_SECONDS) - 1)])
                tries += 1
                continue
            if tries:
                self._consumer.resume(*self._consumer.assignment())
                _log.info("database_back_partitions_resumed", tries=tries)
            return done

    async def _wait_paused(self, seconds: float) -> None:
        """Polling keeps our place in the group: a member that does not poll for five minutes is put out of it."""
        self._consumer.pause(*self._consumer.assignment())
        await asyncio.sleep(seconds)
        polled = await self._consumer.getmany(timeout_ms=0)
        for partition, records in polled.items():
            # A rebalance during the wait brought a partition that was not paused; these are read once more.
            self._consumer.seek(partition, records[0].offset)
        self._progress()

    async def _send_and_commit(self, handled: Handled) -> None:
        with metrics.PUBLISH.time(), publication(len(handled.dispatches)):
            await self._until_acknowledged(handled)
        self._marks.add(handled.batch_ids)
        metrics.END_TO_END.observe(max(0.0, time.time() - handled.oldest_ms / 1000))
        count_outcomes("kafka", handled.dispatches)
        if handled.assignment == self._assignment:
            self._uncommitted |= handled.offsets
            self.stalls.finished(handled.offsets)
        with metrics.COMMIT.time(), tracing.span("commit"):
            await self._commit()

    async def _commit(self) -> None:
        """Commit what is acknowledged. What fails is tried again with the next batch or the next idle poll."""
        offsets, self._uncommitted = self._uncommitted, {}
        if not offsets:
            return
        assignment = self._assignment
        try:
            async with asyncio.timeout(_KAFKA_SECONDS_MAX) as self._commit_bound:  # the client tries without end
                await self._consumer.commit(offsets)
        except (CommitFailedError, IllegalStateError):
            metrics.RETRIES.labels("rebalanced").inc()
        except (KafkaError, TimeoutError) as error:
            if assignment == self._assignment:
                self._uncommitted = offsets | self._uncommitted
            metrics.RETRIES.labels("commit").inc()
            _log.warning("commit_failed", error=type(error).__name__)
        finally:
            self._commit_bound = None

    async def _until_acknowledged(self, handled: Handled) -> None:
        """Publish, however long Kafka is away.

        Raises KafkaError for a failure that waiting does not mend, such as a producer that the brokers have put
        out: the process ends and its successor starts with a new one.
        """
        tries = 0
        while True:
            try:
                async with asyncio.timeout(_KAFKA_SECONDS_MAX):
                    if handled.dead_letters:
                        await write_dead_letters(
                            self._producer, self._settings.topic_dead_letters, handled.dead_letters
                        )
                    await self._publisher.publish(handled.dispatches)
            except (KafkaError, TimeoutError) as error:
                if isinstance(error, KafkaError) and not error.retriable and tries >= _FATAL_TRIES_MAX:
                    raise
                metrics.RETRIES.labels("kafka").inc()
                _log.warning("publish_failed", error=type(error).__name__, tries=tries)
                await asyncio.sleep(_BACKOFF_SECONDS[min(tries, len(_BACKOFF_SECONDS) - 1)])
                self._progress()
                tries += 1
            else:
                return


def _place(record: Record) -> str:
    return f"{record.partition}/{record.offset}"


def count_outcomes(origin: str, dispatches: Sequence[Dispatch]) -> None:
    counts = Counter([each.counted for each in dispatches])
    for (kind, status, code), count in counts.items():
        metrics.OUTCOMES.labels(origin, kind, status, code).inc(count)
