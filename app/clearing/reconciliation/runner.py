"""Compares the details that wait, one run at a time in the whole installation, so that postings keep their core.

A run is one transaction: it may die anywhere, and whoever takes the turn next compares it from the beginning. The turn
is an advisory lock of the session, which a dead process loses.
"""

import asyncio
from datetime import datetime, time

import asyncpg

from app import logs, metrics
from app.clearing.reconciliation.comparison import compare_details
from app.clearing.reconciliation.runs import Run, fail_run, find_run
from app.clearing.reconciliation.session import session
from app.clearing.reconciliation.unmatched import Arrivals
from app.clearing.reconciliation.uploads import drop_rows, drop_unused, find_upload, rows_were_lost
from app.codes import Code
from app.config import ZONE
from app.database import Connection, Pool, Remedy, remedy, transaction
from app.errors import DatabaseUnavailable, Refused
from app.ledger.business_days import read_business_days

_log = logs.get(__name__)

_EVERY_SECONDS = 1.0
_ATTEMPTS_MAX = 5
_TURN = 0x7265636F  # "reco"

_NEXT = "SELECT run_id, attempts FROM reconciliation.runs WHERE state = 'waiting' ORDER BY run_id LIMIT 1"
# Before each attempt: a run that takes its process with it is given up too.
_COUNT_ATTEMPT = "UPDATE reconciliation.runs SET attempts = attempts + 1 WHERE run_id = $1"


async def keep_runs_compared(pool: Pool, url: str, cut_off: time) -> None:
    """Compare what waits and drop what nobody asked for, until cancelled."""
    while True:
        try:
            for run in await compare_waiting(pool, url, cut_off):
                _log.info("reconciled", run_id=run.run_id, state=run.state, is_equal=run.is_equal)
            await drop_unused(pool)
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("reconciliation").inc()
            _log.warning("reconciliation_waits", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - a run that fails every time is marked so; it must not stop the others
            metrics.RETRIES.labels("reconciliation").inc()
            _log.error("reconciliation_failed", **logs.failure(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def compare_waiting(pool: Pool, url: str, cut_off: time) -> list[Run]:
    """Compare all runs that wait; none while another process has the turn. Raises DatabaseUnavailable."""
    async with transaction(pool) as asking:
        if await asking.fetchrow(_NEXT) is None:
            return []
    done: list[Run] = []
    async with session(url) as connection:
        if not await connection.fetchval("SELECT pg_try_advisory_lock($1)", _TURN):
            return []
        while (waiting := await connection.fetchrow(_NEXT)) is not None:
            await _compare(connection, waiting["run_id"], waiting["attempts"], cut_off)
            done.append(await find_run(connection, waiting["run_id"]))
    return done


async def _compare(connection: Connection, run_id: int, attempts: int, cut_off: time) -> None:
    run = await find_run(connection, run_id)
    if attempts >= _ATTEMPTS_MAX:
        await _give_up(connection, run, Code.RECONCILIATION_FAILED)
        return
    await connection.execute(_COUNT_ATTEMPT, run_id)
    try:
        await _attempt(connection, run, cut_off)
    except Exception as error:
        # The way to the database failed: whoever is next tries. But a statement that takes too long will again.
        if remedy(error) is Remedy.WAIT and not isinstance(error, asyncpg.QueryCanceledError):
            raise
        metrics.RETRIES.labels("reconciliation").inc()
        _log.warning("reconciliation_again", run_id=run_id, **logs.failure(error))


async def _attempt(connection: Connection, run: Run, cut_off: time) -> None:
    assert run.upload_id is not None
    try:
        upload = await find_upload(connection, run.upload_id)
    except Refused:
        await _give_up(connection, run, Code.UPLOAD_LOST)
        return
    if await rows_were_lost(connection, upload):
        await _give_up(connection, run, Code.UPLOAD_LOST)
        return
    arrivals = Arrivals(await read_business_days(connection, cut_off), datetime.now(ZONE))
    # One snapshot: a row that is posted meanwhile is on neither side.
    async with connection.transaction(isolation="repeatable_read"):
        await compare_details(connection, run, upload, arrivals)


async def _give_up(connection: Connection, run: Run, code: Code) -> None:
    assert run.upload_id is not None
    async with connection.transaction():
        await fail_run(connection, run.run_id, code)
        await drop_rows(connection, run.upload_id)
