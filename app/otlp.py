"""Tells spans to a collector by OTLP over HTTP. Imported where one is named, and nowhere else.

Spans wait in a queue with a bound, and a thread sends them; what a collector does not take is dropped. How much and how
often, how long a try may take, with which headers and certificates, and which share is sampled, say the `OTEL_*`
variables that the SDK reads.
"""

import logging
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from threading import Thread
from typing import Any

import structlog
from opentelemetry import context, trace
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from app import __version__, logs, metrics
from app.errors import UsageError
from app.tracing import Attributes, Kind, Span, told_to

_log = logs.get(__name__)

# So long the end of a process waits for the collector.
_FLUSH_SECONDS_MAX = 3.0
# Those of later versions may be longer; whoever sends more sends something else.
_TRACEPARENT_MAX = 128

_W3C = TraceContextTextMapPropagator()


@contextmanager
def exporting(endpoint: str, process: str) -> Iterator[None]:
    """Tell this process's spans inside the block. At its end the collector gets what waits, if it is quick.

    Raises UsageError for an `OTEL_*` variable that the SDK does not take.
    """
    provider = _provider(endpoint, process)
    try:
        with told_to(_Teller(provider.get_tracer("medsettle", __version__))):
            yield
    finally:
        closing = Thread(target=provider.shutdown, daemon=True)
        closing.start()
        closing.join(_FLUSH_SECONDS_MAX)


def _provider(endpoint: str, process: str) -> TracerProvider:
    # A collector that is away would be told of in many words; we say it once.
    logging.getLogger("opentelemetry").setLevel(logging.CRITICAL)
    try:
        exporter = _Exporter(OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces"))
        provider = TracerProvider(resource=_resource(process), shutdown_on_exit=False)
        provider.add_span_processor(_Processor(exporter))
    except ValueError as error:
        raise UsageError(f"A variable OTEL_… has a value that cannot be: {error}") from None
    return provider


def _resource(process: str) -> Resource:
    return Resource.create(
        {
            "service.namespace": "medsettle",
            "service.name": f"medsettle-{process}",
            "service.version": __version__,
            "service.instance.id": secrets.token_hex(8),
        }
    )


class _Teller:
    def __init__(self, tracer: trace.Tracer) -> None:
        self._tracer = tracer

    def begin(self, name: str, attributes: Attributes, kind: Kind, caller: str, links: Sequence[str]) -> Span:
        # The task of a request may have been made in the one before, of the same connection; it is no part of that.
        within = _context_of(caller) if caller or kind in ("server", "consumer") else None
        return _ToldSpan(
            self._tracer.start_span(
                name,
                within,
                trace.SpanKind[kind.upper()],
                dict(attributes),
                [trace.Link(found) for link in links if (found := _place_of(_context_of(link))).is_valid],
                record_exception=False,
                set_status_on_exception=False,
            )
        )

    def here(self) -> str:
        carrier: dict[str, str] = {}
        _W3C.inject(carrier)
        return carrier.get("traceparent", "")


def _context_of(traceparent: str) -> context.Context:
    """Nothing else of what a caller says of its trace is taken: `tracestate` and baggage may hold anything."""
    return _W3C.extract({"traceparent": traceparent[:_TRACEPARENT_MAX]}, context=context.Context())


def _place_of(found: context.Context) -> trace.SpanContext:
    return trace.get_current_span(found).get_span_context()


class _ToldSpan(Span):
    def __init__(self, span: trace.Span) -> None:
        self._span = span
        self.is_told = span.is_recording()

    def __enter__(self) -> "_ToldSpan":
        self._token = context.attach(trace.set_span_in_context(self._span))
        trace_id = trace.format_trace_id(self._span.get_span_context().trace_id)
        self._bound = structlog.contextvars.bind_contextvars(trace_id=trace_id)
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            self.failed(kind.__name__)
        structlog.contextvars.reset_contextvars(**self._bound)
        context.detach(self._token)
        self._span.end()

    def tell(self, attributes: Attributes) -> None:
        self._span.set_attributes(dict(attributes))

    def rename(self, name: str) -> None:
        self._span.update_name(name)

    def reached(self, step: str) -> None:
        self._span.add_event(step)

    def failed(self, kind: str) -> None:
        self._span.set_status(trace.StatusCode.ERROR)
        self._span.set_attribute("error.type", kind)


class _Processor(BatchSpanProcessor):
    def on_end(self, span: ReadableSpan) -> None:
        metrics.SPANS_ENDED.inc()
        super().on_end(span)


class _Exporter(SpanExporter):
    """Counts what the collector takes, and says it when it stops taking and when it takes again."""

    def __init__(self, exporter: SpanExporter) -> None:
        self._exporter = exporter
        self._is_away = False

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        result = self._exporter.export(spans)
        if result is SpanExportResult.SUCCESS:
            metrics.SPANS_EXPORTED.inc(len(spans))
        is_away = result is not SpanExportResult.SUCCESS
        if is_away and not self._is_away:
            _log.warning("traces_not_taken", spans=len(spans))
        elif self._is_away and not is_away:
            _log.info("traces_taken_again")
        self._is_away = is_away
        return result

    def shutdown(self) -> Any:
        return self._exporter.shutdown()
