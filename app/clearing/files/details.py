"""Transaction details: what moved money of an institution on a day, for the institution and the bank that pays it.

Two files of the same rows, CSV packed by gzip and Parquet. The institution knows its own messages, so they name no
person and no card. All details of a day come out of one pass over its settlements.
"""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractContextManager, AsyncExitStack
from datetime import date
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

from app.clearing.files.chunks import blocks_of, written
from app.clearing.files.detail_forms import DetailHead, DetailRow, form_of
from app.clearing.totals import cleared_sql
from app.codes import Code
from app.config import ZONE
from app.database import Connection
from app.errors import Refused
from app.progress import Progress
from app.settlement.records import settlement_id
from app.signing import SigningKey

_COUNT = """
SELECT coalesce(sum(credit_count + debit_count), 0)::bigint
FROM clearing.files
WHERE business_day = $1 AND kind = 'detail_csv' AND written_at IS NULL
"""
_ROWS = f"""
SELECT
    p.bank, c.institution, c.batch_id, c.position, c.message_id, c.kind, b.settled_at, c.insurance_type,
    c.clearing_type, CASE WHEN c.comes_in THEN c.fen ELSE -c.fen END AS amount
FROM ({cleared_sql("{0}.business_day = $1", place=", s.batch_id, s.position, s.message_id, s.kind")}) AS c
JOIN clearing.positions AS p ON p.business_day = $1 AND p.institution = c.institution
JOIN ledger.batches AS b ON b.batch_id = c.batch_id
WHERE c.institution IN (
    SELECT institution FROM clearing.files WHERE business_day = $1 AND written_at IS NULL AND institution <> ''
)
ORDER BY c.institution, c.batch_id, c.position
"""  # noqa: S608
_UNWRITTEN = """
SELECT f.file_id, f.kind, s.day_hash, f.credit_count + f.debit_count AS row_count, f.credits - f.debits AS net
FROM clearing.files AS f
JOIN clearing.seals AS s USING (business_day)
WHERE f.business_day = $1 AND f.bank = $2 AND f.kind IN ('detail_csv', 'detail_parquet') AND f.institution = $3
    AND f.written_at IS NULL
ORDER BY f.file_id
"""


class _Of(NamedTuple):
    bank: str
    institution: str


async def write_details(
    writer: Connection,
    reader: Connection,
    day: date,
    key: SigningKey,
    progress: Progress,
    failure_told: Callable[[str], AbstractContextManager[None]],
) -> int:
    """Write every detail file that is drawn and not written; how many were.

    `failure_told` is left once for each institution, and raises what ends the run.
    """
    total = await reader.fetchval(_COUNT, day)
    files = done = 0
    async with blocks_of(reader, _ROWS, day) as blocks:
        rows = _Rows(day, blocks)
        while (of := await rows.next_institution()) is not None:
            with failure_told(f"details of {of.institution}"):
                files += await _write(writer, day, of, rows, key)
            done += await rows.skip_rest()
            progress(f"details of {day}", done, total)
    return files


async def _write(writer: Connection, day: date, of: _Of, rows: "_Rows", key: SigningKey) -> int:
    """Both files in one transaction. Raises Refused where the settlements are not those of the day's totals."""
    drawn = await writer.fetch(_UNWRITTEN, day, *of)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(writer.transaction())
        forms = []
        for file_id, kind, day_hash, *_ in drawn:
            chunks = await stack.enter_async_context(written(writer, file_id, key))
            form = form_of(kind, DetailHead(day, of.institution, day_hash))
            forms.append((form, chunks))
        row_count = net = 0
        async for part in rows.of_institution():
            for form, chunks in forms:
                await chunks.write(form.rows(part))
            row_count += len(part)
            net += sum([row.amount for row in part])
        for file_id, _, _, *said in drawn:
            if said != [row_count, net]:
                raise Refused(
                    Code.JOURNAL_BROKEN,
                    f"{file_id} was drawn with {said[0]} rows of {said[1]} fen net, the settlements make {row_count} of"
                    f" {net}; it was not written.",
                )
        for form, chunks in forms:
            await chunks.write(form.closing())
    return len(drawn)


class _Rows:
    """Rows in the order of their institutions, one institution at a time."""

    def __init__(self, day: date, blocks: AsyncIterator[list[Any]]) -> None:
        self._parts = _parts(day, blocks)
        self._of: _Of | None = None
        self._part: tuple[_Of, list[DetailRow]] | None = None
        self._seen = 0

    async def next_institution(self) -> _Of | None:
        if self._part is None:
            self._part = await anext(self._parts, None)
        self._of = self._part and self._part[0]
        self._seen = 0
        return self._of

    async def of_institution(self) -> AsyncIterator[list[DetailRow]]:
        while self._part is not None and self._part[0] == self._of:
            part = self._part[1]
            self._seen += len(part)
            self._part = await anext(self._parts, None)
            yield part

    async def skip_rest(self) -> int:
        """Go past what is left of the institution; how many rows it has."""
        async for _ in self.of_institution():
            pass
        return self._seen


async def _parts(day: date, blocks: AsyncIterator[list[Any]]) -> AsyncIterator[tuple[_Of, list[DetailRow]]]:
    async for block in blocks:
        for of, rows in groupby(block, itemgetter(0, 1)):
            yield (
                _Of(*of),
                [
                    DetailRow(
                        settlement_id(day, batch_id, position), message_id, kind, settled_at.astimezone(ZONE), *rest
                    )
                    for _, _, batch_id, position, message_id, kind, settled_at, *rest in rows
                ],
            )
