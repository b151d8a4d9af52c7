"""What the ledger has for a scope: one row a settlement that pays an institution for care, or gives money back of one.

Payments and captures, with their refunds and reversals and the reversals of refunds. The bank application of the card
(deposits, withdrawals, purchases, transfers) has no insurance and is not reconciled here; holds move nothing.

    medfee = fund_pay + account_pay + family money that is not in account_pay + cash, each below zero where the row
    gives back
    account_pay: the person's account, and the family's unless the scope has it apart
    cash: the person's own money, the debit account's too
    fund_pay: what the care cost beyond the person's share
"""

from datetime import timedelta
from typing import Any

from app.clearing.reconciliation.scope import Scope
from app.database import Connection
from app.settlement.clearing_class import clearing_type_sql, insurance_type_sql
from app.settlement.feed.projector import PLACES
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

# Where an institution's settlements of some days are found: by reading the days, which is quick for one that has a good
# part of them, or one by one by its feed, which is quick for all others. Batches that are not in the feed yet are read
# beside it, so both find the same in any snapshot. OFFSET 0 keeps each a look-up by key.
_BY_DAYS = """(
    SELECT * FROM settlement.settlements WHERE institution = $1 AND business_day BETWEEN $2 AND $3
)"""
_BY_FEED = f"""(
    SELECT found.*
    FROM settlement.feed AS f
    CROSS JOIN LATERAL unnest(f.places) AS place
    CROSS JOIN LATERAL (
        SELECT s.* FROM settlement.settlements AS s
        WHERE s.business_day = f.business_day AND s.batch_id = place / {PLACES}
            AND s.position = (place % {PLACES})::smallint
        OFFSET 0
    ) AS found
    WHERE f.institution = $1 AND f.business_day BETWEEN $2 AND $3
    UNION ALL
    SELECT found.*
    FROM settlement.feed_lanes AS f
    JOIN ledger.lanes AS l ON l.lane = f.lane AND l.height > f.height
    CROSS JOIN LATERAL generate_series(f.height + 1, l.height) AS step (height)
    JOIN ledger.batches AS b ON b.batch_id = step.height * 1024 + f.lane
    CROSS JOIN LATERAL (
        SELECT s.* FROM settlement.settlements AS s
        WHERE s.business_day = b.business_day AND s.batch_id = b.batch_id
        OFFSET 0
    ) AS found
    WHERE b.business_day BETWEEN $2 AND $3 AND found.institution = $1
)"""  # noqa: S608
# A look-up costs as much as reading ten rows of a day, and less than ten thousand are always soon done.
_LOOK_UP_COSTS = 10
_LOOK_UPS_FREE = 10_000

# own: what the feed has of the institution. behind: what the feed has not yet, of whomever. all: what the days hold.
_SIZES = """
SELECT
    (
        SELECT coalesce(sum(d.settlements), 0)::bigint
        FROM settlement.feed_days AS d
        WHERE d.institution = $1 AND d.business_day BETWEEN $2 AND $3
    ) AS own,
    (
        SELECT coalesce(sum(b.size), 0)::bigint
        FROM settlement.feed_lanes AS f
        JOIN ledger.lanes AS l ON l.lane = f.lane AND l.height > f.height
        CROSS JOIN LATERAL generate_series(f.height + 1, l.height) AS step (height)
        JOIN ledger.batches AS b ON b.batch_id = step.height * 1024 + f.lane
    ) AS behind,
    (
        SELECT coalesce(sum(c.reltuples) FILTER (WHERE c.reltuples > 0), 0)::bigint
        FROM pg_catalog.pg_class AS c
        WHERE c.oid = ANY (SELECT to_regclass('settlement.settlements_' || day) FROM unnest($4::text[]) AS day)
    ) AS all
"""

# settlement_id, message_id, original_message_id, person_no, treatment_id, gives_back, medfee, fund_pay, account_pay and
# cash of each row. The parameters are `parameters` of a scope.
_ROWS = f"""
SELECT
    to_char(r.business_day, 'YYYYMMDD') || lpad(r.batch_id::text, 16, '0') || lpad(r.position::text, 4, '0')
        AS settlement_id,
    r.message_id, r.original_message_id, r.person_no, r.treatment_id, r.gives_back,
    r.sign * (r.fund_pay + r.account_paid + r.mutual_aid_paid + r.cash) AS medfee,
    r.sign * r.fund_pay AS fund_pay,
    r.sign * (r.account_paid + CASE WHEN $8::boolean THEN r.mutual_aid_paid ELSE 0 END) AS account_pay,
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
        s.account_paid, s.mutual_aid_paid,
        s.cash_due + s.debit_paid AS cash
    FROM {{source}} AS s
    WHERE {_COUNTS}
        AND ($4 = '' OR EXISTS (
            SELECT FROM parties.institutions AS i
            WHERE i.institution = $1 AND i.settlement_office IN ('', $4)
        ))
        AND ($5 = '' OR {insurance_type_sql("s")} = $5)
        AND ($6 = '' OR {clearing_type_sql("s")} = $6)
) AS r
"""  # noqa: S608

BY_DAYS = _ROWS.format(source=_BY_DAYS)
BY_FEED = _ROWS.format(source=_BY_FEED)


async def rows_sql(connection: Connection, scope: Scope) -> str:
    """The quicker one of two statements that find the same rows."""
    days = [
        f"{scope.first_day + timedelta(days=ahead):%Y%m%d}"
        for ahead in range((scope.last_day - scope.first_day).days + 1)
    ]
    sizes = await connection.fetchrow(_SIZES, scope.institution, scope.first_day, scope.last_day, days)
    assert sizes is not None
    cost = max(0, sizes["own"] + sizes["behind"] - _LOOK_UPS_FREE) * _LOOK_UP_COSTS
    return BY_FEED if cost <= sizes["all"] else BY_DAYS


def parameters(scope: Scope) -> tuple[Any, ...]:
    return (
        scope.institution,
        scope.first_day,
        scope.last_day,
        scope.settlement_office,
        scope.insurance_type,
        scope.clearing_type,
        scope.includes_refunds,
        scope.account_includes_mutual_aid,
    )
