"""Proves that sealed days have not changed, and that totals, positions, lines and the ledger say one figure."""

from typing import Final

from app.clearing.positions import LINE_ID, PAYOUT
from app.clearing.seal import BATCHES_OF_DAYS, DAY_TEXT, FIRST_DAY_HASH
from app.clearing.totals import moved_sql, totals_sql
from app.ledger.verify import Check

_SEALED = "{0}.business_day IN (SELECT business_day FROM clearing.seals)"

# A batch on a day that is closed and was never sealed stands in no day's totals. While a day is sealed it has no seal.
_DAYS = f"""
WITH found AS MATERIALIZED ({BATCHES_OF_DAYS.format("true")}),
linked AS (
    SELECT
        s.*,
        lag(s.business_day) OVER days AS day_before,
        lag(s.day_hash, 1, {FIRST_DAY_HASH}) OVER days AS hash_before
    FROM clearing.seals AS s
    WINDOW days AS (ORDER BY s.business_day)
), looked_at AS (
    SELECT
        coalesce(s.business_day, f.business_day, d.business_day, c.business_day) AS business_day,
        CASE
            WHEN s.business_day IS NULL AND d.state IS NULL AND f.business_day IS NOT NULL
                THEN format('%s batches are booked on it, and it was closed without being sealed', f.batch_count)
            WHEN s.business_day IS NULL AND d.state <> 'sealing' THEN format('is %s and has no totals', d.state)
            WHEN s.business_day IS NULL THEN NULL
            WHEN c.business_day IS NULL THEN 'is sealed and not closed'
            WHEN d.business_day IS NULL THEN 'is sealed and has no state'
            WHEN s.day_before <> s.business_day - 1 THEN format('the day before it is missing: %s is', s.day_before)
            WHEN (s.batch_count, s.row_count) <> (coalesce(f.batch_count, 0), coalesce(f.row_count, 0))
                THEN format('was sealed with %s batches of %s rows, %s of %s are there',
                            s.batch_count, s.row_count, coalesce(f.batch_count, 0), coalesce(f.row_count, 0))
            WHEN s.batches_root <> coalesce(f.batches_root, sha256(''))
                THEN 'its batches are not those it was sealed with'
            WHEN s.day_hash <> sha256(
                s.hash_before || convert_to({DAY_TEXT.format("s")}, 'UTF8') || s.batches_root
            ) THEN 'its row and the hash of the day before it do not make its hash'
        END AS detail
    FROM linked AS s
    FULL JOIN (
        SELECT * FROM found WHERE business_day <= (SELECT max(business_day) FROM ledger.closed_days)
    ) AS f ON f.business_day = s.business_day
    FULL JOIN clearing.business_days AS d ON d.business_day = coalesce(s.business_day, f.business_day)
    FULL JOIN ledger.closed_days AS c ON c.business_day = coalesce(s.business_day, f.business_day, d.business_day)
)
SELECT format('business day %s', business_day) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY business_day
"""  # noqa: S608

_TOTALS = f"""
SELECT format('totals of %s of %s, %s/%s', business_day, institution, insurance_type, clearing_type) AS broken_row,
       CASE
           WHEN t.debits IS NULL THEN 'missing'
           WHEN s.debits IS NULL THEN 'no settlement makes them'
           ELSE format('say %s debits of %s fen and %s refunds of %s, the settlements make %s of %s and %s of %s',
                       t.debit_count, t.debits, t.refund_count, t.refunds,
                       s.debit_count, s.debits, s.refund_count, s.refunds)
       END AS detail
FROM clearing.totals AS t
FULL JOIN ({totals_sql(_SEALED)}) AS s USING (business_day, institution, insurance_type, clearing_type)
WHERE (t.debit_count, t.debits, t.refund_count, t.refunds)
    IS DISTINCT FROM (s.debit_count, s.debits, s.refund_count, s.refunds)
ORDER BY business_day, institution, insurance_type, clearing_type
"""  # noqa: S608

