"""Details (3202): every row that the institution uploaded against every row of the ledger, in one statement.

The rows meet by the number of the settlement, which we gave and the institution got with its outcome; where it sends
message ids they meet by those. Only what is not equal leaves the database's own memory.
"""

from app.clearing.reconciliation import ledger_rows
from app.clearing.reconciliation.breaks import carry_over, count_breaks
from app.clearing.reconciliation.runs import Rows, Run, finish_run, standing_run, void_run
from app.clearing.reconciliation.scope import Sums
from app.clearing.reconciliation.totals import SUMS
from app.clearing.reconciliation.unmatched import Arrivals, explain_unmatched
from app.clearing.reconciliation.uploads import Upload, drop_rows
from app.database import Connection

# back: what gave a settlement back, by the settlement. Institutions list a refund as a positive and a negative row, and
# some put both under the number of what was refunded.
# turn: two of their rows may find one of ours, by its number and by its message id; only the first has found it.
_COMPARE = """
WITH ours AS MATERIALIZED ({ours}), back AS MATERIALIZED (
    SELECT DISTINCT ON (o.settlement_id) o.settlement_id AS original, r.settlement_id
    FROM ours AS r
    JOIN ours AS o ON o.message_id = r.original_message_id
    WHERE r.gives_back
    ORDER BY o.settlement_id, r.settlement_id
), theirs AS (
    SELECT
        u.line, u.settlement_id AS stated_id, u.treatment_id, u.person_no, u.message_id,
        coalesce(u.medfee * 100, 0)::bigint AS medfee,
        coalesce(u.fund_pay * 100, 0)::bigint AS fund_pay,
        coalesce(u.account_pay * 100, 0)::bigint AS account_pay,
        right(u.flag, 1) = '1' AS flag,
        {found} AS settlement_id
    FROM {upload} AS u
    LEFT JOIN back ON u.medfee < 0 AND back.original = u.settlement_id
    {by_message}
    WHERE $7::boolean OR NOT coalesce(u.medfee < 0, false)
), joined AS (
    SELECT
        o.settlement_id, o.message_id, o.person_no, o.treatment_id, o.gives_back, o.medfee, o.fund_pay, o.account_pay,
        t.line, t.stated_id, t.message_id AS their_message_id, t.person_no AS their_person_no,
        t.treatment_id AS their_treatment_id, t.medfee AS their_medfee, t.fund_pay AS their_fund_pay,
        t.account_pay AS their_account_pay,
        row_number() OVER (PARTITION BY t.settlement_id ORDER BY t.line) AS turn,
        t.person_no <> o.person_no AS other_person,
        coalesce(t.treatment_id <> o.treatment_id, false) AS other_treatment,
        t.medfee <> o.medfee AS other_medfee,
        t.fund_pay <> o.fund_pay AS other_fund_pay,
        t.account_pay <> o.account_pay AS other_account_pay,
        $7::boolean AND coalesce(t.flag <> (o.gives_back OR t.flag AND gone.original IS NOT NULL), false) AS other_flag,
        {other_id} AS other_id
    FROM ours AS o
    FULL JOIN theirs AS t ON t.settlement_id = o.settlement_id
    LEFT JOIN back AS gone ON gone.original = o.settlement_id
), unequal AS (
    SELECT
        *,
        CASE
            WHEN line IS NULL THEN 'centre_more'
            WHEN settlement_id IS NULL OR turn > 1 THEN 'institution_more'
            ELSE 'differs'
        END AS kind
    FROM joined
    WHERE line IS NULL OR settlement_id IS NULL OR turn > 1 OR other_person OR other_treatment OR other_medfee
        OR other_fund_pay OR other_account_pay OR other_flag OR other_id
), found AS (
    INSERT INTO reconciliation.breaks (
        run_id, kind, item, line, settlement_id, message_id, treatment_id, person_no, gives_back, medfee, fund_pay,
        account_pay, their_medfee, their_fund_pay, their_account_pay, fields, reason
    )
    SELECT
        $9, kind,
        CASE WHEN kind = 'institution_more' THEN coalesce('message ' || their_message_id, stated_id) ELSE settlement_id
        END || CASE WHEN kind = 'institution_more' AND their_medfee < 0 THEN ' back' ELSE '' END,
        line,
        CASE WHEN kind = 'institution_more' THEN stated_id ELSE settlement_id END,
        CASE WHEN kind = 'institution_more' THEN their_message_id ELSE message_id END,
        CASE WHEN kind = 'centre_more' THEN treatment_id ELSE their_treatment_id END,
        CASE WHEN kind = 'institution_more' THEN their_person_no ELSE person_no END,
        CASE WHEN kind = 'institution_more' THEN their_medfee < 0 ELSE gives_back END,
        CASE WHEN kind <> 'institution_more' THEN medfee END,
        CASE WHEN kind <> 'institution_more' THEN fund_pay END,
        CASE WHEN kind <> 'institution_more' THEN account_pay END,
        their_medfee, their_fund_pay, their_account_pay,
        CASE WHEN kind <> 'differs' THEN '{{}}' ELSE array_remove(ARRAY[
            CASE WHEN other_id THEN 'settlement_id' END,
            CASE WHEN other_treatment THEN 'treatment_id' END,
            CASE WHEN other_person THEN 'person_no' END,
            CASE WHEN other_medfee THEN 'medfee' END,
            CASE WHEN other_fund_pay THEN 'fund_pay' END,
            CASE WHEN other_account_pay THEN 'account_pay' END,
            CASE WHEN other_flag THEN 'refund_flag' END
        ], NULL) END,
        CASE WHEN kind = 'institution_more' AND settlement_id IS NOT NULL THEN 'repeated' END
    FROM unequal
    ORDER BY line NULLS FIRST, settlement_id
)
SELECT {sums} FROM ours
"""


