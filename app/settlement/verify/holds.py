"""Holds against the authorizations that they are of, the changes that made them what they are, and their accounts."""

from app.ledger.verify import Check
from app.settlement.verify.told import FOLLOWERS, text_of

# `datetime.isoformat` in UTC.
_EXPIRES_AT = """replace(
    to_char(h.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"+00:00"'), '.000000', ''
)"""

_HOLDS = f"""
WITH authorized AS MATERIALIZED (
    SELECT
        s.batch_id, s.position, s.business_day, s.account_paid, s.person_no,
        coalesce({text_of("expires_at")}, {text_of("held_until")}) AS expires_at
    FROM settlement.settlements AS s
    WHERE s.kind = 'authorization' AND s.status = 'held'
), told AS (
    SELECT message_key, sum(change) AS held FROM settlement.hold_entries GROUP BY message_key
), kept AS MATERIALIZED (
    SELECT h.*, k.batch_id, k.position, k.business_day
    FROM settlement.holds AS h
    LEFT JOIN settlement.message_keys AS k ON k.message_key = h.message_key
), looked_at AS (
    SELECT
        coalesce(s.batch_id, h.batch_id) AS batch_id,
        coalesce(s.position, h.position) AS position,
        h.message_key,
        CASE
            WHEN s.batch_id IS NULL THEN 'no authorization that holds stands there'
            WHEN h.message_key IS NULL THEN 'missing: its authorization holds'
            WHEN h.amount <> s.account_paid
                THEN format('is of %s fen, its authorization of %s', h.amount, s.account_paid)
            WHEN a.account_id IS NULL THEN format('holds in account %s, which is not its person''s', h.account_id)
            WHEN h.bucket <> a.bucket THEN format('stands in bucket %s, its account in %s', h.bucket, a.bucket)
            WHEN {_EXPIRES_AT} IS DISTINCT FROM s.expires_at
                THEN format('ends at %s, its authorization tells %s', {_EXPIRES_AT}, coalesce(s.expires_at, 'nothing'))
            WHEN h.held <> coalesce(t.held, 0)
                THEN format('holds %s fen, its entries make %s', h.held, coalesce(t.held, 0))
            WHEN h.held NOT BETWEEN 0 AND h.amount OR (h.held > 0) <> (h.state = 'open')
                THEN format('is %s and holds %s fen of %s', h.state, h.held, h.amount)
        END AS detail
    FROM authorized AS s
    FULL JOIN kept AS h
        ON h.batch_id = s.batch_id AND h.position = s.position AND h.business_day = s.business_day
    LEFT JOIN told AS t ON t.message_key = h.message_key
    LEFT JOIN ledger.accounts AS a
        ON a.account_id = h.account_id AND a.kind = 'personal' AND a.owner = s.person_no
)
SELECT
    CASE
        WHEN batch_id IS NULL THEN format('hold %s', encode(message_key, 'hex'))
        ELSE format('hold of batch %s position %s', batch_id, position)
    END AS broken_row,
    detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position, message_key
"""  # noqa: S608

