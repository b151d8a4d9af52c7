"""Proves that what is known of lines is what banks said, that what failed is back, and that it is drawn again once."""

from collections.abc import Callable, Iterator
from typing import Final

from app.clearing.acknowledgments.statement import Said
from app.clearing.acknowledgments.taking import parse
from app.clearing.positions import LINE_ID, PAYOUT_RETURN, line_id_sql
from app.database import Connection
from app.errors import Refused
from app.ledger.verify import VIOLATIONS_MAX, Check, Violation

_ACKNOWLEDGMENTS = """
WITH brought AS (
    SELECT
        r.ack_id,
        count(*) FILTER (WHERE r.outcome = 'paid') AS paid_count,
        coalesce(sum(l.amount) FILTER (WHERE r.outcome = 'paid'), 0) AS paid,
        count(*) FILTER (WHERE r.outcome = 'failed') AS failed_count,
        coalesce(sum(l.amount) FILTER (WHERE r.outcome = 'failed'), 0) AS failed,
        count(*) FILTER (WHERE r.is_first) AS first_count
    FROM (
        SELECT
            ack_id, business_day, line_no, outcome,
            row_number() OVER (PARTITION BY business_day, line_no ORDER BY ack_id, outcome) = 1 AS is_first
        FROM clearing.line_results
    ) AS r
    JOIN clearing.lines AS l ON l.business_day = r.business_day AND l.line_no = r.line_no
    GROUP BY r.ack_id
), looked_at AS (
    SELECT
        a.ack_id, a.file_id,
        CASE
            WHEN f.file_id IS NULL THEN 'is of no file'
            WHEN f.kind <> 'payment' OR f.written_at IS NULL THEN 'is of a file that no bank pays by'
            WHEN (a.form = 'text') IS DISTINCT FROM (t.form = 'text') THEN 'has another form than its file'
            WHEN sha256(a.content) <> a.sha256 THEN 'its bytes are not those that came'
            WHEN a.code <> 'ok' AND (b.ack_id IS NOT NULL OR a.returned_at IS NOT NULL)
                THEN 'was refused, and lines have results of it'
            WHEN (a.code = 'ok') <> (a.reason = '') THEN 'its code and reason do not suit each other'
            WHEN (a.paid_count, a.paid, a.failed_count, a.failed, a.first_count) IS DISTINCT FROM (
                coalesce(b.paid_count, 0), coalesce(b.paid, 0), coalesce(b.failed_count, 0), coalesce(b.failed, 0),
                coalesce(b.first_count, 0)
            )
                THEN format('says %s lines of %s fen paid and %s of %s failed, %s of them first; its results are'
                            ' %s of %s and %s of %s, %s first', a.paid_count, a.paid, a.failed_count, a.failed,
                            a.first_count, coalesce(b.paid_count, 0), coalesce(b.paid, 0), coalesce(b.failed_count, 0),
                            coalesce(b.failed, 0), coalesce(b.first_count, 0))
            WHEN a.code = 'ok' AND a.failed_count = 0 AND a.returned_at IS NULL
                THEN 'has nothing to return, and is not done'
        END AS detail
    FROM clearing.acknowledgments AS a
    LEFT JOIN brought AS b ON b.ack_id = a.ack_id
    LEFT JOIN clearing.files AS f ON f.file_id = a.file_id
    LEFT JOIN clearing.bank_terms AS t ON t.bank = f.bank AND t.filed_at = f.terms_filed_at
)
SELECT format('acknowledgment %s of %s', ack_id, file_id) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY ack_id
"""

