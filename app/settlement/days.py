"""Partitions of the business days to come, made before the day begins."""

import asyncio
from datetime import datetime, timedelta

from app import logs
from app.config import ZONE
from app.database import Pool, transaction

_log = logs.get(__name__)

_DAYS_AHEAD = 3
_EVERY_SECONDS = 600


async def prepare_days(pool: Pool) -> None:
    """Make the partitions from yesterday to some days ahead; those that exist are left alone."""
    today = datetime.now(ZONE).date()
    async with transaction(pool) as connection:
        for ahead in range(-1, _DAYS_AHEAD + 1):
            await connection.execute("SELECT settlement.prepare_day($1)", today + timedelta(days=ahead))


async def keep_days_prepared(pool: Pool) -> None:
    while True:
        try:
            await prepare_days(pool)
        except Exception as error:  # noqa: BLE001 - whatever it is, the days are needed and it must be tried again
            _log.warning("days_not_prepared", error=type(error).__name__)
            await asyncio.sleep(1)
        else:
            await asyncio.sleep(_EVERY_SECONDS)
