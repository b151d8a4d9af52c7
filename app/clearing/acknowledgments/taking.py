"""Taking what a bank says of its payment file: whole or not at all, once. Read this first of the acknowledgments.

    read     bytes → statement, in the form that is filed for the bank
    judge    against the file, its lines and what is known of them
    take     results, and the acknowledgment with its bytes; or, refused, the bytes and the reason alone
    return   the money of lines that failed, a chunk a transaction, on the day that is open

Acknowledgments of a day are taken one after the other. What a crash leaves undone `finish` does.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime, time
from hashlib import sha256
from typing import Final, NamedTuple

from app import tracing
from app.clearing.acknowledgments.judging import Line, PaymentFile, Result, judge
from app.clearing.acknowledgments.pain002 import parse_pain002
from app.clearing.acknowledgments.returns import book_returns
from app.clearing.acknowledgments.statement import Statement
from app.clearing.acknowledgments.text_form import parse_text
from app.clearing.files.names import message_id
from app.clearing.positions import LINE_ID
from app.codes import Code
from app.database import Connection, Remedy, connect, remedy
from app.errors import DatabaseUnavailable, Refused
from app.failpoints import reach
from app.ledger.business_days import read_business_days
from app.ledger.journal import DayClosed

#: Of one acknowledgment, which is some 80,000 lines of XML; of a larger file a bank sends several.
BYTES_MAX: Final = 8 * 1024 * 1024

_SETTINGS = """
SET search_path = pg_catalog, pg_temp;
SET jit = off;
SET statement_timeout = '300s';
SET lock_timeout = '60s';
SET idle_in_transaction_session_timeout = '300s';
SET synchronous_commit = on;
SET default_transaction_isolation = 'read committed';
"""

_FILE = """
SELECT
    f.file_id, f.business_day, f.bank, f.kind, t.form, t.encoding, f.credit_count + f.debit_count AS line_count,
    f.credits - f.debits AS total
FROM clearing.files AS f
JOIN clearing.bank_terms AS t ON t.bank = f.bank AND t.filed_at = f.terms_filed_at
WHERE f.file_id = $1 AND f.written_at IS NOT NULL
"""
# Whoever takes or draws something of the day, or changes its state, stands in this line; readers and postings do not.
_STAND_STILL = "SELECT FROM clearing.business_days WHERE business_day = $1 FOR NO KEY UPDATE"
_LATER_VERSION = """
SELECT n.file_id
FROM clearing.files AS f
JOIN clearing.files AS n ON n.business_day = f.business_day AND n.bank = f.bank AND n.kind = f.kind
WHERE f.file_id = $1 AND n.version > f.version
ORDER BY n.version DESC
LIMIT 1
"""
_LINES = f"""
SELECT
    {LINE_ID} AS line_id, l.line_no, l.amount, l.payee_account,
    EXISTS (
        SELECT FROM clearing.line_results AS r
        WHERE r.business_day = l.business_day AND r.line_no = l.line_no AND r.outcome = 'paid'
    ) AS is_paid,
    EXISTS (
        SELECT FROM clearing.line_results AS r
        WHERE r.business_day = l.business_day AND r.line_no = l.line_no AND r.outcome = 'failed'
    ) AS is_failed
FROM clearing.lines AS l
WHERE l.business_day = $1 AND l.bank = $2
"""  # noqa: S608
_NAMED_LINES = f"{_LINES} AND {LINE_ID} = ANY ($3::text[])"

_COLUMNS = """
ack_id, file_id, code, reason, paid_count, paid, failed_count, failed, received_by, received_at, returned_at
"""
_FIND = f"SELECT {_COLUMNS} FROM clearing.acknowledgments WHERE file_id = $1 AND sha256 = $2"  # noqa: S608
_KEEP = """
INSERT INTO clearing.acknowledgments (
    file_id, form, sha256, content, code, reason, paid_count, paid, failed_count, failed, first_count, received_by,
    returned_at
)
VALUES (
    $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12,
    CASE WHEN $5::text = 'ok' AND $9::bigint = 0 THEN clock_timestamp() END
)
RETURNING ack_id
"""
_RETURNED = """
UPDATE clearing.acknowledgments SET returned_at = clock_timestamp() WHERE ack_id = $1 AND returned_at IS NULL
"""
_UNFINISHED = """
SELECT a.ack_id, f.business_day
FROM clearing.acknowledgments AS a
JOIN clearing.files AS f ON f.file_id = a.file_id
WHERE a.code = 'ok' AND a.returned_at IS NULL
ORDER BY a.ack_id
"""
_ACKNOWLEDGED = """
UPDATE clearing.business_days AS d SET state = 'acknowledged'
WHERE d.state = 'filed' AND ($1::date IS NULL OR d.business_day = $1)
    AND NOT EXISTS (
        SELECT FROM clearing.lines AS l
        WHERE l.business_day = d.business_day
            AND NOT EXISTS (
                SELECT FROM clearing.line_results AS r
                WHERE r.business_day = l.business_day AND r.line_no = l.line_no
            )
    )
