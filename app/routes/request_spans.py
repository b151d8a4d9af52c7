"""A span for each request, as a part of what its caller says by `traceparent`; there where traces are on."""

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import tracing
from app.routes.request_times import route_of
from app.tracing import Span

# Asked every few seconds by what watches us.
_UNTOLD = ("/health/", "/metrics")


class RequestSpans:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"].startswith(_UNTOLD):
            await self._app(scope, receive, send)
            return
        status = 0

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        sent = next((value for name, value in scope["headers"] if name == b"traceparent"), b"")
        with tracing.span(scope["method"], kind="server", caller=sent.decode("latin-1")) as span:
            try:
                await self._app(scope, receive, watched)
            finally:
                _tell(span, scope, status)


def _tell(span: Span, scope: Scope, status: int) -> None:
    method, route = scope["method"], route_of(scope)
    span.rename(f"{method} {route}")
    request_id = structlog.contextvars.get_contextvars()["request_id"]
    span.tell({"http.request.method": method, "http.route": route, "medsettle.request_id": request_id})
    if status:  # else the caller went away before there was one
        span.tell({"http.response.status_code": status})
    if status >= 500:
        span.failed(str(status))
