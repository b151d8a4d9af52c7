"""What lies in `/out` for a bank: its files, their side files, and what became of its acknowledgments.

Everything is made of rows that are committed with `written_at`, so a file and its side files appear at once.
"""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from typing import Final

import orjson

from app.access.principal import Principal
from app.clearing.acknowledgments.overview import Listed, list_acknowledgments
from app.clearing.files.store import File, digest_file, list_files, read_file
from app.codes import Code
from app.config import ZONE
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.sftp.downloads import Download, Text
from app.sftp.paths import DIGEST, RESULT, SIGNATURE, split

#: Files of days further back are not listed; they are there under their names.
LISTED_DAYS: Final = 31
_PAGE = 1_000
_ANSWERS_MAX = 1_000


class Out:
    def __init__(self, pool: Pool, principal: Principal) -> None:
        assert principal.bank is not None
        self._pool = pool
        self._principal = principal
        self._bank = principal.bank

    async def listed(self) -> AsyncIterator[tuple[str, Download | Text]]:
        """Names and what is behind them, a page in a transaction. Raises DatabaseUnavailable."""
        after = f"{datetime.now(ZONE) - timedelta(days=LISTED_DAYS):%Y%m%d}"
        while True:
            async with transaction(self._pool) as connection:
                page = await list_files(connection, bank=self._bank, after=after, limit=_PAGE)
                answers = {file.file_id: await _answers(connection, file) for file in page}
            for file in page:
                for suffix in ("", DIGEST, SIGNATURE, RESULT):
                    found = self._made(file, suffix, answers[file.file_id])
                    if found is not None:
                        yield f"{file.file_id}{suffix}", found
            if len(page) < _PAGE:
                return
            after = page[-1].file_id

    async def find(self, name: str) -> Download | Text:
        """Raises Refused for an unknown name, and for what is another bank's; DatabaseUnavailable."""
        file_id, suffix = split(name)
        async with transaction(self._pool) as connection:
            file = await self.own_file(connection, file_id)
            answers = await _answers(connection, file) if suffix == RESULT else []
        found = self._made(file, suffix, answers)
        if found is None:
            raise _unknown()
        return found

    async def own_file(self, connection: Connection, file_id: str) -> File:
        """Raises Refused where this bank has none of this name."""
        file = await read_file(connection, file_id)
        if file.bank != self._bank:
            raise _unknown()
        return file

    def _made(self, file: File, suffix: str, answers: list[Listed]) -> Download | Text | None:
        if suffix == DIGEST:
            return Text(digest_file(file), file.written_at)
        if suffix == SIGNATURE:
            return None if file.signature is None else Text(file.signature, file.written_at)
        if suffix == RESULT:
            return Text(_result(answers), answers[-1].received_at) if answers else None
        return Download(self._pool, self._principal, file)


async def _answers(connection: Connection, file: File) -> list[Listed]:
    """What the bank said of a file and what became of it, in the order in which it came."""
    if file.kind != "payment":
        return []
    return (await list_acknowledgments(connection, file_id=file.file_id, limit=_ANSWERS_MAX))[::-1]


def _result(answers: list[Listed]) -> bytes:
    told = {"acknowledgments": [each._asdict() for each in answers]}
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _unknown() -> Refused:
    return Refused(Code.FILE_UNKNOWN, "There is no such file.")
