"""Whether a process can do its work now: Postgres answers and has the schema of this release."""

import asyncio

from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.migrate import names
from app.probes import Probes

_ANSWER_SECONDS_MAX = 2
_ASK_EVERY_SECONDS = 2.0

_IS_MANAGED = "SELECT to_regclass('public.medsettle_migrations') IS NOT NULL"
_APPLIED = "SELECT name FROM public.medsettle_migrations"


async def why_not_ready(pool: Pool) -> str | None:
    """What is missing, or None. A schema of a newer release will do: migrations only ever add."""
    try:
        async with asyncio.timeout(_ANSWER_SECONDS_MAX), transaction(pool) as connection:
            if not await connection.fetchval(_IS_MANAGED):
                return "database not migrated"
            applied = {row["name"] for row in await connection.fetch(_APPLIED)}
    except (DatabaseUnavailable, TimeoutError):
        return "database away"
    return None if applied.issuperset(names()) else "database not migrated"


async def keep_readiness_told(pool: Pool, probes: Probes) -> None:
    while True:
        probes.tell(await why_not_ready(pool))
        await asyncio.sleep(_ASK_EVERY_SECONDS)
