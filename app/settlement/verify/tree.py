"""Rows against the journal: what is recorded of a batch hashes to the tree root that stands under the lane's chain."""

from app.ledger.journal import MARK_BYTES, TREE_FAN_OUT
from app.ledger.verify import Check

#: `records.content_text` as SQL.
CONTENT = """concat_ws(
    '|', s.institution, s.message_id, s.kind, s.person_no, s.amount, coalesce(s.cert_type, '~'),
    coalesce(s.card_no, '~'), coalesce(s.card_sn, '~'), coalesce(s.med_type, '~'), s.decline_if_short::int,
    s.use_mutual_aid::int, s.use_debit::int, coalesce(trunc(extract(epoch FROM s.occurred_at) * 1000000)::text, '~')
)"""

# `leaves.leaf` and `journal.tree_root` as SQL: a leaf is the text of the settlement, the hash of its transfers, its
# particulars and its metadata; that of a booking is made in `app.ledger.bookings`. A batch without a salt is of an
# earlier release, and holds the transfers themselves. The root proves the batch, the marks tell the row.
_TREE = f"""
WITH moved AS (
    SELECT batch_id, position, string_agg(concat_ws(
        '|', '', leg, debit_account, credit_account, amount, coalesce(debit_balance_after::text, '~'),
        coalesce(credit_balance_after::text, '~'), coalesce(debit_entry::text, '~'), coalesce(credit_entry::text, '~'),
        CASE WHEN accumulated THEN 'accumulated' END
    ), '' ORDER BY leg) AS text
    FROM ledger.transfers
    GROUP BY batch_id, position
), leaves AS (
    SELECT batch_id, position, sha256(convert_to(concat(
        concat_ws(
            '|', {CONTENT}, s.status, s.code, s.account_paid, s.mutual_aid_paid, s.debit_paid, s.cash_due,
            coalesce(s.balance_after::text, '~'), s.bucket,
            CASE WHEN s.accumulated_paid <> 0 THEN 'accumulated ' || s.accumulated_paid END
        ),
        CASE
            WHEN b.salt IS NULL THEN m.text
            ELSE '|' || encode(sha256(b.salt || convert_to(concat(position, m.text), 'UTF8')), 'hex')
        END,
        '|particulars ' || s.particulars,
        '|' || s.metadata
    ), 'UTF8')) AS hash
    FROM settlement.settlements AS s
    FULL JOIN (
        SELECT m.* FROM moved AS m LEFT JOIN ledger.bookings AS k USING (batch_id, position) WHERE k.batch_id IS NULL
    ) AS m USING (batch_id, position)
    LEFT JOIN ledger.batches AS b USING (batch_id)
    UNION ALL
    SELECT k.batch_id, k.position, sha256(convert_to(concat_ws(
        '|', 'booking', k.purpose, k.reference, k.bucket,
        encode(sha256(b.salt || convert_to(concat(k.position, m.text), 'UTF8')), 'hex')
    ), 'UTF8'))
    FROM ledger.bookings AS k
    LEFT JOIN moved AS m USING (batch_id, position)
    LEFT JOIN ledger.batches AS b USING (batch_id)
), twigs AS (
    SELECT
        batch_id, position / {TREE_FAN_OUT} AS position, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM leaves GROUP BY batch_id, position / {TREE_FAN_OUT}
), branches AS (
    SELECT
        batch_id, position / {TREE_FAN_OUT} AS position, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM twigs GROUP BY batch_id, position / {TREE_FAN_OUT}
), marks AS (
    SELECT batch_id, string_agg(substring(hash FROM 1 FOR {MARK_BYTES}), ''::bytea ORDER BY position) AS marks
    FROM leaves GROUP BY batch_id
), roots AS (
    SELECT batch_id, sha256(string_agg(hash, ''::bytea ORDER BY position)) AS hash
    FROM branches GROUP BY batch_id
)
SELECT
    CASE
        WHEN l.batch_id IS NULL THEN format('batch %s', b.batch_id)
        ELSE format('settlement batch %s position %s', b.batch_id, l.position)
    END AS broken_row,
    CASE
        WHEN l.batch_id IS NULL THEN 'its settlements and their transfers do not hash to its tree root'
        ELSE 'it or its transfers were changed: they do not hash to their leaf'
    END AS detail
FROM ledger.batches AS b
LEFT JOIN roots AS r ON r.batch_id = b.batch_id
LEFT JOIN marks AS m ON m.batch_id = b.batch_id
LEFT JOIN leaves AS l ON l.batch_id = b.batch_id
    AND substring(l.hash FROM 1 FOR {MARK_BYTES})
        <> substring(b.leaf_marks FROM l.position * {MARK_BYTES} + 1 FOR {MARK_BYTES})
WHERE b.tree_root IS DISTINCT FROM r.hash OR b.leaf_marks IS DISTINCT FROM m.marks
ORDER BY b.batch_id, l.position
"""  # noqa: S608


CHECKS = (Check("tree", "rows hash to the tree root of the batch", "settlement.settlements", _TREE),)
