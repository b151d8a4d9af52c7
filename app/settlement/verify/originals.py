"""Captures, voids, refunds and reversals against the messages that they name: what went back, where, and how much."""

from app.ledger.accounts import CARRY_OVER_ACCOUNT
from app.ledger.verify import Check
from app.settlement.clearing_class import class_text_sql
from app.settlement.verify.told import FOLLOWERS, text_of

_NAMED = f"""
WITH followers AS MATERIALIZED ({FOLLOWERS}), looked_at AS (
    SELECT
        f.batch_id,
        f.position,
        CASE
            WHEN o.batch_id IS NULL THEN 'the original that it names is nowhere'
            WHEN o.person_no <> f.person_no THEN 'its original is of another person'
            WHEN NOT CASE f.kind
                    WHEN 'refund' THEN o.kind IN ('payment', 'capture', 'purchase') AND o.status = 'settled'
                    WHEN 'reversal' THEN (o.status IN ('settled', 'held') OR NOT f.reverses) AND o.kind IN (
                        'payment', 'authorization', 'capture', 'refund', 'deposit', 'withdrawal', 'transfer', 'purchase'
                    )
                    ELSE o.kind = 'authorization' AND o.status = 'held'
                END OR f.is_release <> (f.reverses AND o.kind = 'authorization')
                THEN format('a %s cannot do what it says to a %s %s', f.kind, o.status, o.kind)
            WHEN {class_text_sql("f")} <> {class_text_sql("o")}
                THEN format('is cleared as %s, its original as %s', {class_text_sql("f")}, {class_text_sql("o")})
            WHEN {text_of("original_kind", "f")} <> o.kind
                THEN format('says that its original is a %s, it is a %s', {text_of("original_kind", "f")}, o.kind)
            WHEN f.reverses AND row_number() OVER (
                    PARTITION BY f.institution, f.original, f.reverses ORDER BY f.batch_id, f.position
                ) > 1 THEN 'another reversal of its original took effect too'
        END AS detail
    FROM followers AS f
    LEFT JOIN settlement.settlements AS o ON o.institution = f.institution AND o.message_id = f.original
)
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

# returners: refunds and reversals that moved something back. pieces: what each of their originals moved, transfers in
# the order of their legs and the cash behind them, as from account 0 to account 0. refunded: what stands as refunded of
# each piece.
_PIECES = f"""
returners AS MATERIALIZED (
    SELECT
        f.*, o.batch_id AS o_batch_id, o.position AS o_position, o.business_day AS o_business_day, o.kind AS o_kind,
        o.cash_due AS o_cash_due
    FROM ({FOLLOWERS}) AS f
    JOIN settlement.settlements AS o ON o.institution = f.institution AND o.message_id = f.original
    WHERE f.kind = 'refund' OR f.reverses
), originals AS MATERIALIZED (
    SELECT
        o_batch_id AS batch_id, o_position AS position, o_business_day AS business_day, o_kind AS kind,
        o_cash_due AS cash_due, bool_or(reverses) AS is_reversed
    FROM returners
    GROUP BY o_batch_id, o_position, o_business_day, o_kind, o_cash_due
), legs AS MATERIALIZED (
    SELECT
        o.batch_id, o.position, o.business_day, t.debit_account, t.credit_account, t.accumulated, t.amount,
        row_number() OVER (PARTITION BY o.batch_id, o.position, o.business_day ORDER BY t.leg) AS place
    FROM originals AS o
    JOIN ledger.transfers AS t
        ON t.batch_id = o.batch_id AND t.position = o.position AND t.business_day = o.business_day
    WHERE t.debit_account <> {CARRY_OVER_ACCOUNT} AND t.credit_account <> {CARRY_OVER_ACCOUNT}
), pieces AS MATERIALIZED (
    SELECT batch_id, position, business_day, debit_account, credit_account, accumulated, amount, place FROM legs
    UNION ALL
    SELECT o.batch_id, o.position, o.business_day, 0, 0, false, o.cash_due, coalesce(max(l.place), 0) + 1
    FROM originals AS o
    LEFT JOIN legs AS l ON l.batch_id = o.batch_id AND l.position = o.position AND l.business_day = o.business_day
    GROUP BY o.batch_id, o.position, o.business_day, o.cash_due
), refunds AS (
    SELECT r.*, part.place, part.fen
    FROM returners AS r
    LEFT JOIN returners AS undone
        ON undone.o_batch_id = r.batch_id AND undone.o_position = r.position AND undone.o_business_day = r.business_day
        AND undone.reverses
    CROSS JOIN LATERAL unnest(r.returned) WITH ORDINALITY AS part (fen, place)
    WHERE r.kind = 'refund' AND undone.batch_id IS NULL
), refunded AS MATERIALIZED (
    SELECT
        o_batch_id AS batch_id, o_position AS position, o_business_day AS business_day, place, sum(fen) AS fen
    FROM refunds
    GROUP BY o_batch_id, o_position, o_business_day, place
)
"""  # noqa: S608

# A refund that is reversed takes the money out of whichever part of the account the region uses first: there the parts
# are not compared.
_WAYS_BACK = f"""
WITH {_PIECES}, gone_back AS (
    SELECT r.batch_id, r.position, r.business_day, r.o_batch_id, r.o_position, r.o_business_day, part.place, part.fen
    FROM returners AS r
    CROSS JOIN LATERAL unnest(r.returned) WITH ORDINALITY AS part (fen, place)
    WHERE r.kind = 'refund'
    UNION ALL
    SELECT
        r.batch_id, r.position, r.business_day, r.o_batch_id, r.o_position, r.o_business_day, p.place,
        p.amount - coalesce(refunded.fen, 0)
    FROM returners AS r
    JOIN pieces AS p
        ON p.batch_id = r.o_batch_id AND p.position = r.o_position AND p.business_day = r.o_business_day
    LEFT JOIN refunded
        ON refunded.batch_id = p.batch_id AND refunded.position = p.position
        AND refunded.business_day = p.business_day AND refunded.place = p.place
    WHERE r.reverses AND r.o_kind <> 'authorization'
), due AS (
    SELECT
        g.batch_id, g.position, g.business_day, p.credit_account AS payer, p.debit_account AS payee,
        CASE WHEN r.o_kind <> 'refund' THEN
            p.accumulated OR payee.kind IS NOT DISTINCT FROM 'personal'
                AND extract(year FROM g.o_business_day) < extract(year FROM g.business_day)
        END AS accumulated,
        sum(g.fen) AS fen
    FROM gone_back AS g
    JOIN returners AS r ON r.batch_id = g.batch_id AND r.position = g.position AND r.business_day = g.business_day
    LEFT JOIN pieces AS p
        ON p.batch_id = g.o_batch_id AND p.position = g.o_position AND p.business_day = g.o_business_day
        AND p.place = g.place
    LEFT JOIN ledger.accounts AS payee ON payee.account_id = p.debit_account AND payee.balance IS NOT NULL
    WHERE g.fen <> 0
    GROUP BY 1, 2, 3, 4, 5, 6
), moved AS (
    SELECT
        r.batch_id, r.position, r.business_day, t.debit_account AS payer, t.credit_account AS payee,
        CASE WHEN r.o_kind <> 'refund' THEN t.accumulated END AS accumulated, sum(t.amount) AS fen
    FROM returners AS r
    JOIN ledger.transfers AS t
        ON t.batch_id = r.batch_id AND t.position = r.position AND t.business_day = r.business_day
    WHERE t.debit_account <> {CARRY_OVER_ACCOUNT} AND t.credit_account <> {CARRY_OVER_ACCOUNT}
    GROUP BY 1, 2, 3, 4, 5, 6
    UNION ALL
    SELECT batch_id, position, business_day, 0, 0, CASE WHEN o_kind <> 'refund' THEN false END, cash_due
    FROM returners WHERE cash_due <> 0
), compared AS (
    SELECT
        coalesce(due.batch_id, moved.batch_id) AS batch_id,
        coalesce(due.position, moved.position) AS position,
        coalesce(due.payer, moved.payer) AS payer,
        coalesce(due.payee, moved.payee) AS payee,
        coalesce(due.fen, 0) AS fen_due,
        coalesce(moved.fen, 0) AS fen
    FROM due
    FULL JOIN moved
        ON moved.batch_id = due.batch_id AND moved.position = due.position
        AND moved.business_day = due.business_day AND moved.payer = due.payer AND moved.payee = due.payee
        AND coalesce(moved.accumulated::int, -1) = coalesce(due.accumulated::int, -1)
)
SELECT DISTINCT ON (batch_id, position)
    format('settlement batch %s position %s', batch_id, position) AS broken_row,
    CASE
        WHEN payer IS NULL THEN 'says that a part came back which its original has not'
        WHEN payer = 0 THEN format('says that %s fen came back in cash, its original makes it %s', fen, fen_due)
        ELSE format('moved %s fen back from account %s to %s, its original makes it %s', fen, payer, payee, fen_due)
    END AS detail
