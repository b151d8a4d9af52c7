"""One part of a contribution file, settled in a process of its own: `python -m app.funding.part FILE_NO PARTS`.

Standard input is the part's lines, each `line,person_no,amount,kind`; standard output one JSON line a batch. Lines go
through the one posting path under message ids that follow from the file, so whatever was settled before is found.
"""

import asyncio
import sys
from collections.abc import Iterator
from itertools import islice
from typing import IO
from zlib import crc32

import msgspec

from app import logs
from app.codes import CATALOGUE, Code
from app.config import Settings, settings
from app.database import Pool, open_pool
from app.errors import DatabaseUnavailable
from app.funding.contribution_file import BadLine
from app.funding.files import refuse_lines
from app.parties.agency import AGENCY
from app.settlement.isolate import Isolated, Refusal, settle_isolating
from app.settlement.messages import Message
from app.settlement.rules import RuleBook
from app.tuning import tune_for_throughput

EXIT_DATABASE_AWAY = 75
_EXIT_FAILED = 70

# Batches of one lane follow each other, so all lines of a person settle in the order of the file; the lanes overlap,
# so that while one waits for Postgres another one computes.
_LANES = 2
_BATCH_LINES = 4_000
# So many lines are put in the order of their persons before they become batches: accounts of persons whose numbers are
# near mostly lie near, and a batch that jumps all over them costs Postgres half as much again (measured).
_WINDOW_LINES = 100_000
_TRIES_MAX = 10
_WAIT_SECONDS = 1.0

_log = logs.get(__name__)


class Done(msgspec.Struct, array_like=True):
    """What one batch came to: the lines answered, how many of these are settled, and their fen."""

    lines: int
    settled: int
    fen: int


async def settle_part(pool: Pool, rules: RuleBook, source: IO[bytes], file_no: str, parts: int) -> None:
    """Settle every line; each batch is told when it is durable. Raises DatabaseUnavailable when Postgres stays away."""
    in_flight: list[asyncio.Task[None] | None] = [None] * _LANES
    try:
        async with asyncio.TaskGroup() as group:
            for lane, messages in _batches(source, file_no, parts):
                before = in_flight[lane]
                if before is not None:
                    await before
                in_flight[lane] = group.create_task(_settle_batch(pool, rules, file_no, messages))
    except BaseExceptionGroup as failures:
        raise failures.exceptions[0] from None


def _batches(source: IO[bytes], file_no: str, parts: int) -> Iterator[tuple[int, list[Message]]]:
    """Each batch with its lane."""
    lanes: list[list[Message]] = [[] for _ in range(_LANES)]
    for line in _by_person(source):
        number, person_no, amount, kind = line[:-1].split(b",")
        lane = crc32(person_no) // parts % _LANES
        lanes[lane].append(
            Message(
                institution=AGENCY,
                message_id=f"{file_no}:{number.decode()}",
                kind=kind.decode(),  # type: ignore[arg-type]  # the file's check let no other kind through
                person_no=person_no.decode(),
                amount=int(amount),
                short_balance="decline" if kind == b"claw_back" else "split",
            )
        )
        if len(lanes[lane]) == _BATCH_LINES:
            yield lane, lanes[lane]
            lanes[lane] = []
    yield from enumerate(lanes)


def _by_person(source: IO[bytes]) -> Iterator[bytes]:
    """All lines; those of one person keep their order."""
    while window := sorted(islice(source, _WINDOW_LINES), key=lambda line: line.split(b",", 2)[1]):
        yield from window


async def _settle_batch(pool: Pool, rules: RuleBook, file_no: str, messages: list[Message]) -> None:
    if not messages:
        return
    isolated = await _settle_patiently(pool, rules, messages)
    done = Done(len(messages), 0, 0)
    refused: list[BadLine] = []
    for message, answer in zip(messages, isolated.answers, strict=True):
        if isinstance(answer, Refusal):
            refused.append(_refused(message, Code.REFUSED_BY_DATABASE))
        elif answer.status == "settled":
            done.settled += 1
            done.fen += message.amount
        else:
            refused.append(_refused(message, Code(answer.code)))
    if refused:
        await refuse_lines(pool, file_no, refused)
    sys.stdout.buffer.write(msgspec.json.encode(done) + b"\n")
    sys.stdout.buffer.flush()


def _refused(message: Message, code: Code) -> BadLine:
    return BadLine(int(message.message_id.rpartition(":")[2]), code, CATALOGUE[code].meaning)


async def _settle_patiently(pool: Pool, rules: RuleBook, messages: list[Message]) -> Isolated:
    """A file should outlast a lock that someone holds or a restart of Postgres."""
    for _ in range(_TRIES_MAX - 1):
        try:
            return await settle_isolating(pool, messages, rules=rules)
        except DatabaseUnavailable:
            await asyncio.sleep(_WAIT_SECONDS)
    return await settle_isolating(pool, messages, rules=rules)


async def _run(settings: Settings, file_no: str, parts: int) -> None:
    url = settings.database_url.get_secret_value()
    pool = await open_pool(url, size_max=_LANES, application_name="medsettle contributions")
    async with pool:
        await settle_part(pool, RuleBook(settings.cut_off), sys.stdin.buffer, file_no, parts)


def main() -> int:
    import uvloop

    logs.set_up(settings().log_level, json=settings().log_json)
    tune_for_throughput()
    file_no, parts = sys.argv[1:]
    try:
        uvloop.run(_run(settings(), file_no, int(parts)))
    except DatabaseUnavailable:
        return EXIT_DATABASE_AWAY
    except Exception as error:  # noqa: BLE001 - its text may quote a row, its place does not
        _log.error("contributions_failed", file_no=file_no, **logs.failure(error))
        return _EXIT_FAILED
    return 0


if __name__ == "__main__":
    sys.exit(main())