# Acknowledgments of a day are taken one after the other, so the larger number is the later one.
_RESULTS = f"""
WITH looked_at AS (
    SELECT
        {line_id_sql("r")} AS line_id, r.outcome,
        CASE
            WHEN l.line_no IS NULL THEN 'is of no line'
            WHEN a.ack_id IS NULL THEN 'no acknowledgment brought it'
            WHEN (f.business_day, f.bank) IS DISTINCT FROM (l.business_day, l.bank)
                THEN format('was brought by an acknowledgment of %s, in which the line does not stand', a.file_id)
            WHEN r.outcome = 'paid' AND b.ack_id <= r.ack_id THEN 'it failed before'
        END AS detail
    FROM clearing.line_results AS r
    LEFT JOIN clearing.lines AS l ON l.business_day = r.business_day AND l.line_no = r.line_no
    LEFT JOIN clearing.acknowledgments AS a ON a.ack_id = r.ack_id
    LEFT JOIN clearing.files AS f ON f.file_id = a.file_id
    LEFT JOIN clearing.line_results AS b
        ON b.business_day = r.business_day AND b.line_no = r.line_no AND b.outcome = 'failed'
)
SELECT format('line %s, %s', line_id, outcome) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY line_id, outcome
"""  # noqa: S608

_RETURNS = f"""
WITH booked AS (
    SELECT b.reference, b.batch_id, b.position, t.debit_account, t.credit_account, t.amount
    FROM ledger.bookings AS b
    LEFT JOIN ledger.transfers AS t
        ON t.batch_id = b.batch_id AND t.position = b.position AND t.business_day = b.business_day
    WHERE b.purpose = '{PAYOUT_RETURN}'
), failed AS (
    SELECT {LINE_ID} AS line_id, l.amount, i.account_id, c.account_id AS bank_account, a.returned_at
    FROM clearing.line_results AS r
    JOIN clearing.lines AS l ON l.business_day = r.business_day AND l.line_no = r.line_no
    JOIN clearing.acknowledgments AS a ON a.ack_id = r.ack_id
    LEFT JOIN parties.institutions AS i ON i.institution = l.institution
    LEFT JOIN ledger.accounts AS c ON c.owner = l.bank AND c.kind = 'bank'
    WHERE r.outcome = 'failed'
), looked_at AS (
    SELECT
        coalesce(f.line_id, b.reference) AS line_id,
        CASE
            WHEN f.line_id IS NULL
                THEN format('has not failed, batch %s position %s returned it', b.batch_id, b.position)
            WHEN b.reference IS NULL AND f.returned_at IS NOT NULL THEN 'failed, and its money is not back'
            WHEN b.reference IS NULL THEN NULL
            WHEN (b.debit_account, b.credit_account, b.amount) IS DISTINCT FROM (
                CASE WHEN f.amount > 0 THEN f.bank_account ELSE f.account_id END,
                CASE WHEN f.amount > 0 THEN f.account_id ELSE f.bank_account END,
                abs(f.amount)
            ) THEN format('failed with %s fen, its return moves %s from account %s to %s', f.amount, b.amount,
                          b.debit_account, b.credit_account)
        END AS detail
    FROM failed AS f
    FULL JOIN booked AS b ON b.reference = f.line_id
)
SELECT format('line %s', line_id) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY line_id
"""  # noqa: S608

_DRAWN_AGAIN = f"""
WITH looked_at AS (
    SELECT
        {LINE_ID} AS line_id,
        CASE
            WHEN f.line_no IS NULL THEN 'is drawn again of a line that is not there'
            WHEN f.institution <> l.institution OR f.amount <> l.amount
                THEN format('pays %s fen to %s, the line that it is drawn again of %s to %s', l.amount, l.institution,
                            f.amount, f.institution)
            WHEN f.business_day >= l.business_day THEN 'is drawn again of a line that is not before it'
            WHEN r.line_no IS NULL THEN format('is drawn again of line %s, which has not failed', {line_id_sql("f")})
            WHEN count(*) OVER (PARTITION BY l.reissue_of_day, l.reissue_of_no) > 1
                THEN format('line %s is drawn again twice', {line_id_sql("f")})
        END AS detail
    FROM clearing.lines AS l
    LEFT JOIN clearing.lines AS f ON f.business_day = l.reissue_of_day AND f.line_no = l.reissue_of_no
    LEFT JOIN clearing.line_results AS r
        ON r.business_day = f.business_day AND r.line_no = f.line_no AND r.outcome = 'failed'
    WHERE num_nonnulls(l.reissue_of_day, l.reissue_of_no) > 0
)
SELECT format('line %s', line_id) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY line_id
"""  # noqa: S608

