"""`make load`: the whole installation on a temporary folder, locust at its door, and afterwards the proof.

Exit code 1 if any answer was not the expected one, the ledger does not hold what was answered as recorded, an outcome
did not reach Kafka, or the ledger is not whole.
"""

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from signal import SIGTERM
from typing import Any

import orjson
from app.database import connect
from app.embedded.process import Child, spawn
from app.errors import MedsettleError
from app.verify import print_report, run_verify

_REPOSITORY = Path(__file__).resolve().parent.parent
_READY_SECONDS_MAX = 120.0
_STOP_SECONDS_MAX = 60.0
_PUBLISHED_SECONDS_MAX = 30.0
_FINISH_SECONDS_MAX = 20


def main() -> int:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="medsettle-load-") as name:
        folder = Path(name)
        installation = _start_installation(folder, options.persons)
        try:
            dev = _wait_until_ready(installation, folder / "dev.json")
            counts = folder / "counts.json"
            succeeded = _run_locust(options, folder / "dev.json", counts)
            answered = Counter(orjson.loads(counts.read_bytes()))
            return 0 if asyncio.run(_proved(dev["database_url"], answered)) and succeeded else 1
        finally:
            asyncio.run(installation.stop((SIGTERM, _STOP_SECONDS_MAX)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.run", description=__doc__)
    parser.add_argument("--users", type=int, default=60, help="customers at once")
    parser.add_argument("--spawn-rate", type=int, default=30, help="customers that come a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--persons", type=int, default=1_000, help="made persons")
    parser.add_argument("--html", type=Path, default=Path("build/load.html"), help="where locust writes its report")
    return parser.parse_args()


def _start_installation(folder: Path, persons: int) -> Child:
    command = [sys.executable, "-m", "app", "dev", f"--data-dir={folder}", f"--persons={persons}"]
    servers = ("MEDSETTLE_DATABASE_URL", "MEDSETTLE_OWNER_DATABASE_URL", "MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS")
    env = {name: value for name, value in os.environ.items() if name not in servers}
    return spawn("medsettle dev", command, log=folder / "dev.log", death_signal=SIGTERM, env=env)


def _wait_until_ready(installation: Child, description: Path) -> dict[str, Any]:
    end = time.monotonic() + _READY_SECONDS_MAX
    while "ready" not in installation.log_text().splitlines():
        if installation.exit_code is not None or time.monotonic() > end:
            raise installation.failure("The installation did not become ready")
        time.sleep(0.1)
    found: dict[str, Any] = orjson.loads(description.read_bytes())
    return found


def _run_locust(options: argparse.Namespace, dev: Path, counts: Path) -> bool:
    html = options.html.absolute()
    html.parent.mkdir(parents=True, exist_ok=True)
    command: list[str | Path] = [sys.executable, "-m", "locust", "-f", _REPOSITORY / "loadtests" / "locustfile.py"]
    command += ["--headless", "--only-summary", "--exit-code-on-error", "1", "--html", html]
    command += ["-u", str(options.users), "-r", str(options.spawn_rate), "-t", f"{options.seconds}s"]
    # Requests in hand are answered first, else the ledger would hold more than was counted.
    command += ["--stop-timeout", str(_FINISH_SECONDS_MAX)]
    env = {**os.environ, "MEDSETTLE_DEV_JSON": str(dev), "MEDSETTLE_LOAD_COUNTS": str(counts)}
    return subprocess.run(command, env=env, cwd=_REPOSITORY, check=False).returncode == 0


async def _proved(database_url: str, answered: Counter[str]) -> bool:
    """Compare the ledger with what the customers were told, then check the ledger itself."""
    recorded, unpublished = await _recorded(database_url)
    report = await run_verify(database_url)
    print_report(report)
    print(f"{answered.total():,} transactions were answered as recorded; {recorded.total():,} are recorded")
    for kind in sorted(answered.keys() | recorded.keys()):
        print(f"  {kind}: {answered[kind]:,} and {recorded[kind]:,}")
    print(f"{unpublished:,} batches of outcomes have not reached Kafka")
    return report.ok and recorded == answered and not unpublished


async def _recorded(database_url: str) -> tuple[Counter[str], int]:
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
            "SELECT kind, status, count(*) FROM settlement.settlements WHERE kind <> 'contribution'"
            " GROUP BY kind, status"
        )
        return Counter({f"{kind} {status}": count for kind, status, count in rows}), unpublished
    finally:
        await connection.close()


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MedsettleError as error:
        sys.exit(f"load: {error}")
