"""Settlements against transfers: what a row says, its transfers moved, between the accounts that are due.

What the year's end carries over stays within its account (`app.ledger.verify`) and is left aside here.
"""

from app.ledger.accounts import CARRY_OVER_ACCOUNT, FUND_ACCOUNT
from app.ledger.verify import Check
from app.settlement.verify.told import DEBITS, ORIGINAL

_SAME_PLACE = """
    {0}.batch_id = {1}.batch_id AND {0}.position = {1}.position
    AND {0}.business_day = {1}.business_day AND {0}.bucket = {1}.bucket
"""

# *_undone: the original of a reversal that took effect. leaves: whether money leaves its holder, NULL
# where none moves. Of a transfer from card to card the payer is the holder, in its reversal too.
_STATED = f"""
undone AS MATERIALIZED (
    SELECT v.batch_id, v.position, v.business_day, v.bucket, o.kind, o.message_id
    FROM (
        SELECT s.*, {ORIGINAL} AS original
        FROM settlement.settlements AS s
        WHERE s.kind = 'reversal' AND s.status = 'reversed' AND s.code = 'ok'
    ) AS v
    JOIN settlement.settlements AS o ON o.institution = v.institution AND o.message_id = v.original
), stated AS (
    SELECT
        s.batch_id, s.position, s.business_day, s.bucket, s.kind, s.institution, s.message_id, s.person_no,
        s.balance_after, s.account_paid, s.accumulated_paid, s.mutual_aid_paid, s.debit_paid,
        u.kind AS kind_undone, u.message_id AS message_undone,
        CASE s.kind
            WHEN 'contribution' THEN s.amount
            WHEN 'retiree_credit' THEN s.amount
            WHEN 'interest' THEN s.amount
            WHEN 'adjustment' THEN s.amount
            ELSE s.account_paid::numeric + s.mutual_aid_paid + s.debit_paid
        END AS fen,
        CASE s.kind WHEN 'interest' THEN s.amount ELSE s.accumulated_paid END AS accumulated,
        s.kind IN ('contribution', 'retiree_credit', 'claw_back', 'adjustment', 'interest') AS is_of_agency,
        s.kind = 'transfer' OR u.kind IS NOT DISTINCT FROM 'transfer' AS is_across,
        CASE
            WHEN s.code <> 'ok' THEN NULL
            WHEN s.kind IN ('payment', 'capture', 'withdrawal', 'purchase', 'transfer') THEN true
            WHEN s.kind IN ('contribution', 'retiree_credit', 'interest', 'refund', 'deposit') THEN false
            WHEN s.kind IN ('claw_back', 'adjustment') THEN {DEBITS}
            WHEN s.kind = 'reversal' AND u.kind <> 'authorization' THEN u.kind IN ('refund', 'deposit')
        END AS leaves
    FROM settlement.settlements AS s
    LEFT JOIN undone AS u ON {_SAME_PLACE.format("u", "s")}
)
"""  # noqa: S608

