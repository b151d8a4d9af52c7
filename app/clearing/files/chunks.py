"""Bytes of a file on their way into the database, and rows on their way into a file: both in bounded memory."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing, asynccontextmanager, suppress
from hashlib import sha256
from typing import Any, Final

import asyncpg

from app.clearing.files.names import digest_line
from app.clearing.files.store import CHUNK_BYTES
from app.database import Connection
from app.failpoints import reach
from app.signing import SigningKey

_ROWS_A_READ: Final = 5_000

_ADD = "INSERT INTO clearing.file_chunks (file_id, chunk_no, content) VALUES ($1, $2, $3)"
_WRITTEN = """
UPDATE clearing.files
SET written_at = clock_timestamp(), size = $2, sha256 = $3, signature = $4, key_id = $5
WHERE file_id = $1
"""


class ChunkWriter:
    """Takes the bytes of one file in order; made by `written`."""

    def __init__(self, connection: Connection, file_id: str) -> None:
        self._connection, self._file_id = connection, file_id
        self._waiting = bytearray()
        self._digest = sha256()
        self._chunks = self._size = 0

    async def write(self, content: bytes) -> None:
        self._waiting += content
        while len(self._waiting) >= CHUNK_BYTES:
            await self._add(bytes(self._waiting[:CHUNK_BYTES]))
            del self._waiting[:CHUNK_BYTES]

    async def end(self, key: SigningKey) -> None:
        if self._waiting:
            await self._add(bytes(self._waiting))
        digest = self._digest.digest()
        signature = key.sign(digest_line(self._file_id, digest))
        await self._connection.execute(
            _WRITTEN, self._file_id, self._size, digest, signature, key.public.key_id
        )  # fmt: skip

    async def _add(self, chunk: bytes) -> None:
        self._digest.update(chunk)
        await self._connection.execute(_ADD, self._file_id, self._chunks, chunk)
        self._chunks += 1
        self._size += len(chunk)
        reach("files.chunk")


@asynccontextmanager
async def written(connection: Connection, file_id: str, key: SigningKey) -> AsyncIterator[ChunkWriter]:
    """The block writes the bytes; they stand, signed, when it is left, and none of them if it fails."""
    async with connection.transaction():
        writer = ChunkWriter(connection, file_id)
        yield writer
        await writer.end(key)
        reach("files.signed")
    reach("files.written")


@asynccontextmanager
async def blocks_of(connection: Connection, query: str, *values: object) -> AsyncIterator[AsyncIterator[list[Any]]]:
    """The rows of a query in lists. Postgres makes the next one while the caller works on the last."""
    async with connection.transaction(readonly=True), aclosing(_blocks(connection, query, *values)) as blocks:
        yield blocks


async def _blocks(connection: Connection, query: str, *values: object) -> AsyncGenerator[list[asyncpg.Record]]:
    cursor = await connection.cursor(query, *values)
    ahead = asyncio.ensure_future(cursor.fetch(_ROWS_A_READ))
    try:
        while block := await ahead:
            ahead = asyncio.ensure_future(cursor.fetch(_ROWS_A_READ))
            await asyncio.sleep(0)  # lets it be asked for
            yield block
    finally:
        ahead.cancel()
        with suppress(asyncio.CancelledError, asyncpg.PostgresError, asyncpg.InterfaceError):
            await ahead
