"""`medsettle dev` and `medsettle demo` as a newcomer runs them: whole, from the command, in a process of their own."""

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import orjson
import psutil
import pytest

SECONDS_MAX = 240

pytestmark = [pytest.mark.processes, pytest.mark.xdist_group("dev")]


def command(*words: str) -> list[str]:
    return [sys.executable, "-m", "app", *words]


def eventually(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS_MAX
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


@pytest.fixture(scope="module")
def dev(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[subprocess.Popen[str], Path]]:
    folder = tmp_path_factory.mktemp("dev")
    process = subprocess.Popen(
        command("dev", "--data-dir", str(folder), "--persons", "120"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    eventually(lambda: process.stdout is not None and process.stdout.readline() == "ready\n")
    yield process, folder / "dev.json"
    process.send_signal(signal.SIGINT)
    process.wait(SECONDS_MAX)
    process.stdout.close()


def described(path: Path) -> dict[str, Any]:
    description: dict[str, Any] = orjson.loads(path.read_bytes())
    return description


def payment_of(description: dict[str, Any], message_id: str) -> dict[str, Any]:
    person = description["samples"]["persons"][0]
    return {
        "institution": description["samples"]["institutions"][0]["code"],
        "message_id": message_id,
        "kind": "payment",
        "person_no": person["person_no"],
        "amount": 100,
        "med_type": "11",
        "card": {"cert_type": "03", "card_no": person["card_no"], "card_sn": person["card_sn"]},
    }


GUIDE = Path(__file__).parents[2] / "docs" / "guide-hospital.md"
CLIENTS = Path(__file__).parents[2] / "clients" / "python"


@pytest.mark.parametrize("curl", ["its own curl", "the machine's curl"])
def test_the_guide_for_hospitals_is_true(dev: tuple[subprocess.Popen[str], Path], tmp_path: Path, curl: str) -> None:
    """Every block is run in its order, as a reader would; one that has no curl has our own."""
    (tmp_path / ".medsettle").mkdir()
    (tmp_path / ".medsettle" / "dev").symlink_to(dev[1].parent)
    if curl == "its own curl" or shutil.which("curl") is None:
        shim = tmp_path / "bin" / "curl"
        shim.parent.mkdir()
        shim.write_text(f'#!/bin/sh\nexec {sys.executable} -m tests.curl "$@"\n')
        shim.chmod(0o755)
    blocks = re.findall(r"```(sh|python)\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    assert [language for language, _ in blocks] == ["sh"] * 6 + ["python"]
    script = "set -euo pipefail\n"
    for number, (language, text) in enumerate(blocks):
        script += f"echo '--- {number}'\n"
        script += text if language == "sh" else f"{sys.executable} - <<'PYTHON'\n{text}PYTHON\n"
    environment = {
        **os.environ,
        "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
        "PYTHONPATH": f"{CLIENTS}:{CLIENTS.parents[1]}",
    }
    ran = subprocess.run(
        ["/bin/bash", "-c", script],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    ready, first, repeat, found, refused, day, python = re.split(r"--- \d\n", ran.stdout)[1:]
    assert "ready" in ready
    assert "201 Created" in first
    assert '"status":"settled"' in first
    assert "200 OK" in repeat
    assert "idempotency-replayed: true" in repeat.lower()
    assert '"replayed":true' in repeat
    assert '"status":"settled"' in found
    assert '"code":"message_key_missing"' in refused
    assert day.count('"kind":"refund"') >= 2  # in its own answer, and in the feed or the export at least
    assert python.startswith("settled ok ")
    assert "\n3 " in python


def test_dev_describes_what_a_client_needs(dev: tuple[subprocess.Popen[str], Path]) -> None:
    description = described(dev[1])
    assert set(description) == {
        "base_url", "kafka_bootstrap_servers", "topics", "database_url", "api_keys", "pids", "samples",
    }  # fmt: skip
    assert set(description["topics"]) == {"transactions", "outcomes", "dlq"}
    assert set(description["api_keys"]) == {"institution", "bank", "agency", "operator", "auditor"}
    assert all(psutil.pid_exists(pid) for pid in description["pids"].values())
    assert set(description["pids"]) == {"api", "worker", "scheduler", "postgres", "broker"}
    assert dev[1].stat().st_mode & 0o077 == 0


def test_a_payment_with_the_samples_settles_and_its_repeat_is_a_replay(
    dev: tuple[subprocess.Popen[str], Path],
) -> None:
    description = described(dev[1])
    message = payment_of(description, "dev-0001")
    address = f"{description['base_url']}/v1/transactions"
    headers = {"Authorization": f"Bearer {description['samples']['institutions'][0]['api_key']}"}
    first, second = (httpx.post(address, json=message, headers=headers) for _ in range(2))
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json()["status"] == "settled"
    assert second.json() == first.json() | {"replayed": True}


def test_the_keys_are_those_of_their_roles(dev: tuple[subprocess.Popen[str], Path]) -> None:
    description = described(dev[1])
    person_no = description["samples"]["persons"][0]["person_no"]
    address = f"{description['base_url']}/v1/persons/{person_no}/entries"
    statuses = {
        role: httpx.get(address, headers={"Authorization": f"Bearer {key}"}).status_code
        for role, key in description["api_keys"].items()
    }
    assert statuses == {"institution": 403, "bank": 403, "agency": 200, "operator": 200, "auditor": 200}


def test_a_killed_worker_is_started_again(dev: tuple[subprocess.Popen[str], Path]) -> None:
    before = described(dev[1])["pids"]["worker"]
    os.kill(before, signal.SIGKILL)
    eventually(lambda: described(dev[1])["pids"]["worker"] != before)
    assert psutil.pid_exists(described(dev[1])["pids"]["worker"])


def test_dev_on_a_taken_port_says_so(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        for option in ("--port", "--kafka-port"):
            run = subprocess.run(
                command("dev", "--data-dir", str(tmp_path), option, str(port)),
                capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
            )  # fmt: skip
            assert run.returncode == 1
            assert str(port) in run.stderr
            assert "Traceback" not in run.stderr


def test_ctrl_c_stops_everything(tmp_path: Path) -> None:
    process = subprocess.Popen(
        command("dev", "--data-dir", str(tmp_path), "--persons", "50"), stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    eventually(lambda: process.stdout is not None and process.stdout.readline() == "ready\n")
    pids = described(tmp_path / "dev.json")["pids"]
    process.send_signal(signal.SIGINT)
    assert process.wait(SECONDS_MAX) == 0
    process.stdout.close()
    assert [pid for pid in pids.values() if psutil.pid_exists(pid)] == []


def test_the_demo_adds_up(tmp_path: Path) -> None:
    run = subprocess.run(
        command("demo", "--transactions", "4000", "--persons", "400", "--data-dir", str(tmp_path)),
        capture_output=True, text=True, timeout=2 * SECONDS_MAX, check=False,
    )  # fmt: skip
    assert run.returncode == 0, run.stderr
    assert "was killed with SIGKILL" in run.stdout
    assert "The ledger is whole" in run.stdout
    assert "pays again what" in run.stdout
    assert "Everything adds up." in run.stdout


def test_a_command_without_servers_says_what_to_set() -> None:
    run = subprocess.run(
        command("verify"),
        capture_output=True, text=True, timeout=SECONDS_MAX, check=False,
        env={**os.environ, "MEDSETTLE_DATABASE_URL": ""},
    )  # fmt: skip
    assert run.returncode == 1
    assert run.stderr.startswith("medsettle: Set MEDSETTLE_DATABASE_URL")
