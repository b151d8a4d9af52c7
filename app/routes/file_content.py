"""The bytes of a settlement file as an answer: all of them, or from where a download broke off (RFC 9110)."""

import asyncio
from base64 import b64encode
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from http import HTTPStatus
from typing import Final, NamedTuple

from fastapi import Request, Response
from fastapi.responses import StreamingResponse
from starlette.types import Send
from werkzeug.datastructures import Range
from werkzeug.http import parse_etags, parse_range_header

from app.clearing.files.store import File, stream_content
from app.codes import Code
from app.errors import RateLimited
from app.routes.guard import begin_download, end_download, principal_of
from app.routes.problems import problem
from app.routes.services import services_of

#: Downloads at once of one key in one process.
DOWNLOADS_MAX: Final = 8
# A reader that takes less than this within the time is let go, and may go on where it stopped.
_PIECE_BYTES = 64 << 10
_PIECE_SECONDS_MAX = 60
_AGAIN_SECONDS = 1.0


class Part(NamedTuple):
    """What of a file is answered: bytes from `start` up to `stop`; none for 304 and 416."""

    status: HTTPStatus
    start: int = 0
    stop: int = 0


def part_of(headers: Mapping[str, str], tag: str, size: int) -> Part:
    """What a request is to be answered with, by its conditions. tag: of the file, unquoted.

    A Range that is malformed, of another unit or of several pieces is as if it were not there.
    """
    if parse_etags(headers.get("if-none-match")).contains_weak(tag):
        return Part(HTTPStatus.NOT_MODIFIED)
    whole = Part(HTTPStatus.OK, 0, size)
    asked = parse_range_header(headers.get("range"))
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1:
        return whole
    if headers.get("if-range") not in (None, f'"{tag}"'):
        return whole
    [(start, stop)] = asked.ranges
    # The last so many bytes of a file that has fewer are all that it has.
    found = Range("bytes", [(max(start, -size), stop)]).range_for_length(size)
    return (
        Part(HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE) if found is None else Part(HTTPStatus.PARTIAL_CONTENT, *found)
    )


async def content_answer(request: Request, file: File) -> Response:
    """Raises RateLimited where the caller has too many downloads in hand."""
    tag = file.sha256.hex()
    part = part_of(request.headers, tag, file.size)
    headers = {
        "ETag": f'"{tag}"',
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "Repr-Digest": f"sha-256=:{b64encode(file.sha256).decode()}:",
        **attachment(file.file_id),
    }
    if part.status is HTTPStatus.NOT_MODIFIED:
        return Response(status_code=part.status, headers=headers)
    if part.status is HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
        refusal = problem(part.status, Code.RANGE_NOT_SATISFIABLE)
        refusal.headers["Content-Range"] = f"bytes */{file.size}"
        return refusal
    headers |= {"Content-Length": str(part.stop - part.start), "Content-Type": "application/octet-stream"}
    if part.status is HTTPStatus.PARTIAL_CONTENT:
        headers["Content-Range"] = f"bytes {part.start}-{part.stop - 1}/{file.size}"
    if request.method == "HEAD":
        return Response(status_code=part.status, headers=headers)
    _refuse_many(request)
    entry_id = await begin_download(request, f"bytes={part.start}-{part.stop - 1}/{file.size}")
    return _Pieces(_sent(request, file, part, entry_id), part.status, headers)


def attachment(name: str) -> dict[str, str]:
    return {"Content-Disposition": f'attachment; filename="{name}"'}


def _refuse_many(request: Request) -> None:
    if services_of(request).downloads_in_hand[principal_of(request).credential] >= DOWNLOADS_MAX:
        raise RateLimited("downloads", f'"downloads";q={DOWNLOADS_MAX}', _AGAIN_SECONDS)


async def _sent(request: Request, file: File, part: Part, entry_id: int) -> AsyncGenerator[bytes, None]:
    """The bytes, and when the last of them was taken, the end of the download in the audit log."""
    services = services_of(request)
    in_hand, credential = services.downloads_in_hand, principal_of(request).credential
    in_hand[credential] += 1
    try:
        async for content in stream_content(services.pool, file, part.start, part.stop):
            for at in range(0, len(content), _PIECE_BYTES):
                yield content[at : at + _PIECE_BYTES]
        await end_download(request, entry_id, part.status)
    finally:
        in_hand[credential] -= 1
        if not in_hand[credential]:
            del in_hand[credential]


class _Pieces(StreamingResponse):
    """Ends with a reader that stands still: the answer stays short of its Content-Length, and the connection closes."""

    def __init__(self, pieces: AsyncGenerator[bytes, None], status: HTTPStatus, headers: dict[str, str]) -> None:
        super().__init__(pieces, status, headers)
        self._pieces = pieces

    async def stream_response(self, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        async with aclosing(self._pieces) as pieces:
            async for piece in pieces:
                async with asyncio.timeout(_PIECE_SECONDS_MAX):
                    await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})
