"""The whole way of one transaction: message, outcome, transfers, day, position, line, file, acknowledgment.

Each statement is a few look-ups by key, whatever the size of the tables. Ask in a snapshot, and all of it is of one
moment.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple

import orjson

from app.clearing.positions import LINE_ID, PAYOUT, PAYOUT_RETURN
from app.clearing.trace_steps import (
    BatchStep,
    BookingStep,
    DayStep,
    FileStep,
    LineStep,
    MessageStep,
    Movement,
    Original,
    PositionStep,
    ResultStep,
    Standing,
    Trace,
    stage_of,
)
from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.journal import LANES
from app.settlement.leaves import content_text, fingerprint
from app.settlement.messages import MessageKey, message_key
from app.settlement.records import Settlement, outcome

# An institution that is held over for longer is traced so far.
_DAYS_MAX = 1_000

# Where a reversal took the key before the message came, the tombstone leads to the message. Here and below OFFSET 0
# keeps a look-up by key one, however few rows there are when the plan is made.
_FIND = f"""
SELECT
    k.fingerprint, t.message_key IS NOT NULL AS came_late, b.settled_at, b.published_at, b.size, b.chain_hash,
    {", ".join(f"s.{column}" for column in Settlement.__struct_fields__)}
FROM settlement.message_keys AS k
LEFT JOIN LATERAL (
    SELECT * FROM settlement.tombstones AS t WHERE t.message_key = k.message_key OFFSET 0
) AS t ON true
CROSS JOIN LATERAL (
    SELECT *
    FROM settlement.settlements AS s
    WHERE s.batch_id = coalesce(t.late_batch_id, k.batch_id)
        AND s.business_day = coalesce(t.late_business_day, k.business_day)
        AND s.position = coalesce(t.late_position, k.position)
    OFFSET 0
) AS s
CROSS JOIN LATERAL (SELECT * FROM ledger.batches AS b WHERE b.batch_id = s.batch_id OFFSET 0) AS b
WHERE k.message_key = $1 AND (t.message_key IS NULL OR t.late_batch_id IS NOT NULL)
"""  # noqa: S608
_MOVED = """
SELECT t.leg, t.amount, debited.kind, credited.kind, t.accumulated
FROM ledger.transfers AS t
CROSS JOIN LATERAL (SELECT a.kind FROM ledger.accounts AS a WHERE a.account_id = t.debit_account OFFSET 0) AS debited
CROSS JOIN LATERAL (SELECT a.kind FROM ledger.accounts AS a WHERE a.account_id = t.credit_account OFFSET 0) AS credited
WHERE t.batch_id = $1 AND t.business_day = $2 AND t.position = $3
ORDER BY t.leg
"""
_STANDING = """
SELECT coalesce(r.returned, 0), coalesce(r.is_reversed, false), h.state, h.held
FROM (SELECT $1::bytea AS message_key) AS wanted
LEFT JOIN LATERAL (
    SELECT * FROM settlement.returns AS r WHERE r.message_key = wanted.message_key OFFSET 0
) AS r ON true
LEFT JOIN LATERAL (
    SELECT * FROM settlement.holds AS h WHERE h.message_key = wanted.message_key OFFSET 0
) AS h ON true
WHERE r.message_key IS NOT NULL OR h.message_key IS NOT NULL
"""
_DAY = """
SELECT d.business_day, d.state, d.value_date, d.sealed_at, encode(s.day_hash, 'hex')
FROM clearing.business_days AS d
LEFT JOIN clearing.seals AS s ON s.business_day = d.business_day
WHERE d.business_day = $1
"""
_POSITIONS = f"""
WITH RECURSIVE way AS (
    SELECT p.*, 1 AS step
    FROM clearing.positions AS p
    WHERE p.business_day = $1 AND p.institution = $2
    UNION ALL
    SELECT next.*, way.step + 1
    FROM way
    JOIN clearing.positions AS next ON next.business_day = way.business_day + 1 AND next.institution = way.institution
    WHERE way.carried_out <> 0 AND way.step < {_DAYS_MAX}
)
SELECT business_day, bank, debits, refunds, carried_in, paid, carried_out, held FROM way ORDER BY step
"""  # noqa: S608
# A position is one line; a line that failed is followed by the one that pays its money again.
_LINES = f"""
WITH RECURSIVE way AS (
    SELECT l.*, 1 AS step
    FROM clearing.lines AS l
    WHERE l.business_day = $1 AND l.institution = $2 AND l.reissue_of_no IS NULL
    UNION ALL
    SELECT next.*, way.step + 1
    FROM way
    JOIN clearing.lines AS next ON next.reissue_of_day = way.business_day AND next.reissue_of_no = way.line_no
)
SELECT
    {LINE_ID} AS line_id, l.business_day, l.line_no, l.bank, l.amount, lag({LINE_ID}) OVER (ORDER BY l.step),
    out.batch_id, out.business_day, back.batch_id, back.business_day
