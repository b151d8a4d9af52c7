"""The scheduler process: seals each business day soon after its cut-off, and reads what operators watch.

Of many replicas one seals at a time; each reads.
"""

import asyncio
import signal
from datetime import timedelta

from app import logs
from app.clearing.gauges import keep_gauges_read
from app.clearing.seal import Sealer, sealing
from app.config import Settings
from app.database import open_pool
from app.errors import DatabaseUnavailable
from app.probes import Probes
from app.readiness import keep_readiness_told
from app.settlement.days import keep_days_prepared
from app.tasks import start_beside, stop_beside

_log = logs.get(__name__)

_EVERY_SECONDS = 1.0
# Batches of the day that are under way end by themselves, and need not run again as the next day's.
_GRACE = timedelta(seconds=2)


async def run_scheduler(settings: Settings) -> None:
    """Run until SIGTERM or SIGINT. A seal that is interrupted goes on with the next process."""
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
        except Exception as error:  # noqa: BLE001 - the day stays unsealed and shows; it must be tried again
            _log.error("seal_failed", **logs.failure(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def _seal_what_is_due(sealer: Sealer) -> None:
    """Seal every day that is over, in order. Raises DatabaseUnavailable."""
    while (day := await sealer.due(since=_GRACE)) is not None:
        await sealer.seal(day)
        _log.info("day_sealed", business_day=str(day))
