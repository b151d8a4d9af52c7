"""Filing the rules of regions, by which `app.settlement.rules` settles."""

from datetime import datetime
from typing import Any, NamedTuple

import asyncpg

from app.database import Pool, transaction
from app.errors import UsageError
from app.settlement.rules import RegionRule

_COLUMNS = ", ".join(RegionRule._fields)
_FILE = f"""
INSERT INTO settlement.region_rules (region, filed_by, {_COLUMNS})
VALUES ($1, $2, {", ".join(f"${place}" for place in range(3, 3 + len(RegionRule._fields)))})
"""  # noqa: S608
# A region's own rule before the one of all that have none.
_BEFORE = f"""
SELECT {_COLUMNS} FROM settlement.region_rules
WHERE region IN ($1, '') AND effective_from <= $2
ORDER BY region = '', effective_from DESC
LIMIT 1
"""  # noqa: S608
_LIST = f"SELECT region, filed_by, {_COLUMNS} FROM settlement.region_rules ORDER BY region, effective_from"  # noqa: S608


class FiledRule(NamedTuple):
    """'' is the region of all that have no rule of their own."""

    region: str
    filed_by: str
    rule: RegionRule


async def file_rule(pool: Pool, region: str, effective_from: datetime, changes: dict[str, Any], *, clerk: str) -> None:
    """File what changes from a time on; all else stays as it would be then.

    Raises UsageError where it would hold within a minute, or one is filed from that moment on.
    """
    try:
        async with transaction(pool) as connection:
            before = await connection.fetchrow(_BEFORE, region, effective_from)
            if before is None:
                raise UsageError("No rule holds at that time; it lies before the first one.")
            rule = RegionRule(*before)._replace(effective_from=effective_from, **changes)
            await connection.execute(_FILE, region, clerk, *rule)
    except asyncpg.CheckViolationError as error:
        if error.constraint_name != "region_rule_is_filed_ahead":
            raise UsageError("A cap or a number of days is below 0.") from error
        raise UsageError(
            "A rule is filed a minute at least before it holds, so that every process knows it in time."
        ) from error
    except asyncpg.UniqueViolationError as error:
        raise UsageError("A rule is filed for this region from that moment on, and stays.") from error


async def filed_rules(pool: Pool) -> list[FiledRule]:
    async with transaction(pool) as connection:
        rows = await connection.fetch(_LIST)
    return [FiledRule(region, clerk, RegionRule(*rule)) for region, clerk, *rule in rows]
