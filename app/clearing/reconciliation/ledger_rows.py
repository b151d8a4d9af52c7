"""What the ledger has for a scope: one row a settlement that pays an institution for care, or gives money back of one.

Payments and captures, with their refunds and reversals and the reversals of refunds. The bank application of the card
(deposits, withdrawals, purchases, transfers) has no insurance and is not reconciled here; holds move nothing.

    medfee = fund_pay + account_pay + cash, each below zero where the row gives back
    account_pay: the person's account and the family's; cash: the person's own money, the debit account's too
    fund_pay: what the care cost beyond the person's share
"""

from typing import Any

from app.clearing.reconciliation.scope import Scope
from app.settlement.clearing_class import clearing_type_sql, insurance_type_sql
from app.settlement.records import FUND_RETURNED, ORIGINAL_KIND

_GIVES_BACK = f"""(
    s.kind = 'refund' OR s.kind = 'reversal' AND s.particulars NOT LIKE '%"{ORIGINAL_KIND}":"refund"%'
)"""

# A reversal says of what kind its original was; what it undid of a hold or of the bank application is left out.
_COUNTS = f"""(
    s.status = 'settled' AND s.kind IN ('payment', 'capture')
    OR $7::boolean AND s.code = 'ok' AND (
        s.kind = 'refund' AND s.status = 'settled' OR s.kind = 'reversal' AND s.status = 'reversed'
    ) AND s.particulars ~ '"{ORIGINAL_KIND}":"(payment|capture|refund)"'
)"""

#: settlement_id, message_id, original_message_id, person_no, treatment_id, gives_back, medfee, fund_pay, account_pay,
#: cash of each row. Its parameters are `parameters` of a scope.
ROWS = f"""
SELECT
    to_char(r.business_day, 'YYYYMMDD') || lpad(r.batch_id::text, 16, '0') || lpad(r.position::text, 4, '0')
        AS settlement_id,
    r.message_id, r.original_message_id, r.person_no, r.treatment_id, r.gives_back,
    r.sign * (r.fund_pay + r.account_pay + r.cash) AS medfee,
    r.sign * r.fund_pay AS fund_pay,
    r.sign * r.account_pay AS account_pay,
    r.sign * r.cash AS cash
FROM (
    SELECT
        s.business_day, s.batch_id, s.position, s.message_id, s.person_no,
        substring(s.particulars FROM '"original_message_id":"([^"]+)"') AS original_message_id,
        substring(s.particulars FROM '"treatment_id":"([^"]+)"') AS treatment_id,
        {_GIVES_BACK} AS gives_back,
        CASE WHEN {_GIVES_BACK} THEN -1 ELSE 1 END AS sign,
        CASE
            WHEN s.particulars IS NULL THEN 0
            WHEN s.kind = 'payment'
                THEN coalesce(substring(s.particulars FROM '"total_fee":([0-9]+)')::bigint - s.amount, 0)
            ELSE coalesce(substring(s.particulars FROM '"{FUND_RETURNED}":([0-9]+)')::bigint, 0)
        END AS fund_pay,
        s.account_paid + s.mutual_aid_paid AS account_pay,
        s.cash_due + s.debit_paid AS cash
    FROM settlement.settlements AS s
    WHERE s.institution = $1 AND s.business_day BETWEEN $2 AND $3 AND {_COUNTS}
        AND ($4 = '' OR EXISTS (
            SELECT FROM parties.institutions AS i
            WHERE i.institution = $1 AND i.settlement_office IN ('', $4)
        ))
        AND ($5 = '' OR {insurance_type_sql("s")} = $5)
        AND ($6 = '' OR {clearing_type_sql("s")} = $6)
) AS r
"""  # noqa: S608


def parameters(scope: Scope) -> tuple[Any, ...]:
    return (
        scope.institution,
        scope.first_day,
        scope.last_day,
        scope.settlement_office,
        scope.insurance_type,
        scope.clearing_type,
        scope.includes_refunds,
    )
