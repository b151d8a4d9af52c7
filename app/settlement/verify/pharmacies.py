"""What the caps on pharmacies count, against the payments, refunds and reversals that are counted."""

from app.ledger.verify import Check
from app.settlement.verify.told import FOLLOWERS, tells

_PHARMACY_DAYS = f"""
WITH counted AS MATERIALIZED (
    SELECT
        s.batch_id, s.position, s.business_day, s.person_no, s.kind, s.account_paid::numeric + s.mutual_aid_paid AS fen
    FROM settlement.settlements AS s
    WHERE s.particulars IS NOT NULL AND {tells("is_counted")} AND s.status = 'settled'
), changes AS (
    SELECT
        business_day, person_no,
        CASE kind WHEN 'payment' THEN fen ELSE -fen END AS fen,
        CASE kind WHEN 'payment' THEN 1 ELSE 0 END AS payments
    FROM counted
    UNION ALL
    SELECT
        f.business_day, f.person_no,
        CASE o.kind WHEN 'payment' THEN -1 ELSE 1 END * (f.account_paid::numeric + f.mutual_aid_paid),
        CASE o.kind WHEN 'payment' THEN -1 ELSE 0 END
    FROM ({FOLLOWERS}) AS f
    JOIN settlement.settlements AS o ON o.institution = f.institution AND o.message_id = f.original
    JOIN counted AS c
        ON c.batch_id = o.batch_id AND c.position = o.position AND c.business_day = o.business_day
    WHERE f.reverses AND f.business_day = o.business_day
), due AS (
    SELECT
        a.account_id, c.business_day, sum(c.fen) AS paid, sum(c.payments) AS payments
    FROM changes AS c
    LEFT JOIN ledger.accounts AS a ON a.owner = c.person_no AND a.kind = 'personal'
    GROUP BY a.account_id, c.business_day
)
SELECT
    format('pharmacy day %s of account %s', coalesce(due.business_day, d.business_day),
           coalesce(due.account_id, d.account_id)) AS broken_row,
    format('counts %s fen of %s payments, its settlements make %s of %s', coalesce(d.paid::text, 'no'),
           coalesce(d.payments::text, 'no'), coalesce(due.paid, 0), coalesce(due.payments, 0)) AS detail
FROM due
FULL JOIN settlement.pharmacy_days AS d ON d.account_id = due.account_id AND d.business_day = due.business_day
WHERE (d.paid, d.payments) IS DISTINCT FROM (due.paid, due.payments)
ORDER BY coalesce(due.business_day, d.business_day), coalesce(due.account_id, d.account_id)
"""  # noqa: S608

CHECKS = (Check("pharmacy days", "caps count what was paid", "settlement.pharmacy_days", _PHARMACY_DAYS),)
