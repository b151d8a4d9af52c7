"""HTTP/1.1 keep-alive in a few lines, cheap enough to leave the cores to the service that is measured."""

import asyncio
import re
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from itertools import cycle, islice
from typing import cast
from urllib.parse import urlsplit

from app.errors import MedsettleError

_LENGTH = re.compile(rb"\r\ncontent-length: (\d+)", re.IGNORECASE)
_ANSWER_SECONDS_MAX = 30.0


class Request:
    """A request's bytes, the time at which it is due on the loop's clock, and when it found a connection."""

    __slots__ = ("content", "due", "sent")

    def __init__(self, content: bytes, due: float) -> None:
        self.content = content
        self.due = due
        self.sent = due


class Connection(asyncio.Protocol):
    """One request at a time; tells when its answer is whole."""

    def __init__(self, answered: Callable[["Connection", Request, int], None]) -> None:
        self._answered = answered
        self._request: Request | None = None
        self._received = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def send(self, request: Request) -> None:
        assert self._transport is not None
        self._request = request
        request.sent = time.perf_counter()
        self._transport.write(request.content)

    def close(self) -> None:
        if self._transport is not None:
            self._transport.close()

    def data_received(self, data: bytes) -> None:
        self._received += data
        head_end = self._received.find(b"\r\n\r\n")
        if head_end < 0:
            return
        length = _LENGTH.search(self._received, 0, head_end)
        if length is None or len(self._received) < head_end + 4 + int(length.group(1)):
            return
        status = int(self._received[9:12])
        request, self._request, self._received = self._request, None, b""
        assert request is not None
        self._answered(self, request, status)


class HttpLoad:
    """Keeps some connections busy.

    `latencies` holds seconds from when each request was due to its whole answer, `service_times` from when it was sent.
    """

    def __init__(self, base_urls: Sequence[str], connections: int) -> None:
        """connections: of all the addresses, in turn."""
        addresses = map(urlsplit, base_urls)
        self._addresses = [(address.hostname or "", address.port or 80) for address in addresses]
        self._count = connections
        self._connections: list[Connection] = []
        self._idle: deque[Connection] = deque()
        self._waiting: deque[Request] = deque()
        self._next: Callable[[], Request | None] = lambda: None
        self.statuses: Counter[int] = Counter()
        self.latencies: list[float] = []
        self.service_times: list[float] = []

    async def __aenter__(self) -> "HttpLoad":
        loop = asyncio.get_running_loop()
        for host, port in islice(cycle(self._addresses), self._count):
            _, connection = await loop.create_connection(lambda: Connection(self._answered), host, port)
            self._connections.append(connection)
            self._idle.append(connection)
        return self

    async def __aexit__(self, *_: object) -> None:
        for connection in self._connections:
            connection.close()

    async def closed(self, contents: Iterator[bytes], seconds: float) -> float:
        """Each connection sends its next request when the last one is answered. Returns requests a second."""
        end = time.perf_counter() + seconds
        self._forget()

        def following() -> Request | None:
            now = time.perf_counter()
            return Request(next(contents), now) if now < end else None

        self._next = following
        start = time.perf_counter()
        while self._idle and (request := following()):
            self._idle.popleft().send(request)
        await self._all_idle(seconds)
        return self.statuses.total() / (time.perf_counter() - start)

    async def open(self, contents: Iterator[bytes], gaps: Iterator[float], seconds: float) -> float:
        """Requests fall due after the given gaps whatever becomes of earlier ones; they queue for a connection."""
        self._forget()
        self._next = lambda: self._waiting.popleft() if self._waiting else None
        start = due = time.perf_counter()
        while due < start + seconds:
            due += next(gaps)
            request = Request(next(contents), due)
            wait = due - time.perf_counter()
            if wait > 0:
                await asyncio.sleep(wait)
            self._waiting.append(request)
            if self._idle:
                self._idle.popleft().send(self._waiting.popleft())
        await self._all_idle(0)
        return self.statuses.total() / seconds

    def _forget(self) -> None:
        self.statuses, self.latencies, self.service_times = Counter(), [], []

    def _answered(self, connection: Connection, request: Request, status: int) -> None:
        self.statuses[status] += 1
        now = time.perf_counter()
        self.latencies.append(now - request.due)
        self.service_times.append(now - request.sent)
        following = self._next()
        if following is None:
            self._idle.append(connection)
        else:
            connection.send(following)

    async def _all_idle(self, seconds: float) -> None:
        end = time.perf_counter() + seconds + _ANSWER_SECONDS_MAX
        while len(self._idle) < self._count:
            if time.perf_counter() > end:
                raise MedsettleError("The API left requests without an answer: see its api.log.")
            await asyncio.sleep(0.01)


def post(path: str, body: bytes, key: str) -> bytes:
    head = (
        f"POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