_DAYS = """
SELECT format('business day %s', d.business_day) AS broken_row,
       format('is acknowledged, and nothing is known of %s of its lines', count(*)) AS detail
FROM clearing.business_days AS d
JOIN clearing.lines AS l ON l.business_day = d.business_day
LEFT JOIN clearing.line_results AS r ON r.business_day = l.business_day AND r.line_no = l.line_no
WHERE d.state = 'acknowledged' AND r.line_no IS NULL
GROUP BY d.business_day
ORDER BY d.business_day
"""

_CONTENTS = """
SELECT a.ack_id, a.file_id, a.content, t.form, t.encoding, f.business_day, f.bank
FROM clearing.acknowledgments AS a
JOIN clearing.files AS f ON f.file_id = a.file_id
JOIN clearing.bank_terms AS t ON t.bank = f.bank AND t.filed_at = f.terms_filed_at
WHERE a.code = 'ok'
ORDER BY a.ack_id
"""
_KNOWN_BY = f"""
SELECT {LINE_ID} AS line_id, r.outcome, r.code, r.reason, r.ack_id
FROM clearing.lines AS l
LEFT JOIN clearing.line_results AS r
    ON r.business_day = l.business_day AND r.line_no = l.line_no AND r.ack_id <= $3
WHERE l.business_day = $1 AND l.bank = $2
ORDER BY 1, 2
"""  # noqa: S608


class _Contents(Check):
    """Reads the bytes of each acknowledgment again, and compares what they say with what is known of the lines."""

    async def violations(self, connection: Connection, looked_at: Callable[[int], None]) -> list[Violation]:
        found: list[Violation] = []
        seen = 0
        async for ack_id, file_id, content, form, encoding, day, bank in connection.cursor(_CONTENTS, prefetch=1):
            known = [tuple(row) for row in await connection.fetch(_KNOWN_BY, day, bank, ack_id)]
            name = f"acknowledgment {ack_id} of {file_id}"
            for detail in _differing(content, form, encoding, ack_id, known):
                found.append(Violation(self.name, name, detail))
                if len(found) == VIOLATIONS_MAX:
                    return found
            seen += len(known)
            looked_at(seen)
        return found


def _differing(
    content: bytes, form: str, encoding: str, ack_id: int, known: list[tuple[str, str | None, str, str, int]]
) -> Iterator[str]:
    try:
        statement = parse(content, form, encoding)
    except Refused as refused:
        yield f"cannot be read again: {refused.detail}"
        return
    said = {each.line_id: each for each in statement.lines}
    outcomes = {(line_id, outcome) for line_id, outcome, *_ in known}
    for line_id, outcome, code, reason, brought_by in known:
        told: Said | None = said.get(line_id, statement.whole)
        if brought_by == ack_id and (told is None or (told.outcome, told.code, told.reason) != (outcome, code, reason)):
            yield f"line {line_id} has a result of it that it does not say"
        if told is not None and told.outcome is not None and (line_id, told.outcome) not in outcomes:
            yield f"says that line {line_id} was {told.outcome}, which is not known"


CHECKS: Final[tuple[Check, ...]] = (
    Check("acks", "acknowledgments are their results", "clearing.acknowledgments", _ACKNOWLEDGMENTS),
    Check("results", "results are of lines of the bank's file", "clearing.line_results", _RESULTS),
    _Contents("said", "results are what banks said", "clearing.line_results", ""),
    Check("returned", "what failed is back, once", "clearing.line_results", _RETURNS),
    Check("again", "what is drawn again had failed", "clearing.lines", _DRAWN_AGAIN),
    Check("acked", "acknowledged days are so whole", "clearing.business_days", _DAYS),
)
