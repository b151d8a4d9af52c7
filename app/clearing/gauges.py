"""What operators watch beside the postings, read every few seconds: balances, holds, days, files, breaks, verify.

Every scheduler reads for itself. A look costs the same however large the ledger is, so readers may be several, and
none tells what another one read.
"""

import asyncio
import time as clock
from collections.abc import Iterable
from datetime import datetime, time
from typing import Any

from prometheus_client import Gauge

from app import logs, metrics
from app.clearing.acknowledgments.overview import waiting_files
from app.clearing.days import next_to_seal
from app.clearing.files.drawing import held_banks
from app.database import Connection, Pool, transaction
from app.errors import DatabaseUnavailable
from app.ledger.business_days import read_business_days
from app.ledger.imbalance import ImbalanceWatch

_log = logs.get(__name__)

_EVERY_SECONDS = 3.0
_DAY_STATES = ("sealing", "sealed", "filed", "acknowledged")
_OPEN_BREAK_STATES = ("new", "checked")

_HOLDS = """
SELECT
    (
        SELECT count(*) FROM (
            SELECT FROM settlement.holds
            WHERE state = 'open' AND expires_at <= clock_timestamp() + interval '1 hour'
            LIMIT 10000
        ) AS soon
    ) AS expiring,
    (
        SELECT greatest(extract(epoch FROM clock_timestamp() - min(expires_at)), 0)::float8
        FROM settlement.holds WHERE state = 'open'
    ) AS overdue
"""
_DAYS = """
SELECT state, count(*), extract(epoch FROM clock_timestamp() - min(closed_at))::float8
FROM clearing.business_days
GROUP BY state
"""
_SEALED = "SELECT business_day FROM clearing.business_days WHERE state = 'sealed' ORDER BY business_day"
_FILES_UNWRITTEN = "SELECT count(*) FROM clearing.files WHERE written_at IS NULL"
_BREAKS = """
SELECT state, count(*), extract(epoch FROM clock_timestamp() - min(first_found_at))::float8
FROM (
    SELECT state, first_found_at FROM reconciliation.breaks
    WHERE state IN ('new', 'checked')
    ORDER BY first_found_at, break_id
    LIMIT 100000
) AS open
GROUP BY state
"""
_WAITING = """
SELECT extract(epoch FROM clock_timestamp() - min(requested_at))::float8
FROM reconciliation.runs WHERE state = 'waiting'
"""
# A ledger that was never verified is as old as its first migration.
_VERIFIED = """
SELECT
    coalesce((SELECT broken FROM ledger.verifications ORDER BY verified_at DESC LIMIT 1), 0) AS broken,
    extract(epoch FROM clock_timestamp() - coalesce(
        (SELECT max(verified_at) FROM ledger.verifications),
        (SELECT min(applied_at) FROM public.medsettle_migrations)
    ))::float8 AS age
"""
_NOW = "SELECT clock_timestamp()"


async def keep_gauges_read(pool: Pool, cut_off: time) -> None:
    """Read until cancelled."""
    balances = ImbalanceWatch(pool)
    while True:
        try:
            metrics.LEDGER_CHECKED.inc(await balances.look())
            metrics.LEDGER_IMBALANCE.set(balances.fen)
            async with transaction(pool, snapshot=True) as connection:
                await _read(connection, cut_off)
            metrics.GAUGES_READ_AT.set(clock.time())
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("gauges").inc()
            _log.warning("gauges_wait", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the time of the last reading tells that they are old
            metrics.RETRIES.labels("gauges").inc()
            _log.error("gauges_failed", **logs.failure(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def _read(connection: Connection, cut_off: time) -> None:
    expiring, overdue = await _row(connection, _HOLDS)
    metrics.HOLDS_EXPIRING.set(expiring)
    metrics.HOLDS_OVERDUE.set(overdue or 0.0)
    _tell_states(await connection.fetch(_DAYS), _DAY_STATES, metrics.DAYS, metrics.DAY_AGE)
    _tell_states(await connection.fetch(_BREAKS), _OPEN_BREAK_STATES, metrics.BREAKS, metrics.BREAK_AGE)
    metrics.DAY_UNSEALED.set(await _unsealed_seconds(connection, cut_off))
    metrics.FILES_UNWRITTEN.set(await connection.fetchval(_FILES_UNWRITTEN))
    metrics.BANKS_HELD.set(await _banks_held(connection))
    waiting = await waiting_files(connection)
    metrics.FILE_UNACKNOWLEDGED.set(max((file.banking_days for file in waiting), default=0))
    metrics.LINES_UNACKNOWLEDGED.set(sum(file.lines for file in waiting))
    metrics.RUN_AGE.set(await connection.fetchval(_WAITING) or 0.0)
    broken, age = await _row(connection, _VERIFIED)
    metrics.VERIFY_BROKEN.set(broken)
    metrics.VERIFY_AGE.set(age)


async def _row(connection: Connection, query: str) -> tuple[Any, ...]:
    row = await connection.fetchrow(query)
    assert row is not None
    return tuple(row)


async def _banks_held(connection: Connection) -> int:
    days = await connection.fetch(_SEALED)
    return len({held.bank for (day,) in days for held in await held_banks(connection, day)})


async def _unsealed_seconds(connection: Connection, cut_off: time) -> float:
    day = await next_to_seal(connection)
    if day is None:
        return 0.0
    ends_at = (await read_business_days(connection, cut_off)).end(day)
    now: datetime = await connection.fetchval(_NOW)
    return max(0.0, (now - ends_at).total_seconds())


def _tell_states(rows: Iterable[Any], states: tuple[str, ...], counts: Gauge, ages: Gauge) -> None:
    found = {state: (count, age) for state, count, age in rows}
    for state in states:
        count, age = found.get(state, (0, 0.0))
        counts.labels(state).set(count)
        ages.labels(state).set(age)
