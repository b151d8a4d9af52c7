"""Files that a bank has open: read a chunk at a time, in the same memory for any size, without holding a connection."""

import asyncio
from datetime import datetime
from http import HTTPStatus

from app.access import audit
from app.access.principal import Principal
from app.clearing.files.store import CHUNK_BYTES, File, stream_content
from app.database import Pool

DEED = "SFTP get /out"


class Text:
    """A side file: made of a row, and small."""

    def __init__(self, content: bytes, changed_at: datetime) -> None:
        self._content = content
        self.size = len(content)
        self.changed_at = changed_at

    async def read(self, offset: int, size: int) -> bytes:
        return self._content[offset : offset + size]


class Download:
    """A settlement file. In the audit log it begins with the first byte and ends when as many were read as it has."""

    def __init__(self, pool: Pool, principal: Principal, file: File) -> None:
        self._pool = pool
        self._principal = principal
        self._file = file
        self._lock = asyncio.Lock()
        self._chunk = b""
        self._chunk_at = 0
        self._entry_id: int | None = None
        self._left = 0
        self._status = HTTPStatus.OK
        self.size = file.size
        self.changed_at = file.written_at

    async def read(self, offset: int, size: int) -> bytes:
        """Raises DatabaseUnavailable."""
        if offset >= self.size:
            return b""
        async with self._lock:
            if self._entry_id is None:
                await self._begin(offset)
            if not self._chunk_at <= offset < self._chunk_at + len(self._chunk):
                await self._fetch(offset // CHUNK_BYTES * CHUNK_BYTES)
            # No further than the chunk: a client asks again for what is missing.
            start = offset - self._chunk_at
            found = self._chunk[start : start + size]
            await self._count(len(found))
            return found

    async def _fetch(self, start: int) -> None:
        stop = min(start + CHUNK_BYTES, self.size)
        self._chunk = b"".join([piece async for piece in stream_content(self._pool, self._file, start, stop)])
        self._chunk_at = start

    async def _begin(self, offset: int) -> None:
        target = f"file_id={self._file.file_id} bytes={offset}-{self.size - 1}/{self.size}"
        self._entry_id = await audit.begin(self._pool, self._principal, audit.Deed(DEED, target, "", ""))
        self._left = self.size - offset
        self._status = HTTPStatus.PARTIAL_CONTENT if offset else HTTPStatus.OK

    async def _count(self, read: int) -> None:
        if self._left > 0:
            self._left -= read
            if self._left <= 0 and self._entry_id is not None:
                await audit.end(self._pool, self._entry_id, self._status, None)
