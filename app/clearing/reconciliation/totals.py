"""Totals (3201): the ledger's sums of a scope against those that the institution states."""

from app.clearing.reconciliation.ledger_rows import parameters, rows_sql
from app.clearing.reconciliation.runs import Run, finish_run, open_run, standing_run, void_run
from app.clearing.reconciliation.scope import Scope, Stated, Sums
from app.database import Connection

#: In the order of `Sums`. Postgres sums bigint into numeric, which no number of rows overflows.
SUMS = """
    coalesce(sum(medfee), 0), coalesce(sum(fund_pay), 0), coalesce(sum(account_pay), 0), coalesce(sum(cash), 0),
    coalesce(sum(CASE WHEN gives_back THEN -1 ELSE 1 END), 0)
"""


async def sums_of(connection: Connection, scope: Scope) -> Sums:
    statement = f"SELECT {SUMS} FROM ({await rows_sql(connection, scope)}) AS ours"  # noqa: S608
    row = await connection.fetchrow(statement, *parameters(scope))
    assert row is not None
    return Sums(*map(int, row))


async def compare_totals(connection: Connection, scope: Scope, stated: Stated, *, requested_by: str) -> Run:
    """Compare and keep the run, in the caller's transaction."""
    run = await open_run(connection, "totals", scope, stated, upload_id=None, requested_by=requested_by)
    sums = await sums_of(connection, scope)
    before = await standing_run(connection, run)
    if before is not None:
        await void_run(connection, before, by=run.run_id)
    return await finish_run(connection, run, sums, None)
