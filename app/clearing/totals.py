"""What a business day came to: by institution and class, and for each institution against the ledger.

Debits are what came in to an institution, refunds what went back, whichever kind of settlement moved it. The sums are
made from settlements, whose class is known, and held against the transfers, which are the money.
"""

from datetime import date
from typing import NamedTuple

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.settlement.clearing_class import clearing_type_sql, insurance_type_sql


class Totals(NamedTuple):
    """Fen. rows: settlements, also those that moved nothing, and bookings."""

    batch_count: int
    row_count: int
    debit_count: int
    debits: int
    refund_count: int
    refunds: int

    @property
    def net(self) -> int:
        return self.debits - self.refunds


def cleared_sql(days: str, *, place: str = "") -> str:
    """Settlements that moved money of an institution: a row each, with `comes_in` and fen. `days`: those of the day.

    place: further columns of a settlement `s`, each of which follows from its place in the journal.

    What a reversal undid is not in its row, so its transfers tell which way its money went; of a transfer from card to
    card they touch no institution.
    """
    columns = f"""
        s.business_day, s.institution, {insurance_type_sql("s")} AS insurance_type,
        {clearing_type_sql("s")} AS clearing_type{place}
    """
    return f"""
    SELECT
        {columns}, s.kind IN ('payment', 'capture', 'purchase', 'withdrawal') AS comes_in,
        s.account_paid + s.mutual_aid_paid + s.debit_paid AS fen
    FROM settlement.settlements AS s
    WHERE {days.format("s")} AND s.status = 'settled'
        AND s.kind IN ('payment', 'capture', 'purchase', 'withdrawal', 'refund', 'deposit')
        AND s.account_paid + s.mutual_aid_paid + s.debit_paid > 0
    UNION ALL
    SELECT {columns}, bool_or(t.credit_account = i.account_id), sum(t.amount)::bigint
    FROM settlement.settlements AS s
    JOIN parties.institutions AS i ON i.institution = s.institution
    JOIN ledger.transfers AS t
        ON t.batch_id = s.batch_id AND t.position = s.position AND t.business_day = s.business_day
        AND t.bucket = s.bucket AND i.account_id IN (t.debit_account, t.credit_account)
    WHERE {days.format("s")} AND {days.format("t")} AND s.kind = 'reversal' AND s.status = 'reversed' AND s.code = 'ok'
    GROUP BY s.batch_id, s.position, s.business_day, s.institution, s.particulars, s.med_type{place}
    """  # noqa: S608


def totals_sql(days: str) -> str:
    """By day, institution, insurance and clearing type."""
    return f"""
    SELECT
        business_day, institution, insurance_type, clearing_type,
        count(*) FILTER (WHERE comes_in) AS debit_count,
        coalesce(sum(fen) FILTER (WHERE comes_in), 0)::bigint AS debits,
        count(*) FILTER (WHERE NOT comes_in) AS refund_count,
        coalesce(sum(fen) FILTER (WHERE NOT comes_in), 0)::bigint AS refunds
    FROM ({cleared_sql(days)}) AS cleared
    GROUP BY business_day, institution, insurance_type, clearing_type
    """  # noqa: S608


def moved_sql(days: str) -> str:
    """By day and institution, what its account says: came in and went back. What its bank paid out is left aside."""
    return f"""
    SELECT
        side.business_day, a.owner AS institution,
        coalesce(sum(side.amount) FILTER (WHERE side.comes_in), 0) AS debits,
        coalesce(sum(side.amount) FILTER (WHERE NOT side.comes_in), 0) AS refunds
    FROM (
        SELECT t.business_day, t.credit_account AS account_id, true AS comes_in, sum(t.amount) AS amount
        FROM ledger.transfers AS t
        WHERE {days.format("t")} AND t.credit_entry IS NULL
            AND t.debit_account NOT IN (SELECT account_id FROM ledger.accounts WHERE kind = 'bank')
        GROUP BY t.business_day, t.credit_account
        UNION ALL
        SELECT t.business_day, t.debit_account, false, sum(t.amount)
        FROM ledger.transfers AS t
        WHERE {days.format("t")} AND t.debit_entry IS NULL
            AND t.credit_account NOT IN (SELECT account_id FROM ledger.accounts WHERE kind = 'bank')
        GROUP BY t.business_day, t.debit_account
    ) AS side
    JOIN ledger.accounts AS a ON a.account_id = side.account_id AND a.kind = 'institution'
    GROUP BY side.business_day, a.owner
    """  # noqa: S608


_ONE_DAY = "{0}.business_day = $1"

_TAKE = f"""
INSERT INTO clearing.totals (
    business_day, institution, insurance_type, clearing_type, debit_count, debits, refund_count, refunds
)
{totals_sql(_ONE_DAY)}
"""
_DIFFERING = f"""
SELECT institution, t.debits, t.refunds, m.debits, m.refunds
FROM (
    SELECT institution, sum(debits) AS debits, sum(refunds) AS refunds
    FROM clearing.totals
    WHERE business_day = $1
    GROUP BY institution
) AS t
FULL JOIN ({moved_sql(_ONE_DAY)}) AS m USING (institution)
WHERE (t.debits, t.refunds) IS DISTINCT FROM (m.debits, m.refunds)
ORDER BY institution
LIMIT 1
"""  # noqa: S608

_PREVIEW = f"""
WITH totals AS ({totals_sql(_ONE_DAY)})
SELECT
    (SELECT count(*) FROM ledger.batches WHERE business_day = $1),
    (SELECT coalesce(sum(size), 0) FROM ledger.batches WHERE business_day = $1),
    coalesce(sum(debit_count), 0)::bigint, coalesce(sum(debits), 0)::bigint,
    coalesce(sum(refund_count), 0)::bigint, coalesce(sum(refunds), 0)::bigint
FROM totals
"""  # noqa: S608


async def take_totals(connection: Connection, day: date) -> None:
    """Record what a closed day came to. Raises Refused where the ledger says another sum than its settlements."""
    await connection.execute(_TAKE, day)
    differing = await connection.fetchrow(_DIFFERING, day)
    if differing is not None:
        institution, *fen = differing
        raise Refused(
            Code.JOURNAL_BROKEN,
            f"On {day} settlements of {institution} say {fen[0]} fen in and {fen[1]} back, its account {fen[2]} and"
            f" {fen[3]}; nothing was sealed.",
        )


async def preview_totals(connection: Connection, day: date) -> Totals:
    """What a seal of a day would take as things stand."""
    row = await connection.fetchrow(_PREVIEW, day)
    assert row is not None
    return Totals(*map(int, row))