"""


class Acknowledgment(NamedTuple):
    """code: ok where it was taken, else why all of it was refused, which `reason` tells. Signed fen.

    Counts and sums are of the results that it brought; what was known before counts once. returned_at: when the money
    of its failed lines was back. `replayed`: the very same bytes came before.
    """

    ack_id: int
    file_id: str
    code: Code
    reason: str
    paid_count: int
    paid: int
    failed_count: int
    failed: int
    received_by: str
    received_at: datetime
    returned_at: datetime | None
    replayed: bool = False


class _File(NamedTuple):
    file_id: str
    business_day: date
    bank: str
    kind: str
    form: str
    encoding: str
    line_count: int
    total: int

    @property
    def name(self) -> str:
        """By which the bank names it: a pain.001 by its message id."""
        return self.file_id if self.form == "text" else message_id(self.file_id)


async def take(url: str, cut_off: time, file_id: str, content: bytes, *, by: str) -> Acknowledgment:
    """Take an acknowledgment of a written payment file, or keep it as refused; the same bytes get the same answer.

    by: who sent it, kept with it. Raises Refused where nothing can be kept: there is no such file, it is no payment
    file, or the content is too long. Raises DatabaseUnavailable: send it again.
    """
    if len(content) > BYTES_MAX:
        raise Refused(Code.ACKNOWLEDGMENT_TOO_LARGE, f"At most {BYTES_MAX:,} bytes are taken at a time.")
    with tracing.span("take acknowledgment") as span:
        async with _session(url) as connection:
            file = await _read_file(connection, file_id)
            span.tell({"medsettle.file_id": file.file_id, "medsettle.business_day": str(file.business_day)})
            said = await asyncio.to_thread(_read, file, content)
            reach("ack.read")
            taken = await _take(connection, file, said, content, by)
            span.tell(
                {
                    "medsettle.code": taken.code,
                    "medsettle.paid": taken.paid_count,
                    "medsettle.failed": taken.failed_count,
                }
            )
            span.reached("taken")
            reach("ack.taken")
            if taken.code == Code.OK and taken.returned_at is None:
                await _return(connection, cut_off, file.business_day, taken.ack_id)
            found = await _find(connection, file_id, sha256(content).digest())
    assert found is not None
    return found._replace(replayed=taken.replayed)


async def finish(url: str, cut_off: time) -> int:
    """Return what a crash left with banks, and see which filed days are acknowledged; how many there were of both.

    Raises DatabaseUnavailable.
    """
    async with _session(url) as connection:
        unfinished = await connection.fetch(_UNFINISHED)
        for ack_id, day in unfinished:
            await _return(connection, cut_off, day, ack_id)
        days = await acknowledge_days(connection)
    return len(unfinished) + days


async def acknowledge_days(connection: Connection, day: date | None = None) -> int:
    """Tell of a filed day, or of each, that every line of it has a result, where that is so; of how many it was."""
    status: str = await connection.execute(_ACKNOWLEDGED, day)
    return int(status.removeprefix("UPDATE "))


def parse(content: bytes, form: str, encoding: str) -> Statement:
    """The bytes in the form that answers a payment file's. Raises Refused where they are not of it."""
    return parse_text(content, encoding) if form == "text" else parse_pain002(content)


def _read(file: _File, content: bytes) -> Statement | Refused:
    try:
        return parse(content, file.form, file.encoding)
    except Refused as refused:
        return refused


