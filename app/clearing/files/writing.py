"""Writing the files of a sealed day. Read this first of the files.

    draw     rows that fix what each file says; committed before a byte is made
    write    the bytes of one file, as a stream, in the transaction that says that it is written: payments first, then
             details, then manifests, which tell the digests of all others
    filed    once each bank with lines has its payment file and its manifest

A write that was killed anywhere is made again by the next run, and comes to the same bytes. One session writes at a
time. A bank that cannot be told, and a file that fails, do not hold up the files of the others.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import date, time
from typing import NamedTuple

from app import logs, tracing
from app.access.audit import record_command
from app.clearing.days import State, read_day
from app.clearing.files.details import write_details
from app.clearing.files.drawing import HeldBank, draw_again, draw_files, held_banks
from app.clearing.files.manifest import write_manifest
from app.clearing.files.payment_file import write_payment
from app.codes import Code
from app.database import Connection, Remedy, connect, remedy
from app.errors import DatabaseUnavailable, Refused
from app.failpoints import reach
from app.ledger.business_days import read_business_days
from app.progress import Progress, unseen
from app.signing import SigningKey, SigningKeys

_log = logs.get(__name__)

_FILES_LOCK = 0x66696C65

# A file is read and written in one statement after the other, each as long as it takes.
_SETTINGS = """
SET search_path = pg_catalog, pg_temp;
SET jit = off;
SET work_mem = '64MB';
SET max_parallel_workers_per_gather = 0;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET synchronous_commit = on;
SET default_transaction_isolation = 'read committed';
"""

_DUE = """
SELECT business_day FROM clearing.business_days WHERE state = 'sealed'
UNION
SELECT business_day FROM clearing.files WHERE written_at IS NULL
ORDER BY business_day
"""
_STAND_STILL = "SELECT FROM clearing.business_days WHERE business_day = $1 FOR UPDATE"
_UNWRITTEN = """
SELECT file_id, kind
FROM clearing.files
WHERE business_day = $1 AND written_at IS NULL AND kind = $2
ORDER BY file_id
"""
# A manifest waits for every other file of its bank.
_MANIFESTS = """
SELECT m.file_id
FROM clearing.files AS m
WHERE m.business_day = $1 AND m.written_at IS NULL AND m.kind = 'manifest' AND NOT EXISTS (
    SELECT FROM clearing.files AS f
    WHERE f.business_day = $1 AND f.bank = m.bank AND f.kind <> 'manifest' AND f.written_at IS NULL
)
ORDER BY m.file_id
"""
_FILED = """
UPDATE clearing.business_days AS d SET state = 'filed'
WHERE d.business_day = $1 AND d.state = 'sealed' AND NOT EXISTS (
    SELECT FROM (SELECT DISTINCT bank FROM clearing.lines WHERE business_day = $1) AS b
    WHERE 2 <> (
        SELECT count(DISTINCT f.kind)
        FROM clearing.files AS f
        WHERE f.business_day = $1 AND f.bank = b.bank AND f.kind IN ('payment', 'manifest')
            AND f.written_at IS NOT NULL
    )
)
"""


class Filing(NamedTuple):
    """What a run came to: the day's state after it, how many files it wrote, and the banks that are held over."""

    business_day: date
    state: State
    files: int
    held: Sequence[HeldBank]


async def write_files(url: str, cut_off: time, day: date, keys: SigningKeys, *, progress: Progress = unseen) -> Filing:
    """Draw and write all that a sealed day lacks; what is written is left as it is.

    Raises Refused for a day that is not sealed, and where there is no key to sign with: a file that nobody can verify
    does not go out. Raises DatabaseUnavailable. A file that fails is left for the next run, and what failed is raised
    when the others are written.
    """
    return await _file(url, cut_off, day, keys, lambda connection: draw_files(connection, day), progress)


