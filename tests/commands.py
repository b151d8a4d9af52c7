"""The `medsettle` command, each run in a process of its own that starts in milliseconds.

A process is forked from a server that has imported what commands import; otherwise it is what `python -m app` is, with
arguments, environment, standard streams, exit code and signals of its own.
"""

import atexit
import os
import runpy
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import connection, get_context
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:  # what is imported here, every command would import anew
    from tests.builders import Database

#: A database, as the application has it, or settings as variables of the environment.
Where: TypeAlias = "Database | Mapping[str, str] | None"

#: By the server, once. Whatever else a command needs it imports itself; pyarrow has to be left to it, because it starts
#: a thread, and whoever forks must have one alone.
IMPORTED = [
    "app.cli",
    "app.clearing.day_archive.archive",
    "app.clearing.reconciliation.desk",
    "app.clearing.trace_text",
    "app.funding.adjustments",
    "app.funding.contributions",
    "app.loading",
    "app.national.signers",
    "app.routes.account_states",
    "app.routes.agency",
    "app.routes.mutual_aid",
    "app.routes.persons",
    "app.scheduler",
    "app.settlement.dead_letter_desk",
    "app.settlement.receipt_check",
    "app.settlement.receipt_desk",
    "app.settlement.region_rules",
    "app.verify",
    "uvloop",
]
_FORKING = get_context("forkserver")
_FORKING.set_forkserver_preload(IMPORTED)

_SECONDS_MAX = 120.0  # no measure of speed: a machine that is busy with other things may take its time
_STREAMS = ("stdin", "stdout", "stderr")


def medsettle(
    *words: str | Path, on: Where = None, typed: str = "", **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run a command to its end, with what is typed and further variables of its environment."""
    with running(*words, on=on, typed=typed, **environment) as command:
        exit_code = command.wait()
        return subprocess.CompletedProcess(command.words, exit_code, command.read("stdout"), command.read("stderr"))


@contextmanager
def running(*words: str | Path, on: Where = None, typed: str = "", **environment: str) -> Iterator["Command"]:
    """The same while it runs. At the end of the block it is killed if it is still there."""
    arguments, variables = [str(word) for word in words], _outside() | _settings(on) | environment
    with TemporaryDirectory(prefix="medsettle-command-") as folder:
        streams = Path(folder)
        for name in _STREAMS:
            (streams / name).write_text(typed if name == "stdin" else "", encoding="utf-8")
        process = _FORKING.Process(target=_become, args=(arguments, variables, streams, Path.cwd()), daemon=True)
        process.start()
        try:
            yield Command(arguments, process, streams)
        finally:
            process.kill()
            process.join()
            process.close()


@dataclass(frozen=True, slots=True)
class Command:
    words: list[str]
    process: ForkServerProcess
    streams: Path

    def wait(self) -> int:
        """Its exit code; that of a signal is negative."""
        if not connection.wait([self.process.sentinel], _SECONDS_MAX):
            raise subprocess.TimeoutExpired(self.words, _SECONDS_MAX, self.read("stdout"), self.read("stderr"))
        self.process.join()
        assert self.process.exitcode is not None
        return self.process.exitcode

    def is_over(self) -> bool:
        return not self.process.is_alive()

    def stop(self) -> int:
        """Its exit code after SIGTERM."""
        self.process.terminate()
        return self.wait()

    def read(self, stream: str) -> str:
        """What it has written so far."""
        return (self.streams / stream).read_text(encoding="utf-8")


def _outside() -> dict[str, str]:
    """The environment of the tests without settings, so that a command has those alone that its test names."""
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MEDSETTLE_")}
    return outside | {"COLUMNS": "200"}


def _settings(on: Where) -> dict[str, str]:
    if on is None:
        return {}
    return dict(on) if isinstance(on, Mapping) else {"MEDSETTLE_DATABASE_URL": on.app_url}


def _become(words: list[str], environment: dict[str, str], streams: Path, folder: Path) -> None:
    """In the new process: what an interpreter does between its start and its end."""
    for number, name in enumerate(_STREAMS):
        opened = os.open(streams / name, os.O_RDWR | os.O_APPEND)
        os.dup2(opened, number)
        os.close(opened)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(folder)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["medsettle", *words]
    try:
        runpy.run_module("app", run_name="__main__", alter_sys=True)
    finally:
        atexit._run_exitfuncs()  # the end of a forked process leaves them out
