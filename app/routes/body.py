"""Request bodies as bytes, bounded while they arrive."""

from fastapi import Request


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
