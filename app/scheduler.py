"""The scheduler process: seals each business day soon after its cut-off, writes its files, reads what operators watch.

Of many replicas one seals at a time, and one writes; each reads.
"""

import asyncio
import signal
from collections.abc import Sequence
from datetime import date, timedelta

from app import logs, metrics
from app.clearing.acknowledgments.taking import finish
from app.clearing.files.drawing import HeldBank
from app.clearing.files.writing import days_to_file, write_files
from app.clearing.gauges import keep_gauges_read
from app.clearing.seal import Sealer, sealing
from app.codes import Code
from app.config import Settings
from app.database import Pool, open_pool, transaction
from app.errors import DatabaseUnavailable, Refused
from app.probes import Probes
from app.process_board import keep_told
from app.readiness import keep_readiness_told
from app.settlement.days import keep_days_prepared
from app.signing import SigningKeys, read_keys
from app.tasks import start_beside, stop_beside

_log = logs.get(__name__)

_EVERY_SECONDS = 1.0
# What could not be written waits for an operator or for Postgres.
_AGAIN_SECONDS = 5.0
# Batches of the day that are under way end by themselves, and need not run again as the next day's.
_GRACE = timedelta(seconds=2)


async def run_scheduler(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. What is interrupted goes on with the next process.

    Raises UsageError for a bad signing key.
    """
    keys = read_keys(settings.signing_key, settings.retired_signing_keys)
    stopping = asyncio.Event()
    probes = Probes()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    url = settings.database_url.get_secret_value()
    async with await open_pool(url, size_max=2, application_name="medsettle scheduler") as pool:
        _log.info("metrics_served", port=probes.serve(settings.scheduler_metrics_host, settings.scheduler_metrics_port))
        beside = start_beside(
            probes.keep_beating(),
            keep_readiness_told(pool, probes),
            keep_days_prepared(pool),
            keep_gauges_read(pool, settings.cut_off),
            _keep_days_sealed(url, settings),
            _keep_days_filed(pool, url, settings, keys),
            _keep_acknowledgments_finished(url, settings),
            keep_told(pool, "scheduler"),
        )
        _log.info("scheduler_started")
        await stopping.wait()
        probes.drain()
        await stop_beside(beside)
    _log.info("scheduler_stopped")


async def _keep_days_sealed(url: str, settings: Settings) -> None:
    while True:
        try:
            async with sealing(url, settings.cut_off) as sealer:
                while True:
                    await _seal_what_is_due(sealer)
                    await asyncio.sleep(_EVERY_SECONDS)
        except DatabaseUnavailable as error:
            _log.warning("seal_waits", error=type(error).__name__)
        except Refused as refused:
            metrics.SEAL_BROKEN.set(refused.code == Code.JOURNAL_BROKEN)
            _log.error("seal_refused", code=refused.code, detail=refused.detail)
        except Exception as error:  # noqa: BLE001 - the day stays unsealed and shows; it must be tried again
            _log.error("seal_failed", **logs.failure(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def _seal_what_is_due(sealer: Sealer) -> None:
    """Seal every day that is over, in order. Raises DatabaseUnavailable."""
    while (day := await sealer.due(since=_GRACE)) is not None:
        await sealer.seal(day)
        _log.info("day_sealed", business_day=str(day))
    metrics.SEAL_BROKEN.set(0)


async def _keep_days_filed(pool: Pool, url: str, settings: Settings, keys: SigningKeys) -> None:
    """Write what sealed days lack; what could not be written is tried again every few seconds."""
    held: dict[date, Sequence[HeldBank]] = {}
    while True:
        days: list[date] = []
        try:
            async with transaction(pool) as connection:
                days = await days_to_file(connection)
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("files").inc()
            _log.warning("files_wait", error=type(error).__name__)
        for day in days:
            held[day] = await _file_day(url, settings, day, keys, held.get(day, ()))
        await asyncio.sleep(_AGAIN_SECONDS if days else _EVERY_SECONDS)


async def _file_day(
    url: str, settings: Settings, day: date, keys: SigningKeys, held: Sequence[HeldBank]
) -> Sequence[HeldBank]:
    """Returns which banks are held over; told once. What fails on one day holds up no other."""
    try:
        filing = await write_files(url, settings.cut_off, day, keys)
    except DatabaseUnavailable as error:
        metrics.RETRIES.labels("files").inc()
        _log.warning("files_wait", business_day=str(day), error=type(error).__name__)
    except Refused as error:
        metrics.RETRIES.labels("files").inc()
        _log.error("files_refused", business_day=str(day), code=error.code, detail=error.detail)
    except Exception as error:  # noqa: BLE001 - the day stays unfiled and shows; it must be tried again
        metrics.RETRIES.labels("files").inc()
        _log.error("files_failed", business_day=str(day), **logs.failure(error))
    else:
        if filing.files:
            _log.info("files_written", business_day=str(day), files=filing.files, state=filing.state)
        for bank in filing.held if filing.held != held else ():
            _log.warning("bank_held_over", business_day=str(day), bank=bank.bank, reason=bank.reason)
        return filing.held
    return held


async def _keep_acknowledgments_finished(url: str, settings: Settings) -> None:
    """Return what a crash left with banks, and see which days are acknowledged."""
    while True:
        try:
            finished = await finish(url, settings.cut_off)
            if finished:
                _log.info("acknowledgments_finished", count=finished)
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("acknowledgments").inc()
            _log.warning("acknowledgments_wait", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - the money stays with the bank and shows; it must be tried again
            metrics.RETRIES.labels("acknowledgments").inc()
            _log.error("acknowledgments_failed", **logs.failure(error))
        await asyncio.sleep(_AGAIN_SECONDS)
