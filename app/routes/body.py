"""Request bodies as bytes, bounded while they arrive."""

import asyncio
from typing import IO

from fastapi import HTTPException, Request
from starlette.types import Message, Receive

from app.codes import Code
from app.errors import Refused

# A sender of a file that stands still would keep the others out.
_SILENT_SECONDS_MAX = 60


async def read_body(request: Request, bytes_max: int) -> bytes | None:
    """The whole body, or None once it is longer than allowed."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


def bounded(receive: Receive, bytes_max: int) -> Receive:
    """For a body that the framework reads whole. Raises HTTPException, which it lets pass, once it is too long."""
    size = 0

    async def received() -> Message:
        nonlocal size
        message = await receive()
        size += len(message.get("body", b""))
        if size > bytes_max:
            raise HTTPException(413)
        return message

    return received


async def spool_body(request: Request, target: IO[bytes], bytes_max: int) -> bool:
    """Write the body to disk as it comes; False once it is longer than allowed. Raises Refused where it stops."""
    size = 0
    stream = request.stream()
    while True:
        try:
            async with asyncio.timeout(_SILENT_SECONDS_MAX):
                chunk = await anext(stream, None)
        except TimeoutError:
            raise Refused(
                Code.FILE_INVALID, f"Nothing of it came for {_SILENT_SECONDS_MAX} seconds; nothing was taken."
            ) from None
        if chunk is None:
            return True
        size += len(chunk)
        if size > bytes_max:
            return False
        await asyncio.to_thread(target.write, chunk)