FROM compared
WHERE fen <> fen_due
ORDER BY batch_id, position, payer, payee
"""  # noqa: S608

_RETURNS = f"""
WITH {_PIECES}, due AS (
    SELECT
        o.batch_id, o.position, o.business_day, o.is_reversed, sum(p.amount) AS amount,
        array_agg(
            CASE
                WHEN o.kind = 'authorization' THEN 0
                WHEN o.is_reversed THEN p.amount
                ELSE coalesce(refunded.fen, 0)
            END ORDER BY p.place
        ) AS by_part,
        bool_or(refunded.fen > p.amount) AS is_exceeded
    FROM originals AS o
    JOIN pieces AS p ON p.batch_id = o.batch_id AND p.position = o.position AND p.business_day = o.business_day
    LEFT JOIN refunded
        ON refunded.batch_id = p.batch_id AND refunded.position = p.position
        AND refunded.business_day = p.business_day AND refunded.place = p.place
    GROUP BY o.batch_id, o.position, o.business_day, o.is_reversed
), kept AS (
    SELECT
        r.message_key, r.amount, r.returned, r.by_part, r.is_reversed, k.batch_id, k.position, k.business_day,
        (SELECT sum(fen) FROM unnest(r.by_part) AS fen) AS parts
    FROM settlement.returns AS r
    LEFT JOIN settlement.message_keys AS k ON k.message_key = r.message_key
), looked_at AS (
    SELECT
        coalesce(due.batch_id, kept.batch_id) AS batch_id,
        coalesce(due.position, kept.position) AS position,
        kept.message_key,
        CASE
            WHEN due.batch_id IS NULL THEN 'nothing of a settlement there went back'
            WHEN kept.message_key IS NULL THEN 'missing: something of its settlement went back'
            WHEN kept.amount <> due.amount
                THEN format('are of %s fen, its settlement moved %s', kept.amount, due.amount)
            WHEN kept.is_reversed <> due.is_reversed
                THEN format('tell that it is %s', CASE WHEN kept.is_reversed THEN 'reversed' ELSE 'not reversed' END)
            WHEN kept.by_part::numeric[] <> due.by_part::numeric[]
                THEN format('are %s by part, refunds and reversals make %s', kept.by_part, due.by_part)
            WHEN kept.returned IS DISTINCT FROM kept.parts
                THEN format('are %s fen, its parts make %s', kept.returned, kept.parts)
            WHEN due.is_exceeded THEN 'exceed a part of its settlement'
        END AS detail
    FROM due
    FULL JOIN kept
        ON kept.batch_id = due.batch_id AND kept.position = due.position AND kept.business_day = due.business_day
)
SELECT
    CASE
        WHEN batch_id IS NULL THEN format('returns %s', encode(message_key, 'hex'))
        ELSE format('returns of batch %s position %s', batch_id, position)
    END AS broken_row,
    detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position, message_key
"""  # noqa: S608

CHECKS = (
    Check("originals", "what follows a message suits it", "settlement.settlements", _NAMED),
    Check("ways back", "money went back where it came from", "settlement.settlements", _WAYS_BACK),
    Check("returns", "what went back of each is told", "settlement.returns", _RETURNS),
)
