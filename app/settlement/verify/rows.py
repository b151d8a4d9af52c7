"""Settlements by themselves: each batch holds as many as it counts, and each is sound as it stands."""

from app.ledger.verify import Check
from app.settlement.verify.told import DEBITS, SHAPE, fen_of, tells

# A row at the position after the last one of each batch shows what is missing at the end.
_POSITIONS = """
WITH places AS (
    SELECT batch_id, position, false AS is_end, business_day FROM settlement.settlements
    UNION ALL
    SELECT batch_id, position, false, business_day FROM ledger.bookings
    UNION ALL
    SELECT batch_id, size, true, business_day FROM ledger.batches
), steps AS (
    SELECT
        *,
        lag(position, 1, -1::smallint) OVER batch AS position_before,
        lag(is_end, 1, false) OVER batch AS is_past_end
    FROM places
    WINDOW batch AS (PARTITION BY batch_id ORDER BY position, is_end DESC, business_day)
), looked_at AS (
    SELECT
        p.batch_id,
        p.position,
        CASE
            WHEN b.batch_id IS NULL OR p.is_past_end OR p.position <= p.position_before + 1 THEN p.position
            ELSE p.position_before + 1
        END AS broken,
        CASE
            WHEN b.batch_id IS NULL THEN 'belongs to no batch'
            WHEN p.is_past_end THEN format('stands past the %s settlements of its batch', b.size)
            WHEN p.position > p.position_before + 1 THEN 'missing'
            WHEN p.is_end THEN NULL
            WHEN p.position <= p.position_before THEN 'stands at a taken position'
            WHEN p.business_day <> b.business_day
                THEN format('is booked on %s, its batch on %s', p.business_day, b.business_day)
        END AS detail
    FROM steps AS p
    LEFT JOIN ledger.batches AS b ON b.batch_id = p.batch_id
)
SELECT format('settlement batch %s position %s', batch_id, broken) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""

# A field that held a mark that separates fields, or the one for NULL, could let two rows have one hashed text.
_FIELDS = f"""
SELECT format('settlement batch %s position %s', batch_id, position) AS broken_row, detail
FROM (
    SELECT
        s.batch_id,
        s.position,
        CASE
            WHEN s.kind NOT IN (
                    'payment', 'authorization', 'capture', 'void', 'refund', 'reversal', 'registration', 'deposit',
                    'withdrawal', 'transfer', 'purchase', 'contribution', 'retiree_credit', 'claw_back', 'adjustment',
                    'carry_over', 'interest'
                ) OR NOT CASE s.status
                    WHEN 'settled' THEN s.code = 'ok' AND s.kind NOT IN ('authorization', 'reversal')
                    WHEN 'held' THEN s.code = 'ok' AND s.kind = 'authorization'
                    WHEN 'reversed' THEN s.kind = 'reversal'
                        AND s.code IN ('ok', 'original_not_found', 'nothing_to_reverse')
                    ELSE s.status IN ('declined', 'rejected') AND s.code <> 'ok'
                END THEN 'no settlement has this kind, status and code'
            WHEN concat(
                    s.institution, s.message_id, s.code, s.person_no, s.cert_type, s.card_no, s.card_sn, s.med_type
                ) ~ '[|~]' OR s.metadata NOT LIKE '{{%' OR s.particulars NOT LIKE '{{%'
                THEN 'a field holds a mark that separates fields'
            WHEN s.particulars !~ '{SHAPE}' THEN 'its particulars are not written as they are'
            WHEN CASE
                    WHEN s.kind IN ('registration', 'carry_over', 'void', 'reversal') THEN s.amount <> 0
                    WHEN s.kind IN ('capture', 'refund') THEN s.amount < 0
                    ELSE s.amount <= 0
                END THEN format('a %s is not of %s fen', s.kind, s.amount)
            WHEN least(s.account_paid, s.accumulated_paid, s.mutual_aid_paid, s.debit_paid, s.cash_due) < 0
                THEN 'an amount is negative'
            WHEN s.accumulated_paid > s.account_paid THEN 'more of its account part is accumulated than there is'
            WHEN NOT CASE
                    WHEN s.code <> 'ok' THEN s.parts = 0
                    WHEN s.kind IN ('payment', 'refund', 'reversal') THEN true
                    WHEN s.kind = 'authorization' THEN s.account_paid > 0 AND s.mutual_aid_paid = 0 AND s.debit_paid = 0
                    WHEN s.kind IN ('deposit', 'withdrawal', 'transfer', 'purchase') THEN s.parts = s.debit_paid
                    ELSE s.parts = s.account_paid
                END OR NOT CASE
                    WHEN s.code <> 'ok' THEN true
                    WHEN s.kind IN ('void', 'reversal') OR s.kind IN ('capture', 'refund') AND s.amount = 0
                        THEN s.parts > 0
                    WHEN s.kind IN ('registration', 'contribution', 'retiree_credit', 'carry_over', 'interest')
                        THEN s.parts = 0
                    WHEN s.kind = 'adjustment' THEN s.parts = CASE WHEN {DEBITS} THEN s.amount ELSE 0 END
                    ELSE s.parts = s.amount
                END THEN format('its parts do not suit a %s %s of %s fen', s.status, s.kind, s.amount)
            -- Most have none and need none.
            WHEN s.particulars IS NULL AND s.kind IN ('payment', 'contribution') THEN NULL
            WHEN {tells("original_message_id")} <> (s.kind IN ('capture', 'void', 'refund', 'reversal'))
                THEN 'a ' || s.kind || CASE WHEN {tells("original_message_id")} THEN ' names an' ELSE ' names no' END
                    || ' original'
            WHEN {tells("returned")} <> (s.kind = 'refund' AND s.code = 'ok')
                OR s.code = 'ok' AND ({tells("expires_at")} OR {tells("held_until")}) <> (s.kind = 'authorization')
                OR {tells("expires_at")} AND {tells("held_until")}
                OR {tells("is_release")} AND NOT (s.kind = 'reversal' AND s.code = 'ok' AND s.parts = s.account_paid)
                OR {tells("is_counted")} AND NOT (s.kind IN ('payment', 'refund') AND s.code = 'ok')
                OR {tells("limited_by")} AND NOT (s.kind = 'payment' AND s.code = 'ok' AND s.cash_due > 0)
                OR {tells("mutual_aid")} AND (s.kind NOT IN ('payment', 'refund', 'reversal') OR s.code <> 'ok')
                OR ({tells("cleared_as")} OR {tells("original_kind")}) AND s.status NOT IN ('settled', 'reversed')
                OR {tells("fund_of_original")} AND s.kind <> 'refund'
                OR {tells("fund_returned")} AND s.kind NOT IN ('refund', 'reversal')
                OR ({tells("total_fee")} OR {tells("insurance_type")} OR {tells("use_account")})
                    AND s.kind NOT IN ('payment', 'authorization', 'registration')
                OR {tells("use_account")} AND s.account_paid + s.mutual_aid_paid > 0
                OR {tells("accumulated_first")} AND s.accumulated_paid = 0
                OR {tells("card_activated")} AND NOT (s.kind IN ('payment', 'registration') AND s.code = 'ok')
                THEN format('its particulars do not suit a %s %s', s.status, s.kind)
            WHEN (SELECT sum(fen) FROM unnest({fen_of("mutual_aid")}) AS fen) <> s.mutual_aid_paid
                THEN format('what each of the family gave or got back does not make %s fen', s.mutual_aid_paid)
            WHEN {tells("returned")} AND (
                    (SELECT sum(fen) FROM unnest({fen_of("returned")}) AS fen) IS DISTINCT FROM s.parts
                    OR ({fen_of("returned")})[cardinality({fen_of("returned")})] <> s.cash_due
                )
                THEN format('what it returned of each part does not make its %s fen', s.parts)
        END AS detail
    FROM (
        SELECT *, account_paid::numeric + mutual_aid_paid + debit_paid + cash_due AS parts
        FROM settlement.settlements
    ) AS s
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position
"""  # noqa: S608

CHECKS = (
    Check("positions", "batches hold what they count, of one day", "settlement.settlements", _POSITIONS),
    Check("fields", "settlements are sound in themselves", "settlement.settlements", _FIELDS),
)