async def rebuild_payment(
    url: str, cut_off: time, day: date, bank: str, keys: SigningKeys, *, operator: str, progress: Progress = unseen
) -> Filing:
    """Write a further version of a bank's payment file, and a manifest that lists it, by the bank's last terms.

    Raises as `write_files` does, and Refused where the bank has no file of the day, has said what became of one of its
    lines, or cannot be told.
    """

    async def draw(connection: Connection) -> None:
        await draw_again(connection, day, bank)
        await record_command(connection, operator, "files rebuild", f"{bank} {day}")

    return await _file(url, cut_off, day, keys, draw, progress)


async def _file(
    url: str,
    cut_off: time,
    day: date,
    keys: SigningKeys,
    draw: Callable[[Connection], Awaitable[None]],
    progress: Progress,
) -> Filing:
    with tracing.span("write files", {"medsettle.business_day": str(day)}) as span:
        async with _one_writer(url) as (writer, reader):
            found = await read_day(writer, day, await read_business_days(writer, cut_off))
            if found.state in ("open", "sealing"):
                raise Refused(Code.DAY_NOT_SEALED, f"{day} is {found.state}.")
            if keys.current is None:
                raise Refused(Code.SIGNING_KEY_MISSING, "Files are signed, and there is no key to sign them with.")
            async with writer.transaction():
                await writer.execute(_STAND_STILL, day)
                await draw(writer)
                reach("files.drawing")
            span.reached("drawn")
            reach("files.drawn")
            work = _Work(writer, reader, day, keys.current, progress)
            await work.write_all()
            await writer.execute(_FILED, day)
            reach("files.filed")
            state = (await read_day(writer, day, await read_business_days(writer, cut_off))).state
            held = await held_banks(writer, day)
        span.tell({"medsettle.files": work.files, "medsettle.banks_held": len(held)})
        if work.failures:
            raise work.failures[0]
    return Filing(day, state, work.files, held)


async def days_to_file(connection: Connection) -> list[date]:
    """Sealed days whose files are not all written, and days with a later version that is not; the first one first."""
    return [day for (day,) in await connection.fetch(_DUE)]


class _Work:
    """One run over a day."""

    def __init__(self, writer: Connection, reader: Connection, day: date, key: SigningKey, progress: Progress) -> None:
        self.files = 0
        self.failures: list[Exception] = []
        self._writer, self._reader = writer, reader
        self._day, self._key, self._progress = day, key, progress

    async def write_all(self) -> None:
        for file_id, _ in await self._writer.fetch(_UNWRITTEN, self._day, "payment"):
            with self._failure_told(file_id):
                await write_payment(self._writer, self._reader, file_id, self._key, self._progress)
                self.files += 1
        reach("files.payments")
        self.files += await write_details(
            self._writer, self._reader, self._day, self._key, self._progress, self._failure_told
        )
        reach("files.details")
        for (file_id,) in await self._writer.fetch(_MANIFESTS, self._day):
            with self._failure_told(file_id):
                await write_manifest(self._writer, self._reader, file_id, self._key)
                self.files += 1
        reach("files.manifests")

    @contextmanager
    def _failure_told(self, what: str) -> Iterator[None]:
        """What fails is told of and left; without Postgres there is nothing to go on with."""
        try:
            yield
        except Exception as error:
            if remedy(error) is Remedy.WAIT:
                raise
            _log.error("file_failed", file=what, **logs.failure(error))
            self.failures.append(error)


@asynccontextmanager
async def _one_writer(url: str) -> AsyncIterator[tuple[Connection, Connection]]:
    """Two sessions, one that writes and one that reads ahead, while no other writes. Raises DatabaseUnavailable."""
    try:
        writer = await connect(url, application_name="medsettle files")
        try:
            await writer.execute(_SETTINGS)
            await writer.execute("SELECT pg_advisory_lock($1)", _FILES_LOCK)
            reader = await connect(url, application_name="medsettle files")
            try:
                await reader.execute(_SETTINGS)
                yield writer, reader
            finally:
                await reader.close()
        finally:
            await writer.close()
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(f"Postgres is away or busy: {type(error).__name__}") from error
        raise
