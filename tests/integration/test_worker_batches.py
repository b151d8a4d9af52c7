"""What a worker takes into one batch: all that waits for it, so that nobody waits for two."""

import asyncio
import secrets
from pathlib import Path

from app.embedded.broker import ensure_topics
from tests.builders import payment_json
from tests.harness import PARTITIONS, House, eventually

_ROUNDS_MAX = 100


async def batches_of(house: House, ids: list[str]) -> list[list[str]]:
    rows = await house.pool.fetch(
        """
        SELECT array_agg(message_id ORDER BY position) AS ids
        FROM settlement.settlements
        WHERE message_id = ANY ($1::text[])
        GROUP BY batch_id
        ORDER BY min(message_id)
        """,
        ids,
    )
    return [row["ids"] for row in rows]


async def test_a_worker_that_is_far_behind_takes_twice_as_many_at_once(
    standing: House, person: str, tmp_path: Path
) -> None:
    topic = f"behind-{secrets.token_hex(4)}"
    ids = [f"{topic}-{number:03d}" for number in range(100)]
    await ensure_topics(standing.settings.kafka_bootstrap_servers, {topic: PARTITIONS})
    for message_id in ids:
        value = payment_json(message_id=message_id, person_no=person, amount=1)
        await standing.producer.send_and_wait(topic, value, key=person.encode(), partition=0)
    async with standing.other(
        tmp_path / "other", topic_transactions=topic, consumer_group=topic, batch_messages_max=10
    ) as behind:
        await behind.start_worker()
        await standing.told(ids[-1])
    sizes = [len(batch) for batch in await batches_of(standing, ids)]
    # The first one is filled up to the doubled bound as well where the broker answers in time.
    assert sizes in ([10, 20, 20, 20, 20, 10], [20, 20, 20, 20, 10, 10])


async def test_what_came_while_a_batch_was_settled_goes_into_the_next_one(standing: House, person: str) -> None:
    """The client holds the second message when the third comes, and fetches no more of their partition till then.

    It holds one of each other partition too, or what it asks next would wait behind what it asked of those. Whether the
    broker answers in time goes by how busy the machine is, so it is tried again.
    """
    for _ in range(_ROUNDS_MAX):
        first, second, third, *others = [f"C{secrets.token_hex(4)}{number}" for number in range(2 + PARTITIONS)]
        async with standing.locked(person):
            await standing.send(payment_json(message_id=first, person_no=person, amount=1), partition=0)
            await eventually(lambda: waits_for_a_lock(standing))
            for message_id, partition in zip([second, *others], range(PARTITIONS), strict=True):
                value = payment_json(message_id=message_id, person_no=person, amount=1)
                await standing.send(value, partition=partition)
            await asyncio.sleep(0.2)
            await standing.send(payment_json(message_id=third, person_no=person, amount=1), partition=0)
        await standing.told(third)
        if [second, third] in await batches_of(standing, [first, second, third]):
            return
    raise AssertionError("The third message never went with the second one.")


async def waits_for_a_lock(house: House) -> bool:
    return bool(
        await house.pool.fetchval(
            """
            SELECT EXISTS (
                SELECT FROM pg_stat_activity
                WHERE application_name = 'medsettle worker posting' AND wait_event_type = 'Lock'
                    AND datname = current_database()
            )
            """
        )
    )
