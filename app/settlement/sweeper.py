"""Publishes what a dead process or an absent Kafka left unpublished, so that every recorded outcome is told (G2)."""

import asyncio

from aiokafka.errors import KafkaError

from app import logs, metrics
from app.database import Connection, Pool, transaction
from app.errors import DatabaseUnavailable
from app.settlement.batch_spans import publication
from app.settlement.publisher import Dispatch, Publisher, dispatch_recorded
from app.settlement.records import Recorded, Settlement

_log = logs.get(__name__)

# Younger batches are being published by the process that made them. Two sweepers share the work by SKIP LOCKED.
_GRACE_SECONDS = 5
_EVERY_SECONDS = 1.0

_OLDEST = """
SELECT batch_id, business_day, settled_at
FROM ledger.batches
WHERE published_at IS NULL AND settled_at < clock_timestamp() - make_interval(secs => $1)
ORDER BY settled_at
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED
"""

_SETTLEMENTS = f"""
SELECT {", ".join(Settlement.__struct_fields__)}
FROM settlement.settlements
WHERE batch_id = $1 AND business_day = $2
ORDER BY position
"""  # noqa: S608

_AGE = """
SELECT extract(epoch FROM clock_timestamp() - min(settled_at))::float8
FROM ledger.batches
WHERE published_at IS NULL
"""


class Sweeper:
    def __init__(self, pool: Pool, publisher: Publisher, *, grace_seconds: float = _GRACE_SECONDS) -> None:
        self._pool = pool
        self._publisher = publisher
        self._grace_seconds = grace_seconds

    async def run(self) -> None:
        while True:
            try:
                await self._measure()
                while await self.sweep_one():
                    pass
            except (DatabaseUnavailable, KafkaError) as error:
                metrics.RETRIES.labels("sweeper").inc()
                _log.warning("sweep_waits", error=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - what stays undone shows in the age of the oldest
                metrics.RETRIES.labels("sweeper").inc()
                _log.error("sweep_failed", **logs.failure(error))
            await asyncio.sleep(_EVERY_SECONDS)

    async def sweep_one(self) -> bool:
        """Publish and mark the oldest unpublished batch; False when there is none that no one else has."""
        async with transaction(self._pool) as connection:
            batch = await connection.fetchrow(_OLDEST, self._grace_seconds)
            if batch is None:
                return False
            dispatches = [
                dispatch_recorded(Recorded(row, batch["settled_at"]))
                for row in await _settlements(connection, batch["batch_id"], batch["business_day"])
            ]
            await self._publish(batch["batch_id"], dispatches)
            await connection.execute(
                "UPDATE ledger.batches SET published_at = clock_timestamp() WHERE batch_id = $1", batch["batch_id"]
            )
        return True

    async def _publish(self, batch_id: int, dispatches: list[Dispatch]) -> None:
        with publication(len(dispatches)):
            await self._publisher.publish(dispatches)
        metrics.REPUBLISHED.inc(len(dispatches))
        _log.info("batch_republished", batch_id=batch_id, outcomes=len(dispatches))

    async def _measure(self) -> None:
        async with transaction(self._pool) as connection:
            age = await connection.fetchval(_AGE)
        metrics.UNPUBLISHED_AGE.set(age or 0.0)


async def _settlements(connection: Connection, batch_id: int, business_day: object) -> list[Settlement]:
    return [Settlement(*row) for row in await connection.fetch(_SETTLEMENTS, batch_id, business_day)]
