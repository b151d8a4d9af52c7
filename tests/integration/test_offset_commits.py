"""A worker that was put out of its group commits nothing more, or messages of a new log would be skipped."""

import secrets
from contextlib import suppress

import pytest
from aiokafka import TopicPartition
from aiokafka.errors import CommitFailedError, IllegalStateError
from app.embedded.broker import ensure_topics
from app.kafka import make_consumer
from app.settlement.consumer import SettlementConsumer
from app.settlement.publisher import PublicationMarks
from tests.harness import House, eventually


async def test_where_the_broker_knows_nobody_of_the_group_nothing_is_committed(standing: House) -> None:
    name = f"left-{secrets.token_hex(4)}"
    partition = TopicPartition(name, 0)
    await ensure_topics(standing.settings.kafka_bootstrap_servers, {name: 1})
    settings = standing.settings.model_copy(update={"consumer_group": name})
    consumer = make_consumer(settings)
    SettlementConsumer(
        settings, standing.pool, consumer, standing.producer, PublicationMarks(standing.pool), progress=lambda: None
    )
    consumer.subscribe([name])
    async with consumer:

        async def has_joined() -> bool:
            return bool(consumer.assignment())

        await eventually(has_joined)
        # As a member is once a broker with an empty log has answered it.
        await consumer._coordinator._maybe_leave_group()
        consumer._coordinator.group_id = f"{name}-anew"
        with pytest.raises(CommitFailedError):
            await consumer.commit({partition: 7})
        assert await consumer.committed(partition) is None

        async def is_a_member_again() -> bool:
            with suppress(CommitFailedError, IllegalStateError):
                await consumer.commit({partition: 3})
            return bool(await consumer.committed(partition) == 3)

        await eventually(is_a_member_again)
