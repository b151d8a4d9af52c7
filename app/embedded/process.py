"""Child processes that die with this one, even when it is killed with SIGKILL.

The kernel sends a child its death signal when the *thread* that started it ends, not the process:
so children are started from the main thread only, and `spawn` refuses any other.
"""

import asyncio
import os
import pwd
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Final

from app.embedded.disk import full_disk, is_full, refusals_explained
from app.errors import StackError

POLL_SECONDS: Final = 0.02
TAIL_LINES_MAX: Final = 12
TAIL_BYTES_MAX: Final = 8_192

# Without this look at the parent, a child whose parent dies before the death signal is set would live on. All that is
# started shares the cores of one machine, so on waking it waits for who runs (ADR 37), where that is allowed.
_EXEC_IF_PARENT_LIVES: Final = '[ "$PPID" -eq "$0" ] && { chrt --batch -p 0 $$ 2>/dev/null; exec "$@"; }'


@dataclass(frozen=True, slots=True)
class Account:
    """The user that a child runs as, where it is not our own."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Child:
    """A running child and the part of its log that it wrote."""

    name: str
    log: Path
    _process: subprocess.Popen[bytes]
    _log_start: int

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs, negative for the signal that ended it."""
        return self._process.poll()

    def log_text(self) -> str:
        """The end of what this run has logged."""
        with self.log.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(self._log_start, end - TAIL_BYTES_MAX))
            return file.read().decode(errors="replace")

    def failure(self, reason: str) -> StackError:
        """An error that shows the reason, the last lines of the log and where to find the rest."""
        text, folder = self.log_text(), self.log.parent
        if "No space left on device" in text or "Disk quota exceeded" in text or is_full(folder):
            reason = f"{reason}. {full_disk(folder)}"
        tail = [f"  {line}" for line in text.splitlines()[-TAIL_LINES_MAX:]]
        return StackError("\n".join([reason, f"The end of {self.log}:", *tail]))

    async def ended(self, seconds_max: float) -> bool:
        """Wait for its end; False if it still runs after the given time."""
        deadline = time.monotonic() + seconds_max
        while self.exit_code is None:
            if time.monotonic() > deadline:
                return False
            await asyncio.sleep(POLL_SECONDS)
        return True

    async def stop(self, *steps: tuple[Signals, float]) -> None:
        """Send each signal in turn and wait its seconds; then, or when cancelled, SIGKILL."""
        try:
            for signal, seconds_max in steps:
                self._process.send_signal(signal)
                if await self.ended(seconds_max):
                    return
        finally:
            self.kill()

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


def spawn(
    name: str,
    argv: Sequence[str | Path],
    *,
    log: Path,
    death_signal: Signals,
    account: Account | None = None,
    env: Mapping[str, str] | None = None,
) -> Child:
    """Start a child that gets `death_signal` when this process ends; its output is appended to `log`."""
    if threading.current_thread() is not threading.main_thread():
        raise StackError(f"{name} must be started from the main thread: it would die with any other")
    command = [
        *_setpriv(death_signal, account),
        *("sh", "-c", _EXEC_IF_PARENT_LIVES, str(os.getpid())),
        *map(str, argv),
    ]
    with refusals_explained(log.parent), log.open("ab") as output:
        log_start = output.tell()  # before the child moves the offset, which it shares
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            cwd=log.parent,
            env=env,
            start_new_session=True,  # Ctrl-C is for us alone: we stop the children in order
        )
        return Child(name, log, process, log_start)


def service_account(folder: Path) -> Account | None:
    """Who runs Postgres on `folder`, since it refuses to run as root; None for ourselves."""
    if os.geteuid() != 0:
        return None
    owner = folder.stat() if folder.exists() else None
    if owner and owner.st_uid != 0:
        return Account(owner.st_uid, owner.st_gid)
    try:
        nobody = pwd.getpwnam("nobody")
    except KeyError:
        raise StackError("Postgres cannot run as root and there is no user `nobody`: run as a user") from None
    return Account(nobody.pw_uid, nobody.pw_gid)


def _setpriv(death_signal: Signals, account: Account | None) -> list[str]:
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    if setpriv is None:
        raise StackError(
            "The embedded stack needs Linux and the command `setpriv`: install the package util-linux, "
            "or set MEDSETTLE_DATABASE_URL and MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS to use servers of your own"
        )
    command = [setpriv, f"--pdeathsig={death_signal.name}"]
    if account:
        # dac_override: binaries and data may lie below folders that only root may enter, such as /root.
        command += [
            f"--reuid={account.uid}",
            f"--regid={account.gid}",
            "--clear-groups",
            "--inh-caps=+dac_override",
            "--ambient-caps=+dac_override",
        ]
    return command
