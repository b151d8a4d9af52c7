"""`make load`: the whole installation on a temporary folder, locust at its door, and afterwards the proof.

Exit code 1 if any answer was not the expected one, the ledger does not hold what was answered as recorded, an outcome
did not reach Kafka, or the ledger is not whole.
"""

import argparse
import asyncio
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import orjson
from app.errors import MedsettleError

from loadtests.stand import holds_exactly, standing

_REPOSITORY = Path(__file__).resolve().parent.parent
_FINISH_SECONDS_MAX = 20


def main() -> int:
    options = _options()
    with standing(options.persons) as dev:
        counts = dev.with_name("counts.json")
        succeeded = _run_locust(options, dev, counts)
        database_url = orjson.loads(dev.read_bytes())["database_url"]
        counted = orjson.loads(counts.read_bytes())
        held = holds_exactly(database_url, Counter(counted["recorded"]), unanswered=counted["unanswered"])
        return 0 if asyncio.run(held) and succeeded else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m loadtests.run", description=__doc__)
    parser.add_argument("--users", type=int, default=60, help="customers at once")
    parser.add_argument("--spawn-rate", type=int, default=30, help="customers that come a second")
    parser.add_argument("--seconds", type=int, default=20)
    parser.add_argument("--persons", type=int, default=1_000, help="made persons")
    parser.add_argument("--html", type=Path, default=Path("build/load.html"), help="where locust writes its report")
    return parser.parse_args()


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


if __name__ == "__main__":
    try:
        sys.exit(main())
    except MedsettleError as error:
        sys.exit(f"load: {error}")
