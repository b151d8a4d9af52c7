"""What a load runs against: a whole installation on a temporary folder, and what its ledger must hold afterwards."""

import asyncio
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from signal import SIGTERM

from app.database import connect
from app.embedded.process import Child, spawn
from app.verify import print_report, run_verify

_READY_SECONDS_MAX = 120.0
_STOP_SECONDS_MAX = 60.0
_PUBLISHED_SECONDS_MAX = 30.0


@contextmanager
def standing(persons: int) -> Iterator[Path]:
    """Its dev.json, beside which there is room for files; all is gone when the block ends."""
    with tempfile.TemporaryDirectory(prefix="medsettle-load-") as name:
        folder = Path(name)
        installation = _start(folder, persons)
        try:
            _wait_until_ready(installation)
            yield folder / "dev.json"
        finally:
            asyncio.run(installation.stop((SIGTERM, _STOP_SECONDS_MAX)))


async def holds_exactly(
    database_url: str, answered: Counter[str], *, unanswered: int = 0, by_status: bool = True
) -> bool:
    """Compare the ledger with what was answered as recorded, by kind or by `kind status`; then check the ledger.

    unanswered: how many transactions were sent whose answer nobody waited for; these may be recorded or not.
    """
    recorded, unpublished = await _recorded(database_url, by_status=by_status)
    report = await run_verify(database_url)
    print_report(report)
    print(f"{answered.total():,} transactions were answered as recorded; {recorded.total():,} are recorded")
    for kind in sorted(answered.keys() | recorded.keys()):
        print(f"  {kind}: {answered[kind]:,} and {recorded[kind]:,}")
    if unanswered:
        print(f"{unanswered:,} more were sent whose senders left before the answer; of these some may be recorded")
    print(f"{unpublished:,} batches of outcomes have not reached Kafka")
    is_held = answered <= recorded and recorded.total() - answered.total() <= unanswered
    return report.ok and is_held and not unpublished


async def _recorded(database_url: str, *, by_status: bool) -> tuple[Counter[str], int]:
    """What is recorded, by kind and status and without the opening money; and batches that Kafka does not have.

    Outcomes get some time to reach it.
    """
    connection = await connect(database_url, application_name="medsettle load test")
    try:
        end = time.monotonic() + _PUBLISHED_SECONDS_MAX
        while True:
            unpublished: int = await connection.fetchval(
                "SELECT count(*) FROM ledger.batches WHERE published_at IS NULL"
            )
            if not unpublished or time.monotonic() > end:
                break
            await asyncio.sleep(0.2)
        rows = await connection.fetch(
            "SELECT CASE WHEN $1 THEN kind || ' ' || status ELSE kind END AS name, count(*)"
            " FROM settlement.settlements WHERE kind <> 'contribution' GROUP BY 1",
            by_status,
        )
        return Counter({row["name"]: row["count"] for row in rows}), unpublished
    finally:
        await connection.close()


def _start(folder: Path, persons: int) -> Child:
    command = [sys.executable, "-m", "app", "dev", f"--data-dir={folder}", f"--persons={persons}"]
    servers = ("MEDSETTLE_DATABASE_URL", "MEDSETTLE_OWNER_DATABASE_URL", "MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS")
    env = {name: value for name, value in os.environ.items() if name not in servers}
    return spawn("medsettle dev", command, log=folder / "dev.log", death_signal=SIGTERM, env=env)


def _wait_until_ready(installation: Child) -> None:
    end = time.monotonic() + _READY_SECONDS_MAX
    while "ready" not in installation.log_text().splitlines():
        if installation.exit_code is not None or time.monotonic() > end:
            raise installation.failure("The installation did not become ready")
        time.sleep(0.1)
