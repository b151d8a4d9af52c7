"""The way to Kafka: clients with every option that matters written down where they are made."""

import ssl
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.conn import collect_hosts, create_conn
from aiokafka.errors import (
    AuthenticationFailedError,
    KafkaConnectionError,
    KafkaError,
    SaslAuthenticationFailed,
    UnsupportedSaslMechanismError,
)

from app.config import Settings
from app.errors import KafkaUnavailable, UsageError

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
        **access(settings),
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
        **access(settings),
    )


def access(settings: Settings) -> dict[str, Any]:
    """Options by which any client of ours is let in. Raises UsageError for files or a login that will not do."""
    protocol, password = settings.kafka_security_protocol, settings.kafka_password.get_secret_value()
    if protocol == "SASL_SSL" and not password:
        raise UsageError("Set MEDSETTLE_KAFKA_USERNAME and MEDSETTLE_KAFKA_PASSWORD: SASL_SSL asks for a login.")
    return {
        "security_protocol": protocol,
        "ssl_context": None if protocol == "PLAINTEXT" else _tls(settings),
        "sasl_mechanism": settings.kafka_sasl_mechanism,
        "sasl_plain_username": settings.kafka_username or None,
        "sasl_plain_password": password or None,
    }


def _tls(settings: Settings) -> ssl.SSLContext:
    with _named("MEDSETTLE_KAFKA_CA_FILE"):
        context = ssl.create_default_context(cafile=settings.kafka_ca_file or None)
    if settings.kafka_certificate_file:
        with _named("MEDSETTLE_KAFKA_CERTIFICATE_FILE and MEDSETTLE_KAFKA_KEY_FILE"):
            context.load_cert_chain(settings.kafka_certificate_file, settings.kafka_key_file, password=_no_passphrase)
    return context


def _no_passphrase() -> str:
    """Without it OpenSSL would ask on the terminal."""
    raise UsageError("MEDSETTLE_KAFKA_KEY_FILE is encrypted: give a key without a passphrase, readable by us alone.")


@contextmanager
def _named(settings: str) -> Iterator[None]:
    try:
        yield
    except ssl.SSLError as error:
        raise UsageError(f"{settings}: no PEM of what it should be ({error.reason or 'unknown form'}).") from None
    except OSError as error:
        raise UsageError(f"{settings}: cannot be read ({error.strerror}).") from None


@asynccontextmanager
async def reached(producer: AIOKafkaProducer, settings: Settings) -> AsyncIterator[None]:
    """The producer at work inside the block. Raises KafkaUnavailable, which says why, where no broker lets us in."""
    await start(producer, settings)
    try:
        yield
    finally:
        await producer.stop()


async def start(producer: AIOKafkaProducer, settings: Settings) -> None:
    """Raises KafkaUnavailable, which says why; nothing is left open then."""
    try:
        await producer.start()
    except KafkaError:
        await producer.stop()
        raise await why_away(settings) from None


async def why_away(settings: Settings) -> KafkaUnavailable:
    """What keeps us from the brokers, asked of each of them by a connection of its own."""
    hosts = collect_hosts(settings.kafka_bootstrap_servers)
    told = [f"{host}:{port} {await _refusal(settings, host, port)}" for host, port, _ in hosts]
    return KafkaUnavailable(f"No broker lets us in: {'; '.join(told)}.")


async def _refusal(settings: Settings, host: str, port: int) -> str:
    try:
        connection = await create_conn(host, port, request_timeout_ms=5_000, **access(settings))
    except ssl.SSLCertVerificationError as error:
        return f"has a certificate that we do not trust ({error.verify_message}): see MEDSETTLE_KAFKA_CA_FILE"
    except (SaslAuthenticationFailed, AuthenticationFailedError):
        return "refuses the login: see MEDSETTLE_KAFKA_USERNAME and MEDSETTLE_KAFKA_PASSWORD"
    except UnsupportedSaslMechanismError:
        return f"does not take {settings.kafka_sasl_mechanism}: see MEDSETTLE_KAFKA_SASL_MECHANISM"
    except (KafkaConnectionError, ssl.SSLError):
        return (
            "ends the connection: it wants another protocol or a certificate that it trusts, "
            "see MEDSETTLE_KAFKA_SECURITY_PROTOCOL and MEDSETTLE_KAFKA_CERTIFICATE_FILE"
        )
    except (KafkaError, OSError, TimeoutError) as error:
        return f"does not answer ({type(error).__name__})"
    connection.close()
    return "answers now"
