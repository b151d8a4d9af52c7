"""Which servers the tests run on: those of the wheels, or others that the environment names."""

import os
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from app.config import Settings
from app.embedded.broker import start_broker
from app.embedded.postgres import start_postgres
from app.embedded.stack import Stack
from app.installation import EMBEDDED_KAFKA, Installation, installed, installed_on, with_short_sessions
from tests.engines.kafka import start_kafka


def _folder(variable: str) -> Path | None:
    named = os.environ.get(variable)
    return Path(named) if named else None


#: What `make test-kafka` has fetched and readied.
KAFKA = _folder("MEDSETTLE_TEST_KAFKA")
#: The programs of another Postgres, such as /usr/lib/postgresql/15/bin.
POSTGRES = _folder("MEDSETTLE_TEST_POSTGRES")


@asynccontextmanager
async def installed_here(folder: Path, settings: Settings) -> AsyncIterator[Installation]:
    """As `installed`, on the servers that are chosen."""
    if settings.kafka_bootstrap_servers or not (KAFKA or POSTGRES):
        async with installed(folder, settings) as installation:
            yield installation
        return
    async with AsyncExitStack() as cleanup:
        postgres = await start_postgres(folder, programs=POSTGRES)
        cleanup.push_async_callback(postgres.stop)
        broker = await start_kafka(KAFKA, folder / "kafka") if KAFKA else await start_broker(folder)
        cleanup.push_async_callback(broker.stop)
        chosen = with_short_sessions(settings if KAFKA else settings.model_copy(update=EMBEDDED_KAFKA))
        stack = Stack(folder, postgres, broker)
        installation = await cleanup.enter_async_context(installed_on(stack, chosen))
        if KAFKA:
            await _take_large_values(broker.bootstrap_servers, settings.topic_transactions)
        yield installation


async def _take_large_values(bootstrap_servers: str, topic: str) -> None:
    """From senders alone: what we publish must fit into what a Kafka takes that nobody has told otherwise."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers)
    await admin.start()
    try:
        larger = {"max.message.bytes": str(16 * 1024 * 1024)}
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, larger)])
    finally:
        await admin.close()
