"""Filing the rules of regions, by which `app.settlement.rules` settles."""

from datetime import datetime
from typing import NamedTuple

import asyncpg

from app.database import Pool, transaction
from app.errors import UsageError

_FILE = """
INSERT INTO settlement.region_rules (region, effective_from, use_accumulated_first, filed_by) VALUES ($1, $2, $3, $4)
"""

_LIST = """
SELECT region, effective_from, use_accumulated_first, filed_by FROM settlement.region_rules
ORDER BY region, effective_from
"""


class FiledRule(NamedTuple):
    """'' is the region of all that have no rule of their own."""

    region: str
    effective_from: datetime
    use_accumulated_first: bool
    filed_by: str


async def file_rule(pool: Pool, rule: FiledRule) -> None:
    """File a rule. Raises UsageError where it would hold within a minute, or one is filed from that moment on."""
    try:
        async with transaction(pool) as connection:
            await connection.execute(_FILE, *rule)
    except asyncpg.CheckViolationError as error:
        raise UsageError(
            "A rule is filed a minute at least before it holds, so that every process knows it in time."
        ) from error
    except asyncpg.UniqueViolationError as error:
        raise UsageError("A rule is filed for this region from that moment on, and stays.") from error


async def filed_rules(pool: Pool) -> list[FiledRule]:
    async with transaction(pool) as connection:
        return [FiledRule(*row) for row in await connection.fetch(_LIST)]
