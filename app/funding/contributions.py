"""Contribution files: a file is checked as a whole, registered under its number, and its lines are settled once each.

Settling works in processes of its own, since one interpreter computes on one core. Nothing but the books remembers
how far it came: a file whose settling was cut off is sent again, finds what is settled and ends the same.
"""

import asyncio
import os
import sys
from collections.abc import Callable
from itertools import islice
from typing import IO

import msgspec

from app.config import Settings
from app.database import Pool
from app.errors import DatabaseUnavailable, MedsettleError, UsageError
from app.funding.contribution_file import Header, SortedLines
from app.funding.files import FileReport, in_hand, note_settled, read_file, refuse_lines, register_file
from app.funding.part import EXIT_DATABASE_AWAY, Done
from app.progress import Progress, unseen
from app.settlement.days import prepare_days

#: Reads and checks a file, sorts its lines, returns header and digest: `sort_csv` or `sort_parquet`.
Sort = Callable[[IO[bytes], SortedLines], tuple[Header, bytes]]

_PARTS_MAX = 2
#: So small a file is settled before a second process has started.
_SMALL_BYTES = 256 * 1024
_REFUSED_BATCH = 5_000
_SEND_AGAIN = "Send the same file again: what was settled is found, and the rest goes on."


async def receive(
    pool: Pool, source: IO[bytes], sort: Sort, *, operator: str, settings: Settings, progress: Progress = unseen
) -> FileReport:
    """Check a file, register it and settle its lines; one that was settled before is only reported.

    Raises Refused for a file that is not as it should be or comes under another one's number (nothing was taken),
    UsageError where it is in hand already, DatabaseUnavailable and MedsettleError when it came not to its end.
    """
    with sorted_lines(source) as lines:
        header = await check(pool, source, sort, lines, operator)
        await settle_lines(pool, header, lines, settings=settings, progress=progress)
    return await read_file(pool, header.file_no)


def sorted_lines(source: IO[bytes]) -> SortedLines:
    """Room for the lines of a file."""
    return SortedLines(parts=1 if source.seek(0, os.SEEK_END) < _SMALL_BYTES else _PARTS_MAX)


async def check(pool: Pool, source: IO[bytes], sort: Sort, lines: SortedLines, operator: str) -> Header:
    """Read the file to its end, in a thread, and register it. Raises Refused."""
    source.seek(0)
    header, digest = await asyncio.to_thread(sort, source, lines)
    lines.rewind()
    await register_file(pool, header, digest, operator)
    return header


async def settle_lines(
    pool: Pool, header: Header, lines: SortedLines, *, settings: Settings, progress: Progress = unseen
) -> None:
    """Settle a registered file, unless it is settled. Raises as `receive`."""
    url, file_no = settings.database_url.get_secret_value(), header.file_no
    async with in_hand(url, file_no) as is_ours:
        if not is_ours:
            raise UsageError(f"File {file_no} is being settled by another process.")
        if (await read_file(pool, file_no)).state == "settled":
            return
        await prepare_days(pool)
        bad = lines.bad_lines()
        while some := list(islice(bad, _REFUSED_BATCH)):
            await refuse_lines(pool, file_no, some)
        done = await _settle_parts(header, lines, settings, progress)
        await note_settled(pool, file_no, done.settled, done.fen)


async def _settle_parts(header: Header, lines: SortedLines, settings: Settings, progress: Progress) -> Done:
    sum_of = Done(0, 0, 0)

    def tell(done: Done) -> None:
        sum_of.lines += done.lines
        sum_of.settled += done.settled
        sum_of.fen += done.fen
        progress("lines", sum_of.lines, header.totals.lines)

    try:
        async with asyncio.TaskGroup() as group:
            for part in lines.parts:
                group.create_task(_settle_part(part, len(lines.parts), header.file_no, settings, tell))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None
    return sum_of


async def _settle_part(
    part: IO[bytes], parts: int, file_no: str, settings: Settings, tell: Callable[[Done], None]
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "app.funding.part", file_no, str(parts),
        stdin=part,
        stdout=asyncio.subprocess.PIPE,
        env={
            **os.environ,
            "MEDSETTLE_DATABASE_URL": settings.database_url.get_secret_value(),
            "MEDSETTLE_CUT_OFF": settings.cut_off.isoformat(),
        },
    )  # fmt: skip
    try:
        assert process.stdout is not None
        async for line in process.stdout:
            tell(msgspec.json.decode(line, type=Done))
        exit_code = await process.wait()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if exit_code == EXIT_DATABASE_AWAY:
        raise DatabaseUnavailable(f"Postgres is away; file {file_no} is not settled to its end. {_SEND_AGAIN}")
    if exit_code:
        raise MedsettleError(f"Settling file {file_no} failed with exit code {exit_code}; see the log. {_SEND_AGAIN}")
