"""Request bodies as bytes, bounded in size and in time while they arrive.

So much of a body comes within the time of `http_silence_seconds_max`, or its sender is let go: who sends slowly, or
stands still, would keep out others who wait for the same place.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import IO

from fastapi import HTTPException, Request
from starlette.types import Message, Receive

from app.routes.services import services_of

_PACE_BYTES = 256 << 10


async def read_body(request: Request, bytes_max: int) -> bytes | None:
    """The whole of a small body, or None once it is longer than allowed. Its sender holds no place, so may wait."""
    chunks: list[bytes] = []
    size = 0
    async for chunk in request.stream():
        size += len(chunk)
        if size > bytes_max:
            return None
        chunks.append(chunk)
    return b"".join(chunks)


async def read_large_body(request: Request, bytes_max: int) -> bytes | None:
    """The whole body, or None once it is longer than allowed. Raises HTTPException where it comes too slowly."""
    chunks: list[bytes] = []

    async def keep(chunk: bytes) -> None:
        chunks.append(chunk)

    return b"".join(chunks) if await _take(request, bytes_max, keep) else None


def bounded(receive: Receive, bytes_max: int, seconds_max: float) -> Receive:
    """For a body that the framework reads whole. Raises HTTPException, which it lets pass, once it is too long or
    nothing of it comes."""
    size = 0

    async def received() -> Message:
        nonlocal size
        try:
            async with asyncio.timeout(seconds_max):
                message = await receive()
        except TimeoutError:
            raise HTTPException(408) from None
        size += len(message.get("body", b""))
        if size > bytes_max:
            raise HTTPException(413)
        return message

    return received


async def spool_body(request: Request, target: IO[bytes], bytes_max: int) -> bool:
    """Write the body to disk as it comes; False once it is longer than allowed. Raises HTTPException where it comes too
    slowly."""

    async def write(chunk: bytes) -> None:
        await asyncio.to_thread(target.write, chunk)

    return await _take(request, bytes_max, write)


async def _take(request: Request, bytes_max: int, keep: Callable[[bytes], Awaitable[object]]) -> bool:
    """False once it is longer than allowed. Raises HTTPException."""
    seconds = services_of(request).settings.http_silence_seconds_max
    clock = asyncio.get_running_loop().time
    size, due = 0, _PACE_BYTES
    try:
        async with asyncio.timeout(seconds) as patience:
            async for chunk in request.stream():
                size += len(chunk)
                if size > bytes_max:
                    return False
                await keep(chunk)
                if size >= due:
                    due = size + _PACE_BYTES
                    patience.reschedule(clock() + seconds)
    except TimeoutError:
        raise HTTPException(408) from None
    return True