async def _read_file(connection: Connection, file_id: str) -> _File:
    row = await connection.fetchrow(_FILE, file_id)
    if row is None:
        raise Refused(Code.FILE_UNKNOWN, "No settlement file of this name is written.")
    file = _File(*row)
    if file.kind != "payment":
        raise Refused(Code.NOT_A_PAYMENT_FILE, f"{file_id} is no payment file.")
    return file


async def _take(
    connection: Connection, file: _File, said: Statement | Refused, content: bytes, by: str
) -> Acknowledgment:
    digest = sha256(content).digest()
    async with connection.transaction():
        await connection.execute(_STAND_STILL, file.business_day)
        found = await _find(connection, file.file_id, digest)
        if found is not None:
            return found._replace(replayed=True)
        judged = said if isinstance(said, Refused) else await _judge(connection, file, said)
        results: Sequence[Result] = () if isinstance(judged, Refused) else judged
        form = "text" if file.form == "text" else "pain.002"
        code, reason = (judged.code, judged.detail) if isinstance(judged, Refused) else (Code.OK, "")
        ack_id = await connection.fetchval(
            _KEEP, file.file_id, form, digest, content, code, reason, *_count(results), by
        )
        reach("ack.kept")
        await _keep_results(connection, file.business_day, ack_id, results)
        reach("ack.results")
        await acknowledge_days(connection, file.business_day)
        reach("ack.day")
        taken = await _find(connection, file.file_id, digest)
    assert taken is not None
    return taken


async def _judge(connection: Connection, file: _File, said: Statement) -> list[Result] | Refused:
    superseded_by = await connection.fetchval(_LATER_VERSION, file.file_id)
    if said.whole is not None:
        rows = await connection.fetch(_LINES, file.business_day, file.bank)
    else:
        named = [each.line_id for each in said.lines]
        rows = await connection.fetch(_NAMED_LINES, file.business_day, file.bank, named)
    lines = {line_id: Line(*line) for line_id, *line in rows}
    try:
        return judge(said, PaymentFile(file.name, file.line_count, file.total, superseded_by or ""), lines)
    except Refused as refused:
        return refused


def _count(results: Sequence[Result]) -> tuple[int, int, int, int, int]:
    """Paid and failed, lines and fen of each, and lines of which nothing was known."""
    paid = [each.amount for each in results if each.outcome == "paid"]
    failed = [each.amount for each in results if each.outcome == "failed"]
    return len(paid), sum(paid), len(failed), sum(failed), sum(each.is_first for each in results)


async def _keep_results(connection: Connection, day: date, ack_id: int, results: Sequence[Result]) -> None:
    await connection.copy_records_to_table(
        "line_results",
        schema_name="clearing",
        columns=("business_day", "line_no", "outcome", "code", "reason", "ack_id"),
        records=[(day, each.line_no, each.outcome, each.code, each.reason, ack_id) for each in results],
    )


async def _return(connection: Connection, cut_off: time, day: date, ack_id: int) -> None:
    behind: int | None = 0
    while behind is not None:
        days = await read_business_days(connection, cut_off)
        try:
            async with connection.transaction():
                await connection.execute(_STAND_STILL, day)
                behind = await book_returns(connection, day, ack_id, behind, days)
                reach("ack.returning")
        except DayClosed:
            continue
        reach("ack.chunk")
    await connection.execute(_RETURNED, ack_id)
    reach("ack.returned")


async def _find(connection: Connection, file_id: str, digest: bytes) -> Acknowledgment | None:
    row = await connection.fetchrow(_FIND, file_id, digest)
    if row is None:
        return None
    ack_id, found_id, code, *rest = row
    return Acknowledgment(ack_id, found_id, Code(code), *rest)


@asynccontextmanager
async def _session(url: str) -> AsyncIterator[Connection]:
    """A connection of its own, for as long as the block lasts. Raises DatabaseUnavailable."""
    try:
        connection = await connect(url, application_name="medsettle acknowledgments")
        try:
            await connection.execute(_SETTINGS)
            yield connection
        finally:
            await connection.close()
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(
                f"Postgres is away or busy: {type(error).__name__}. Send the same again: it is taken once."
            ) from error
        raise
