"""What a worker and a scheduler answer to the orchestrator."""

import socket
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from urllib.error import HTTPError

import pytest
from app.cli import cli
from app.config import settings
from app.probes import STALLED_SECONDS, Probes
from typer.testing import CliRunner


class Clock:
    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def probes(clock: Clock) -> Probes:
    return Probes(clock=clock)


@pytest.fixture
def port(probes: Probes) -> int:
    return probes.serve("127.0.0.1", 0)


@pytest.fixture
def ask(port: int) -> Callable[[str], tuple[int, str]]:
    def answer(path: str) -> tuple[int, str]:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=10) as response:
                return response.status, response.read().decode()
        except HTTPError as error:
            with closing(error):
                return error.code, error.read().decode()

    return answer


Ask = Callable[[str], tuple[int, str]]


def test_a_process_is_alive_while_its_event_loop_turns(probes: Probes, clock: Clock, ask: Ask) -> None:
    clock.seconds = STALLED_SECONDS + 1
    assert ask("/health/live") == (503, '{"status":"stalled"}')
    probes.beat()
    assert ask("/health/live") == (200, '{"status":"live"}')


def test_a_process_has_started_once_it_knows_whether_it_is_ready(probes: Probes, ask: Ask) -> None:
    assert ask("/health/startup") == (503, '{"status":"starting"}')
    probes.tell("database away")
    assert ask("/health/startup") == (200, '{"status":"database away"}')


def test_a_process_is_ready_when_told_and_says_why_not(probes: Probes, ask: Ask) -> None:
    probes.tell("database not migrated")
    assert ask("/health/ready") == (503, '{"status":"database not migrated"}')
    probes.tell(None)
    assert ask("/health/ready") == (200, '{"status":"ready"}')


def test_a_process_that_drains_is_not_ready_again(probes: Probes, ask: Ask) -> None:
    probes.drain()
    probes.tell(None)
    assert ask("/health/ready") == (503, '{"status":"draining"}')


def test_metrics_are_served_beside_health(ask: Ask) -> None:
    status, text = ask("/metrics")
    assert status == 200
    assert "# TYPE python_info gauge" in text


def test_other_paths_are_not_found(ask: Ask) -> None:
    assert ask("/health")[0] == 404


# The command


@pytest.fixture
def listening_on(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], None]]:
    """Names the port of the worker; that of the api is one on which nothing listens."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))  # bound and not listening: connections are refused

        def set_port(port: int) -> None:
            monkeypatch.setenv("MEDSETTLE_API_PORT", str(unused.getsockname()[1]))
            monkeypatch.setenv("MEDSETTLE_WORKER_METRICS_PORT", str(port))
            settings.cache_clear()

        yield set_port
    settings.cache_clear()


def test_health_finds_the_process_that_listens_here(port: int, listening_on: Callable[[int], None]) -> None:
    listening_on(port)
    assert CliRunner().invoke(cli, ["health"]).exit_code == 0


def test_health_fails_where_a_process_has_stalled(clock: Clock, port: int, listening_on: Callable[[int], None]) -> None:
    listening_on(port)
    clock.seconds = STALLED_SECONDS + 1
    result = CliRunner().invoke(cli, ["health"])
    assert (result.exit_code, result.output) == (1, "not alive\n")


def test_health_fails_where_nothing_listens(listening_on: Callable[[int], None]) -> None:
    listening_on(0)
    result = CliRunner().invoke(cli, ["health"])
    assert result.exit_code == 1
    assert result.output.startswith("nothing listens on ")