# What happens to a hold in one batch stands in its entries in the order of positions. Behind them, an event without an
# entry is the reversal of a capture whose hold was no longer open; an entry without an event is an expiry.
_HOLD_ENTRIES = f"""
WITH followers AS MATERIALIZED (
    SELECT
        f.batch_id, f.position, f.business_day, f.kind, f.account_paid, f.is_final,
        o.batch_id AS o_batch_id, o.position AS o_position, o.business_day AS o_business_day, o.kind AS o_kind
    FROM ({FOLLOWERS}) AS f
    JOIN settlement.settlements AS o ON o.institution = f.institution AND o.message_id = f.original
    WHERE f.code = 'ok' AND f.kind <> 'refund' AND o.kind IN ('authorization', 'capture')
), held AS MATERIALIZED (
    SELECT h.*, k.batch_id, k.position, k.business_day
    FROM settlement.holds AS h
    JOIN settlement.message_keys AS k ON k.message_key = h.message_key
), events AS (
    SELECT h.message_key, 'authorization' AS what, h.amount AS change, false AS is_final, h.batch_id, h.position
    FROM held AS h
    UNION ALL
    SELECT h.message_key, f.kind, -f.account_paid, f.is_final, f.batch_id, f.position
    FROM followers AS f
    JOIN held AS h
        ON h.batch_id = f.o_batch_id AND h.position = f.o_position AND h.business_day = f.o_business_day
    WHERE f.o_kind = 'authorization'
    UNION ALL
    SELECT h.message_key, 'again', f.account_paid, false, f.batch_id, f.position
    FROM followers AS f
    JOIN followers AS c
        ON c.batch_id = f.o_batch_id AND c.position = f.o_position AND c.business_day = f.o_business_day
        AND c.o_kind = 'authorization'
    JOIN held AS h
        ON h.batch_id = c.o_batch_id AND h.position = c.o_position AND h.business_day = c.o_business_day
    WHERE f.kind = 'reversal' AND f.o_kind = 'capture'
), numbered AS (
    SELECT
        e.*, b.settled_at,
        row_number() OVER (PARTITION BY e.message_key, b.settled_at ORDER BY e.batch_id, e.position) AS place
    FROM events AS e
    JOIN ledger.batches AS b ON b.batch_id = e.batch_id
), entries AS (
    SELECT
        *,
        row_number() OVER (PARTITION BY message_key, happened_at ORDER BY entry_id) AS place,
        sum(change) OVER run AS standing,
        lead(entry_id) OVER run IS NULL AS is_last
    FROM settlement.hold_entries
    WINDOW run AS (PARTITION BY message_key ORDER BY entry_id)
), looked_at AS (
    SELECT
        e.entry_id,
        s.batch_id,
        s.position,
        CASE
            WHEN h.message_key IS NULL THEN 'is of no hold'
            WHEN e.entry_id IS NULL AND s.what = 'again' AND h.state <> 'open' THEN NULL
            WHEN e.entry_id IS NULL THEN 'no entry of its hold tells of it'
            WHEN e.account_id <> h.account_id
                THEN format('is of account %s, its hold of %s', e.account_id, h.account_id)
            WHEN s.what IS NULL AND NOT (h.state = 'expired' AND e.is_last AND e.happened_at = h.expires_at)
                THEN 'nothing that happened to its hold makes it'
            WHEN e.standing NOT BETWEEN 0 AND h.amount THEN format('leaves its hold at %s fen', e.standing)
            WHEN s.what IS NULL AND e.standing <> 0 OR s.is_final AND e.standing <> 0
                OR e.change <> s.change AND NOT (s.what = 'capture' AND e.change < s.change AND e.standing = 0)
                THEN format('changes its hold by %s fen, and not as what happened', e.change)
            WHEN e.is_last AND h.state <> CASE
                    WHEN e.standing > 0 THEN 'open'
                    WHEN s.what = 'capture' THEN 'captured'
                    WHEN s.what = 'void' THEN 'voided'
                    WHEN s.what = 'reversal' THEN 'reversed'
                    ELSE 'expired'
                END
                THEN format('is the last of a hold that is %s', h.state)
        END AS detail
    FROM entries AS e
    FULL JOIN numbered AS s
        ON s.message_key = e.message_key AND s.settled_at = e.happened_at AND s.place = e.place
    LEFT JOIN settlement.holds AS h ON h.message_key = coalesce(e.message_key, s.message_key)
)
SELECT
    CASE
        WHEN entry_id IS NULL THEN format('settlement batch %s position %s', batch_id, position)
        ELSE format('hold entry %s', entry_id)
    END AS broken_row,
    detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY entry_id, batch_id, position
"""  # noqa: S608

_HELD = """
SELECT format('account %s', a.account_id) AS broken_row,
       format('holds %s fen, its open holds make %s', a.held, coalesce(h.held, 0)) AS detail
FROM ledger.accounts AS a
LEFT JOIN (
    SELECT account_id, sum(held) AS held FROM settlement.holds GROUP BY account_id
) AS h ON h.account_id = a.account_id
WHERE a.held <> coalesce(h.held, 0) AND a.balance IS NOT NULL
ORDER BY a.account_id
"""

CHECKS = (
    Check("holds", "holds are those of authorizations", "settlement.holds", _HOLDS),
    Check("hold entries", "each change of a hold has its cause", "settlement.hold_entries", _HOLD_ENTRIES),
    Check("held", "accounts hold what their holds make", "ledger.accounts", _HELD),
)