# Most settlements move money of the person's own account alone, and for them this says all; of the others the parts
# stand in _SOURCES.
_MOVEMENTS = f"""
WITH {_STATED}, moved AS (
    SELECT
        batch_id, position, business_day, bucket,
        sum(amount) AS fen,
        coalesce(sum(amount) FILTER (WHERE accumulated), 0) AS accumulated,
        min(debit_account) AS debit_account,
        min(credit_account) AS credit_account,
        max(debit_account) <> min(debit_account) AS has_debtors,
        max(credit_account) <> min(credit_account) AS has_creditors,
        min(debit_balance_after) AS least_after,
        max(credit_balance_after) AS most_after
    FROM ledger.transfers
    WHERE debit_account <> {CARRY_OVER_ACCOUNT} AND credit_account <> {CARRY_OVER_ACCOUNT}
    GROUP BY batch_id, position, business_day, bucket
), due AS (
    SELECT
        s.*,
        CASE WHEN s.leaves IS NULL THEN 0 ELSE s.fen END AS fen_due,
        CASE WHEN s.leaves IS NULL THEN 0 ELSE s.accumulated END AS accumulated_due,
        s.mutual_aid_paid = 0 AND s.debit_paid = 0 AS is_own,
        person.account_id AS own,
        person.bucket AS bucket_due,
        CASE WHEN s.is_of_agency THEN {FUND_ACCOUNT} ELSE i.account_id END AS other_side
    FROM stated AS s
    LEFT JOIN ledger.accounts AS person ON person.owner = s.person_no AND person.kind = 'personal'
    LEFT JOIN parties.institutions AS i ON i.institution = s.institution
), looked_at AS (
    SELECT
        s.batch_id,
        s.position,
        CASE
            WHEN s.fen_due <> coalesce(m.fen, 0)
                THEN format('says that %s fen moved, its transfers move %s', s.fen_due, coalesce(m.fen, 0))
            WHEN m.fen IS NULL THEN NULL
            WHEN NOT s.is_across AND (
                    CASE WHEN s.leaves THEN m.credit_account ELSE m.debit_account END IS DISTINCT FROM s.other_side
                    OR CASE WHEN s.leaves THEN m.has_creditors ELSE m.has_debtors END
                ) OR s.is_own AND (
                    CASE WHEN s.leaves THEN m.debit_account ELSE m.credit_account END IS DISTINCT FROM s.own
                    OR CASE WHEN s.leaves THEN m.has_debtors ELSE m.has_creditors END
                )
                THEN format('its money moved from account %s to %s, which is not what it says',
                            m.debit_account || CASE WHEN m.has_debtors THEN ' and others' ELSE '' END,
                            m.credit_account || CASE WHEN m.has_creditors THEN ' and others' ELSE '' END)
            WHEN s.is_own AND s.accumulated_due <> m.accumulated
                THEN format('says that %s fen are of the accumulated part, its transfers moved %s',
                            s.accumulated_due, m.accumulated)
            WHEN s.is_own
                AND s.balance_after IS DISTINCT FROM CASE WHEN s.leaves THEN m.least_after ELSE m.most_after END
                THEN format('says that %s fen were left, its transfers left %s', coalesce(s.balance_after::text, 'no'),
                            coalesce(CASE WHEN s.leaves THEN m.least_after ELSE m.most_after END::text, 'no'))
        END AS moved_wrong,
        CASE
            WHEN s.bucket <> s.bucket_due
                THEN format('stands in bucket %s, its account in %s', s.bucket, s.bucket_due)
        END AS stands_wrong
    FROM due AS s
    LEFT JOIN moved AS m ON {_SAME_PLACE.format("m", "s")}
)
SELECT
    format('settlement batch %s position %s', batch_id, position) AS broken_row,
    coalesce(moved_wrong, stands_wrong) AS detail
FROM looked_at
WHERE moved_wrong IS NOT NULL OR stands_wrong IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

# Told is the balance of the person's own account, or of the debit account for what the bank application did.
_SOURCES = f"""
WITH {_STATED}, refunds_of_purchases AS MATERIALIZED (
    SELECT r.institution, r.message_id
    FROM (
        SELECT s.institution, s.message_id, {ORIGINAL} AS original
        FROM settlement.settlements AS s
        WHERE s.kind = 'refund' AND s.status = 'settled' AND s.debit_paid <> 0
    ) AS r
    JOIN settlement.settlements AS o ON o.institution = r.institution AND o.message_id = r.original
    WHERE o.kind = 'purchase'
), mixed AS MATERIALIZED (
    SELECT
        s.*, person.account_id AS own,
        coalesce(s.kind_undone, s.kind) IN ('deposit', 'withdrawal', 'transfer', 'purchase')
        OR r.message_id IS NOT NULL AS tells_debit
    FROM stated AS s
    LEFT JOIN refunds_of_purchases AS r
        ON r.institution = s.institution AND r.message_id = coalesce(s.message_undone, s.message_id)
    LEFT JOIN ledger.accounts AS person ON person.owner = s.person_no AND person.kind = 'personal'
    WHERE s.leaves IS NOT NULL AND (s.mutual_aid_paid <> 0 OR s.debit_paid <> 0)
), legs AS (
    SELECT
        s.batch_id, s.position, s.business_day, s.bucket, t.amount, t.accumulated, s.own, s.person_no,
        s.is_across, s.tells_debit,
        CASE WHEN s.leaves THEN t.debit_account ELSE t.credit_account END AS holder,
        CASE WHEN s.leaves THEN t.credit_account ELSE t.debit_account END AS other_side,
        -- Balances fall where money leaves and rise where it comes: so the last one is the least, or the most.
        CASE WHEN s.leaves THEN -t.debit_balance_after::numeric ELSE t.credit_balance_after END AS after
    FROM mixed AS s
    JOIN ledger.transfers AS t ON {_SAME_PLACE.format("t", "s")}
    WHERE t.debit_account <> {CARRY_OVER_ACCOUNT} AND t.credit_account <> {CARRY_OVER_ACCOUNT}
), moved AS (
    SELECT
        l.batch_id, l.position, l.business_day, l.bucket,
        coalesce(sum(l.amount) FILTER (WHERE l.holder = l.own), 0) AS account_paid,
        coalesce(sum(l.amount) FILTER (WHERE l.holder = l.own AND l.accumulated), 0) AS accumulated_paid,
        coalesce(sum(l.amount) FILTER (WHERE l.holder <> l.own AND h.kind = 'personal'), 0) AS mutual_aid_paid,
        coalesce(sum(l.amount) FILTER (
            WHERE h.kind = 'debit' AND right(h.owner, length(l.person_no) + 1) = '/' || l.person_no
        ), 0) AS debit_paid,
        bool_or(l.is_across AND o.kind IS DISTINCT FROM 'debit') AS misses_payee,
        max(l.after) FILTER (WHERE CASE WHEN l.tells_debit THEN h.kind = 'debit' ELSE l.holder = l.own END) AS after
    FROM legs AS l
    LEFT JOIN ledger.accounts AS h ON h.account_id = l.holder
    LEFT JOIN ledger.accounts AS o ON l.is_across AND o.account_id = l.other_side
    GROUP BY l.batch_id, l.position, l.business_day, l.bucket
), looked_at AS (
    SELECT
        s.batch_id,
        s.position,
        CASE
            WHEN (m.account_paid, m.mutual_aid_paid, m.debit_paid)
                <> (s.account_paid, s.mutual_aid_paid, s.debit_paid)
                THEN format('says that %s fen were of the own account, %s of the family''s and %s of the debit account;'
                            ' its transfers moved %s, %s and %s', s.account_paid, s.mutual_aid_paid, s.debit_paid,
                            m.account_paid, m.mutual_aid_paid, m.debit_paid)
            WHEN s.accumulated_paid <> m.accumulated_paid
                THEN format('says that %s fen are of the accumulated part, its transfers moved %s',
                            s.accumulated_paid, m.accumulated_paid)
            WHEN m.misses_payee THEN 'its money does not stay among debit accounts'
            WHEN s.balance_after <> abs(m.after) OR s.balance_after IS NULL AND m.after IS NOT NULL
                THEN format('says that %s fen were left, its transfers left %s',
                            coalesce(s.balance_after::text, 'no'), abs(m.after))
        END AS detail
    FROM mixed AS s
    JOIN moved AS m ON {_SAME_PLACE.format("m", "s")}
)
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

_STRAYS = """
SELECT
    format('transfer batch %s position %s leg %s', t.batch_id, t.position, t.leg) AS broken_row,
    'no settlement of its day and bucket stands there' AS detail
FROM ledger.transfers AS t
WHERE NOT EXISTS (
    SELECT FROM settlement.settlements AS s
    WHERE s.batch_id = t.batch_id AND s.position = t.position
      AND s.business_day = t.business_day AND s.bucket = t.bucket
) AND NOT EXISTS (
    SELECT FROM ledger.bookings AS b
    WHERE b.batch_id = t.batch_id AND b.position = t.position
      AND b.business_day = t.business_day AND b.bucket = t.bucket
)
ORDER BY t.batch_id, t.position, t.leg
"""

CHECKS = (
    Check("movements", "transfers moved what settlements say", "settlement.settlements", _MOVEMENTS),
    Check("sources", "each source gave, or got back, its part", "settlement.settlements", _SOURCES),
    Check("strays", "transfers belong to settlements", "ledger.transfers", _STRAYS),
)
