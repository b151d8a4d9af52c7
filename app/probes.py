"""Health and metrics of a process that has no API: for the orchestrator and for Prometheus.

A thread answers, so that a long batch fails no probe; that the event loop still turns is what makes the process alive.
"""

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from socketserver import ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from prometheus_client import make_wsgi_app

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

#: An event loop that did not turn for so long is taken for dead.
STALLED_SECONDS = 30.0

_BEAT_SECONDS = 1.0

_STARTING, _READY, _DRAINING = "starting", "ready", "draining"


class Probes:
    """`/health/live`, `/health/startup`, `/health/ready` and `/metrics`. Not ready until told so."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._beat_at = clock()
        self._state = _STARTING
        self._metrics = make_wsgi_app()

    def serve(self, host: str, port: int) -> int:
        """Answer from a daemon thread from now on; the port, where 0 asked for a free one."""
        server = make_server(host, port, self._answer, _Server, _Handler)
        threading.Thread(target=server.serve_forever, name="probes", daemon=True).start()
        return server.server_port

    async def keep_beating(self) -> None:
        while True:
            self.beat()
            await asyncio.sleep(_BEAT_SECONDS)

    def beat(self) -> None:
        self._beat_at = self._clock()

    def tell(self, why_not_ready: str | None) -> None:
        """Ready from now on, or why not; a process that drains stays unready."""
        if self._state != _DRAINING:
            self._state = why_not_ready or _READY

    def drain(self) -> None:
        self._state = _DRAINING

    def _answer(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        match environ["PATH_INFO"]:
            case "/metrics":
                text: Iterable[bytes] = self._metrics(environ, start_response)
                return text
            case "/health/live":
                stalled = self._clock() - self._beat_at > STALLED_SECONDS
                return _say(start_response, not stalled, "stalled" if stalled else "live")
            case "/health/startup":
                return _say(start_response, self._state != _STARTING, self._state)
            case "/health/ready":
                return _say(start_response, self._state == _READY, self._state)
            case _:
                start_response("404 Not Found", [("Content-Type", "application/json")])
                return [b'{"status":"not found"}']


def _say(start_response: "StartResponse", good: bool, word: str) -> list[bytes]:
    start_response("200 OK" if good else "503 Service Unavailable", [("Content-Type", "application/json")])
    return [b'{"status":"%b"}' % word.encode()]


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True


class _Handler(WSGIRequestHandler):
    timeout = 10

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name of the standard library
        """Probes come every few seconds and say nothing new."""
