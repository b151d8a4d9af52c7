"""A collector of traces: takes what processes send by OTLP over HTTP, and keeps the bytes as they came."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1 import trace_pb2


class Told(NamedTuple):
    """A span; `links` are the spans that it is linked to, and `error` the type of what failed."""

    service: str
    name: str
    kind: str
    trace_id: str
    span_id: str
    parent: str
    links: list[str]
    attributes: dict[str, Any]
    events: list[str]
    error: str


class Collector:
    def __init__(self) -> None:
        #: Paths and bodies, in the order in which they came.
        self.received: list[tuple[str, bytes]] = []
        self.may_answer = Event()
        self.may_answer.set()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self.endpoint = f"http://127.0.0.1:{self._server.server_port}"

    @contextmanager
    def running(self) -> Iterator["Collector"]:
        thread = Thread(target=self._server.serve_forever)
        thread.start()
        try:
            yield self
        finally:
            self.may_answer.set()
            self._server.shutdown()
            self._server.server_close()
            thread.join()

    @property
    def raw(self) -> bytes:
        return b"\n".join([body for _, body in self.received])

    @property
    def spans(self) -> list[Told]:
        """In the order in which they ended, for each process."""
        return [span for _, body in self.received for span in _spans(body)]

    def named(self, name: str) -> list[Told]:
        return [span for span in self.spans if span.name == name]


def _handler(collector: Collector) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            collector.received.append((self.path, body))
            collector.may_answer.wait()
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


def _spans(body: bytes) -> Iterator[Told]:
    for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
        service = _plain(resource.resource.attributes)["service.name"]
        for scope in resource.scope_spans:
            for span in scope.spans:
                attributes = _plain(span.attributes)
                is_error = span.status.code == trace_pb2.Status.STATUS_CODE_ERROR
                yield Told(
                    service,
                    span.name,
                    trace_pb2.Span.SpanKind.Name(span.kind).removeprefix("SPAN_KIND_").lower(),
                    span.trace_id.hex(),
                    span.span_id.hex(),
                    span.parent_span_id.hex(),
                    [link.span_id.hex() for link in span.links],
                    attributes,
                    [event.name for event in span.events],
                    attributes["error.type"] if is_error else "",
                )


def _plain(attributes: Any) -> dict[str, Any]:
    return {each.key: _value(each.value) for each in attributes}


def _value(value: Any) -> Any:
    kind = value.WhichOneof("value")
    if kind == "array_value":
        return [_value(each) for each in value.array_value.values]
    return getattr(value, kind)