async def compare_details(connection: Connection, run: Run, upload: Upload, arrivals: Arrivals) -> Run:
    """Compare, keep the breaks, take the place of the run that stood, in the caller's transaction."""
    statement = _statement(upload, await ledger_rows.rows_sql(connection, run.scope))
    row = await connection.fetchrow(statement, *ledger_rows.parameters(run.scope), run.run_id)
    assert row is not None
    await explain_unmatched(connection, run, arrivals)
    before = await standing_run(connection, run)
    if before is not None:
        await carry_over(connection, before, run.run_id)
        await void_run(connection, before, by=run.run_id)
    found = await count_breaks(connection, run.run_id)
    their_breaks = sum(found.values()) - found["centre_more"]
    compared = await _compared_rows(connection, run, upload)
    rows = Rows(
        compared - their_breaks,
        found["centre_more"],
        found["institution_more"],
        found["differs"],
        found["not_arrived"],
    )
    await drop_rows(connection, upload.upload_id)
    return await finish_run(connection, run, Sums(*map(int, row)), rows)


async def _compared_rows(connection: Connection, run: Run, upload: Upload) -> int:
    """Theirs; what gives money back is left out where the scope does."""
    if run.scope.includes_refunds:
        return upload.row_count
    count: int = await connection.fetchval(
        f"SELECT count(*) FROM {upload.table} WHERE NOT coalesce(medfee < 0, false)"  # noqa: S608
    )
    return count


def _statement(upload: Upload, ours: str) -> str:
    by_message = upload.has_message_ids
    return _COMPARE.format(
        ours=ours,
        upload=upload.table,
        sums=SUMS,
        by_message="LEFT JOIN ours AS named ON named.message_id = u.message_id" if by_message else "",
        found="CASE WHEN u.message_id IS NULL THEN coalesce(back.settlement_id, u.settlement_id)"
        " ELSE named.settlement_id END"
        if by_message
        else "coalesce(back.settlement_id, u.settlement_id)",
        other_id="coalesce(t.message_id IS NOT NULL AND t.stated_id <> o.settlement_id, false)"
        if by_message
        else "false",
    )
