"""The worker process: wires the consumer, the sweeper, the watchdog and their clients, and stops them in order."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.errors import KafkaError

from app import logs, metrics
from app.config import Settings
from app.database import open_pool
from app.kafka import make_consumer, make_producer, reached
from app.probes import Probes
from app.process_board import Figures, keep_told
from app.readiness import keep_readiness_told
from app.settlement.consumer import SettlementConsumer
from app.settlement.days import keep_days_prepared
from app.settlement.feed.projector import keep_feed_projected
from app.settlement.hold_expiry import keep_holds_expired
from app.settlement.publisher import PublicationMarks, Publisher
from app.settlement.sweeper import Sweeper
from app.tasks import start_beside, stop_beside
from app.tuning import tune_for_throughput
from app.watchdog import EXIT_STUCK, Watchdog

_log = logs.get(__name__)

# One batch is settled at a time; one to spare: a pool that is used up raises an alert.
_POSTING_CONNECTIONS = 2


async def run_worker(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT; the batch in hand is finished, published and committed first."""
    tune_for_throughput()
    url = settings.database_url.get_secret_value()
    # Batches mostly go over one connection, so that one server process has its catalogue and plans warm, and not each.
    posting = await open_pool(url, size_max=_POSTING_CONNECTIONS, application_name="medsettle worker posting")
    pool = await open_pool(url, size_max=settings.pool_size_max, application_name="medsettle worker")
    producer, consumer = make_producer(settings), make_consumer(settings)
    marks = PublicationMarks(pool)
    watchdog = Watchdog(settings.watchdog_seconds, on_stuck=lambda: os._exit(EXIT_STUCK))
    settling = SettlementConsumer(settings, posting, consumer, producer, marks, watchdog.progress)
    sweeper = Sweeper(pool, Publisher(producer, settings.topic_outcomes))
    probes = Probes()
    _stop_on_signals(settling, probes, settings.drain_seconds_max)
    _log.info("metrics_served", port=probes.serve(settings.worker_metrics_host, settings.worker_metrics_port))
    async with posting, pool, reached(producer, settings):
        consumer.subscribe([settings.topic_transactions], listener=settling)
        async with _joined(consumer):
            watchdog.start()
            _log.info("worker_started", topic=settings.topic_transactions, group=settings.consumer_group)
            beside = start_beside(
                probes.keep_beating(),
                keep_readiness_told(pool, probes),
                marks.run(),
                sweeper.run(),
                keep_days_prepared(pool),
                keep_holds_expired(pool),
                keep_feed_projected(pool),
                _watch_lag(consumer, settling, watchdog),
                keep_told(pool, "worker", lambda: _standing(consumer, settling, settings.topic_transactions)),
            )
            try:
                await settling.run()
            finally:
                await stop_beside(beside)
                await marks.flush()
    watchdog.stop()
    _log.info("worker_stopped")


@asynccontextmanager
async def _joined(consumer: AIOKafkaConsumer) -> AsyncIterator[None]:
    """The consumer in its group."""
    await consumer.start()
    try:
        yield
    finally:
        with suppress(asyncio.CancelledError):  # out of aiokafka's fetcher, where the brokers are away
            await consumer.stop()


def _stop_on_signals(settling: SettlementConsumer, probes: Probes, seconds_max: float) -> None:
    loop = asyncio.get_running_loop()

    def stop() -> None:
        _log.info("worker_draining")
        probes.drain()
        settling.stop()
        # What has not drained by then is repeated by the next worker and found settled.
        loop.call_later(seconds_max, os._exit, 1)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)


async def _watch_lag(consumer: AIOKafkaConsumer, settling: SettlementConsumer, watchdog: Watchdog) -> None:
    while True:
        await asyncio.sleep(2)
        try:
            lag = await _lag(consumer, settling)
        except (KafkaError, TimeoutError):
            continue  # a rebalance or an absent broker; the watchdog keeps the lag it knows
        metrics.LAG.set(lag)
        watchdog.lag(lag + settling.in_hand)


def _standing(consumer: AIOKafkaConsumer, settling: SettlementConsumer, topic: str) -> Figures:
    return {
        "partitions": {number: each._asdict() for number, each in settling.stalls.standings.items()},
        "partitions_of_topic": len(consumer.partitions_for_topic(topic) or ()),
    }


async def _lag(consumer: AIOKafkaConsumer, settling: SettlementConsumer) -> int:
    assigned: set[TopicPartition] = consumer.assignment()
    metrics.ASSIGNED.set(len(assigned))
    if not assigned:
        return 0
    ends = await consumer.end_offsets(assigned)
    places = {partition: (end, await consumer.position(partition)) for partition, end in ends.items()}
    settling.stalls.measure(places)
    return sum([max(0, end - position) for end, position in places.values()])
