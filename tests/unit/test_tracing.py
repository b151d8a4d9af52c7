"""Spans where nobody collects them cost nothing, and what is told of a batch has bounds."""

import os
import subprocess
import sys
from collections.abc import Iterator, Sequence

import pytest
from aiokafka import ConsumerRecord, TopicPartition
from app import tracing
from app.config import Settings
from app.settlement.batch_spans import batch_from_http, batch_from_kafka
from app.tracing import Attributes, Kind, Span
from pydantic import ValidationError

_LOADED = "import json, sys; print(json.dumps([name for name in sys.modules if name.startswith('opentelemetry')]))"

_MAIN = "from app.cli import main; main()"
_SERVERS = {
    "MEDSETTLE_DATABASE_URL": "postgres://nobody@127.0.0.1:1/x",
    "MEDSETTLE_KAFKA_BOOTSTRAP_SERVERS": "x:1",
    "MEDSETTLE_OTLP_ENDPOINT": "http://127.0.0.1:1",
}


class Recorder:
    """Keeps what spans are linked to."""

    def __init__(self) -> None:
        self.links: list[str] = []

    def begin(self, name: str, attributes: Attributes, kind: Kind, caller: str, links: Sequence[str]) -> Span:
        self.links += links
        return Span()

    def here(self) -> str:
        return "here"


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    recorder = Recorder()
    with tracing.told_to(recorder):
        yield recorder


def python(code: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, **environment}, capture_output=True, text=True, check=False
    )


def record(offset: int, *headers: tuple[str, bytes]) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord("t", 0, offset, 0, 0, b"", b"", None, 0, 0, headers)


def test_processes_without_a_collector_load_nothing_of_opentelemetry() -> None:
    done = python(f"import app.worker, app.scheduler, app.sftp.process; {_LOADED}")
    assert (done.stdout, done.stderr) == ("[]\n", "")


def test_the_api_loads_no_more_of_it_than_fastapi_does() -> None:
    assert python(f"import app.main; {_LOADED}").stdout == python(f"import fastapi; {_LOADED}").stdout
    assert '"opentelemetry.sdk"' in python(f"import app.otlp; {_LOADED}").stdout


def test_without_a_collector_every_span_is_one_and_the_same_and_told_to_nobody() -> None:
    span = tracing.span("settle")
    assert span is tracing.span("publish", {"a": 1}, kind="producer", caller="x", links=["y"])
    assert span is batch_from_kafka({TopicPartition("t", 0): [record(0)]}, "t")
    assert (tracing.is_on(), span.is_told, tracing.here()) == (False, False, "")


def test_where_the_packages_are_missing_the_process_says_what_to_install() -> None:
    code = f"import sys; sys.modules['opentelemetry.sdk'] = None; sys.argv = ['medsettle', 'worker']; {_MAIN}"
    done = python(code, **_SERVERS)
    assert done.returncode == 1
    assert done.stderr == "medsettle: Traces need packages of OpenTelemetry: pip install 'medsettle[otel]'.\n"


@pytest.mark.parametrize(
    ("name", "says"),
    [("OTEL_BSP_MAX_QUEUE_SIZE", "max_queue_size"), ("OTEL_SPAN_LINK_COUNT_LIMIT", "OTEL_SPAN_LINK_COUNT_LIMIT")],
)
def test_a_variable_that_the_sdk_does_not_take_is_told_as_such(name: str, says: str) -> None:
    code = f"import sys; sys.argv = ['medsettle', 'worker']; {_MAIN}"
    done = python(code, **_SERVERS, **{name: "-1"})
    [said] = done.stderr.splitlines()
    assert done.returncode == 1
    assert said.startswith(f"medsettle: A variable OTEL_… has a value that cannot be: {says}")


@pytest.mark.parametrize(
    "endpoint", ["collector:4318", "grpc://collector:4317", "http://", "http://me:secret@collector"]
)
def test_an_endpoint_that_is_no_place_or_holds_a_login_is_refused(endpoint: str) -> None:
    with pytest.raises(ValidationError, match="otlp_endpoint"):
        Settings(otlp_endpoint=endpoint)


def test_a_batch_is_linked_to_at_most_32_of_its_producers_each_once(recorder: Recorder) -> None:
    records = [record(number, ("traceparent", b"%d" % (number // 2))) for number in range(100)]
    batch_from_kafka({TopicPartition("t", 0): [record(200), *records]}, "t")
    assert recorder.links == [str(number) for number in range(32)]


def test_a_group_is_linked_to_at_most_128_of_its_requests(recorder: Recorder) -> None:
    batch_from_http(300, ["", *map(str, range(299))])
    assert recorder.links == [str(number) for number in range(128)]
