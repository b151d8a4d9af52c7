"""Times every request by its route and status."""

import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from app import metrics


class RequestTimes:
    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status = 500
        started = time.perf_counter()

        async def watched(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self._app(scope, receive, watched)
        finally:
            metrics.http_seconds(route_of(scope), status).observe(time.perf_counter() - started)


def route_of(scope: Scope) -> str:
    """The route's pattern, never the path: a path holds message ids, and there is no end of them."""
    return getattr(scope.get("route"), "path", "none")
