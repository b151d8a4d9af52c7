"""Answers that are written piece by piece, and readers who do not take them."""

import asyncio

from starlette.responses import Response
from starlette.types import Message, Receive, Scope, Send

from app import logs

_log = logs.get(__name__)


class ForSlowReaders(Response):
    """A streamed answer that ends where its reader takes no piece of it for so long: what it holds is others' too."""

    def __init__(self, answer: Response, seconds_max: float) -> None:
        self._answer = answer
        self._seconds_max = seconds_max
        self.status_code = answer.status_code

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            try:
                async with asyncio.timeout(self._seconds_max):
                    await send(message)
            except TimeoutError:
                raise _StandsStill from None

        try:
            await self._answer(scope, receive, sent)
        except _StandsStill:  # the server closes a connection whose answer is not complete
            _log.warning("reader_stands_still", seconds=self._seconds_max)


class _StandsStill(Exception):
    pass