FROM way AS l
LEFT JOIN ledger.bookings AS out ON out.reference = {LINE_ID} AND out.purpose = '{PAYOUT}'
LEFT JOIN ledger.bookings AS back ON back.reference = {LINE_ID} AND back.purpose = '{PAYOUT_RETURN}'
ORDER BY l.step
"""  # noqa: S608
_FILES = """
SELECT f.business_day, f.bank, f.file_id, f.kind, f.version, f.written_at, f.size, encode(f.sha256, 'hex')
FROM unnest($1::date[], $2::text[], $3::text[], $4::text[]) AS wanted (business_day, bank, kind, institution)
CROSS JOIN LATERAL (
    SELECT *
    FROM clearing.files AS f
    WHERE f.business_day = wanted.business_day AND f.bank = wanted.bank AND f.kind = wanted.kind
        AND f.institution = wanted.institution
    OFFSET 0
) AS f
ORDER BY f.business_day, f.kind DESC, f.version
"""
_RESULTS = """
SELECT r.business_day, r.line_no, r.outcome, r.code, r.reason, a.ack_id, a.file_id, a.form, a.received_at
FROM unnest($1::date[], $2::integer[]) AS wanted (business_day, line_no)
CROSS JOIN LATERAL (
    SELECT *
    FROM clearing.line_results AS r
    WHERE r.business_day = wanted.business_day AND r.line_no = wanted.line_no
    OFFSET 0
) AS r
CROSS JOIN LATERAL (SELECT * FROM clearing.acknowledgments AS a WHERE a.ack_id = r.ack_id OFFSET 0) AS a
ORDER BY a.received_at, a.ack_id
"""


class _Found(NamedTuple):
    fingerprint: int
    came_late: bool
    settled_at: datetime
    published_at: datetime | None
    size: int
    chain_hash: bytes
    row: Settlement


async def trace(connection: Connection, institution: str, message_id: str) -> Trace:
    """Raises Refused where nothing is recorded under this key, or its day was archived."""
    key = message_key(institution, message_id)
    found = await _find(connection, key)
    if found is None:
        raise Refused(Code.TRANSACTION_NOT_FOUND, "Nothing is recorded under this institution and message id.")
    row = found.row
    place = (row.batch_id, row.business_day, row.position)
    transfers = tuple(Movement(*moved) for moved in await connection.fetch(_MOVED, *place))
    is_cleared = any("institution" in (moved.debit_account, moved.credit_account) for moved in transfers)
    positions = await _positions(connection, row) if is_cleared else ()
    lines = await _lines(connection, row.institution, positions)
    return Trace(
        institution=institution,
        message_id=message_id,
        stage=stage_of(is_cleared=is_cleared, positions=positions, lines=lines),
        message=_message(key, found),
        outcome=outcome(row, found.settled_at, replayed=True),
        original=await _original(connection, row),
        standing=await _standing(connection, key),
        transfers=transfers,
        batch=BatchStep(
            row.batch_id, row.batch_id % LANES, row.position, found.size, found.chain_hash.hex(), found.published_at
        ),
        day=await _day(connection, row.business_day),
        positions=positions,
        details=await _details(connection, row, positions),
        lines=lines,
    )


async def _find(connection: Connection, key: MessageKey) -> _Found | None:
    stored = await connection.fetchrow(_FIND, key)
    if stored is None:
        return None
    taken_as, came_late, settled_at, published_at, size, chain_hash, *row = stored
    return _Found(taken_as, came_late, settled_at, published_at, size, chain_hash, Settlement(*row))


def _message(key: MessageKey, found: _Found) -> MessageStep:
    matches = None if found.came_late else found.fingerprint == fingerprint(content_text(found.row))
    return MessageStep(found.row.kind, key.hex(), found.row.occurred_at, found.settled_at, matches)


async def _original(connection: Connection, row: Settlement) -> Original | None:
    told: dict[str, Any] = {} if row.particulars is None else orjson.loads(row.particulars)
    named = told.get("original_message_id")
    if named is None:
        return None
    key = message_key(row.institution, named)
    found = await _find(connection, key)
    if found is None:
        return None
    original = found.row
    standing = await _standing(connection, key)
    return Original(named, original.kind, original.status, original.code, original.business_day, standing)


async def _standing(connection: Connection, key: MessageKey) -> Standing | None:
    stored = await connection.fetchrow(_STANDING, key)
    return None if stored is None else Standing(*stored)


async def _day(connection: Connection, day: date) -> DayStep:
    stored = await connection.fetchrow(_DAY, day)
    return DayStep(day, "open", None, None, None) if stored is None else DayStep(*stored)


async def _positions(connection: Connection, row: Settlement) -> tuple[PositionStep, ...]:
    rows = await connection.fetch(_POSITIONS, row.business_day, row.institution)
    return tuple(PositionStep(*each) for each in rows)


async def _lines(connection: Connection, institution: str, positions: Sequence[PositionStep]) -> tuple[LineStep, ...]:
    if not positions or not positions[-1].paid:
        return ()
    rows = await connection.fetch(_LINES, positions[-1].business_day, institution)
    files = await _files(connection, [(day, bank, kind, "") for _, day, _, bank, *_ in rows for kind in _TOLD_BY])
    results: dict[tuple[date, int], list[ResultStep]] = {}
    told = await connection.fetch(_RESULTS, [day for _, day, *_ in rows], [number for _, _, number, *_ in rows])
    for day, number, *result in told:
        results.setdefault((day, number), []).append(ResultStep(*result))
    return tuple(
        LineStep(
            line_id, day, bank, amount, failed, _booking(*booked[:2]), tuple(files.get((day, bank), ())),
            tuple(results.get((day, number), ())), _booking(*booked[2:]),
        )
        for line_id, day, number, bank, amount, failed, *booked in rows
    )  # fmt: skip


def _booking(batch_id: int | None, day: date | None) -> BookingStep | None:
    return None if batch_id is None or day is None else BookingStep(batch_id, day)


_TOLD_BY = ("payment", "manifest")
_NAMED_BY = ("detail_csv", "detail_parquet")


async def _details(connection: Connection, row: Settlement, positions: Sequence[PositionStep]) -> tuple[FileStep, ...]:
    if not positions:
        return ()
    day, bank = row.business_day, positions[0].bank
    files = await _files(connection, [(day, bank, kind, row.institution) for kind in _NAMED_BY])
    return tuple(files.get((day, bank), ()))


async def _files(
    connection: Connection, wanted: Sequence[tuple[date, str, str, str]]
) -> dict[tuple[date, str], list[FileStep]]:
    """Every version of the files of a day, bank, kind and institution, by day and bank."""
    found: dict[tuple[date, str], list[FileStep]] = {}
    columns = [list(column) for column in zip(*dict.fromkeys(wanted), strict=True)]
    for day, bank, *file in await connection.fetch(_FILES, *columns):
        found.setdefault((day, bank), []).append(FileStep(*file))
    return found
