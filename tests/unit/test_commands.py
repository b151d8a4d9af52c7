"""What stands in for fresh processes in the tests of commands does what they do."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from tests.commands import IMPORTED, medsettle


@pytest.mark.parametrize("words", [("--help",), ("verify",)], ids=["help", "refused"])
def test_a_command_says_and_leaves_what_a_fresh_interpreter_does(words: tuple[str, ...]) -> None:
    outside = {name: value for name, value in os.environ.items() if not name.startswith("MEDSETTLE_")}
    fresh = subprocess.run(
        [sys.executable, "-m", "app", *words],
        env={**outside, "COLUMNS": "200"}, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    forked = medsettle(*words)
    assert fresh.stdout + fresh.stderr
    assert (forked.returncode, forked.stdout, forked.stderr) == (fresh.returncode, fresh.stdout, fresh.stderr)


def test_a_command_has_no_settings_but_those_it_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = medsettle("receipt", "new-key").stdout.strip()
    assert medsettle("receipt", "key", MEDSETTLE_SIGNING_KEY=entry).stdout.startswith("-----BEGIN PUBLIC KEY-----")
    monkeypatch.setenv("MEDSETTLE_SIGNING_KEY", entry)
    assert "Set MEDSETTLE_SIGNING_KEY" in medsettle("receipt", "key").stderr


def test_a_command_begins_in_the_folder_of_the_test(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ("key.pem", "receipt.json"):
        Path(name).write_text("none", encoding="ascii")
    assert "No public key" in medsettle("receipt", "verify", "receipt.json", "--key", "key.pem").stderr


def test_all_that_is_imported_ahead_is_there() -> None:
    """What is not there would be left out in silence, and each command be slow."""
    assert [name for name in IMPORTED if find_spec(name) is None] == []


def test_commands_are_forked_from_a_process_of_one_thread() -> None:
    """A lock that another thread holds at that moment would never be free in the command."""
    medsettle("--help")
    servers = [child for child in psutil.Process().children() if "multiprocessing.forkserver" in str(child.cmdline())]
    assert [server.num_threads() for server in servers] == [1]