# What the institution's account says, the totals by class say, and so does the position; the day's own sums likewise.
_POSITIONS = f"""
WITH moved AS MATERIALIZED ({moved_sql(_SEALED)}),
net AS (
    SELECT business_day, institution, sum(debits) AS debits, sum(refunds) AS refunds
    FROM clearing.totals
    GROUP BY business_day, institution
), looked_at AS (
    SELECT
        business_day, institution,
        CASE
            WHEN (coalesce(n.debits, 0), coalesce(n.refunds, 0)) <> (coalesce(m.debits, 0), coalesce(m.refunds, 0))
                THEN format('its totals say %s fen in and %s back, its account %s and %s', n.debits, n.refunds,
                            coalesce(m.debits, 0), coalesce(m.refunds, 0))
            WHEN p.business_day IS NULL THEN 'missing'
            WHEN (p.debits, p.refunds) <> (coalesce(n.debits, 0), coalesce(n.refunds, 0))
                THEN format('says %s fen in and %s back, its totals %s and %s', p.debits, p.refunds,
                            coalesce(n.debits, 0), coalesce(n.refunds, 0))
            WHEN p.carried_in <> coalesce(b.carried_out, 0)
                THEN format('carries %s fen in, the day before carried %s out', p.carried_in,
                            coalesce(b.carried_out, 0))
            WHEN p.debits - p.refunds + p.carried_in <> p.paid::numeric + p.carried_out
                THEN format('pays %s and carries %s of %s fen', p.paid, p.carried_out,
                            p.debits - p.refunds + p.carried_in)
            WHEN (p.held IS NULL) <> (p.carried_out = 0) THEN 'what it carries and why do not suit each other'
        END AS detail
    FROM clearing.positions AS p
    FULL JOIN net AS n USING (business_day, institution)
    FULL JOIN moved AS m USING (business_day, institution)
    LEFT JOIN (
        SELECT institution AS of_institution, business_day + 1 AS into_day, carried_out FROM clearing.positions
    ) AS b ON b.of_institution = p.institution AND b.into_day = p.business_day
    UNION ALL
    SELECT b.business_day + 1, b.institution, format('missing: the day before carried %s fen', b.carried_out)
    FROM clearing.positions AS b
    WHERE b.carried_out <> 0
        AND EXISTS (SELECT FROM clearing.seals AS s WHERE s.business_day = b.business_day + 1)
        AND NOT EXISTS (
            SELECT FROM clearing.positions AS p
            WHERE p.institution = b.institution AND p.business_day = b.business_day + 1
        )
)
SELECT format('position of %s on %s', institution, business_day) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
UNION ALL
SELECT format('business day %s', s.business_day), 'its sums are not those of its totals'
FROM clearing.seals AS s
LEFT JOIN (
    SELECT business_day, sum(debit_count) AS debit_count, sum(debits) AS debits, sum(refund_count) AS refund_count,
           sum(refunds) AS refunds
    FROM clearing.totals
    GROUP BY business_day
) AS t USING (business_day)
WHERE (s.debit_count, s.debits, s.refund_count, s.refunds)
    <> (coalesce(t.debit_count, 0), coalesce(t.debits, 0), coalesce(t.refund_count, 0), coalesce(t.refunds, 0))
ORDER BY broken_row
"""  # noqa: S608

# One position that is paid is one line, beside those drawn again; once the day is sealed each is one booking.
_LINES = f"""
WITH booked AS (
    SELECT b.reference, b.batch_id, b.position, t.debit_account, t.credit_account, t.amount
    FROM ledger.bookings AS b
    LEFT JOIN ledger.transfers AS t
        ON t.batch_id = b.batch_id AND t.position = b.position AND t.business_day = b.business_day
    WHERE b.purpose = '{PAYOUT}'
), looked_at AS (
    SELECT
        coalesce({LINE_ID}, b.reference) AS line_id,
        CASE
            WHEN l.line_no IS NULL THEN format('missing: batch %s position %s booked it', b.batch_id, b.position)
            WHEN l.reissue_of_day IS NULL AND p.paid IS DISTINCT FROM l.amount
                THEN format('moves %s fen, its position pays %s', l.amount, coalesce(p.paid, 0))
            WHEN l.reissue_of_day IS NULL AND p.bank <> l.bank THEN 'is of another bank than its position'
            WHEN b.reference IS NULL AND d.state <> 'sealing' THEN 'is not booked'
            WHEN b.reference IS NULL THEN NULL
            WHEN (b.debit_account, b.credit_account, b.amount) IS DISTINCT FROM (
                CASE WHEN l.amount > 0 THEN i.account_id ELSE a.account_id END,
                CASE WHEN l.amount > 0 THEN a.account_id ELSE i.account_id END,
                abs(l.amount)
            ) THEN format('moves %s fen, its booking %s from account %s to %s', l.amount, b.amount, b.debit_account,
                          b.credit_account)
        END AS detail
    FROM clearing.lines AS l
    FULL JOIN booked AS b ON b.reference = {LINE_ID}
    LEFT JOIN clearing.positions AS p ON p.business_day = l.business_day AND p.institution = l.institution
    LEFT JOIN clearing.business_days AS d ON d.business_day = l.business_day
    LEFT JOIN parties.institutions AS i ON i.institution = l.institution
    LEFT JOIN ledger.accounts AS a ON a.owner = l.bank AND a.kind = 'bank'
    UNION ALL
    SELECT format('of %s on %s', p.institution, p.business_day), format('missing: its position pays %s fen', p.paid)
    FROM clearing.positions AS p
    WHERE p.paid <> 0 AND NOT EXISTS (
        SELECT FROM clearing.lines AS l
        WHERE l.business_day = p.business_day AND l.institution = p.institution AND l.reissue_of_day IS NULL
    )
)
SELECT format('line %s', line_id) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY line_id
"""  # noqa: S608

CHECKS: Final[tuple[Check, ...]] = (
    Check("days", "sealed days are as they were sealed", "clearing.seals", _DAYS),
    Check("totals", "settlements make the days' totals", "clearing.totals", _TOTALS),
    Check("net", "ledger, totals and positions agree", "clearing.positions", _POSITIONS),
    Check("lines", "paid positions are lines, booked once", "clearing.lines", _LINES),
)
