"""The way to Kafka: clients with every option that matters written down where they are made."""

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from app.config import Settings

# A dead letter carries a refused message whole with headers added, so the producer takes more than it is sent.
_REQUEST_BYTES_MAX = 4 * 1024 * 1024


def make_producer(settings: Settings) -> AIOKafkaProducer:
    return AIOKafkaProducer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        acks="all",
        enable_idempotence=settings.kafka_idempotent_producer,
        compression_type=None if settings.kafka_compression == "none" else settings.kafka_compression,
        max_batch_size=512 * 1024,  # brokers take 1 MiB at most unless told otherwise
        linger_ms=0,  # whole batches are handed over; waiting would only add latency
        max_request_size=_REQUEST_BYTES_MAX,
        request_timeout_ms=15_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
    )


def make_consumer(settings: Settings) -> AIOKafkaConsumer:
    return AIOKafkaConsumer(
        bootstrap_servers=settings.kafka_bootstrap_servers,
        group_id=settings.consumer_group,
        enable_auto_commit=False,  # offsets are committed after the outcomes are acknowledged, never before
        auto_offset_reset="earliest",
        isolation_level="read_committed",  # what a sender's aborted transaction wrote was never sent
        session_timeout_ms=settings.kafka_session_timeout_ms,
        heartbeat_interval_ms=max(300, settings.kafka_session_timeout_ms // 6),
        max_poll_interval_ms=300_000,
        max_partition_fetch_bytes=_REQUEST_BYTES_MAX,
        fetch_max_wait_ms=50,
        request_timeout_ms=15_000,
        retry_backoff_ms=100,
        metadata_max_age_ms=30_000,
        check_crcs=True,
    )
