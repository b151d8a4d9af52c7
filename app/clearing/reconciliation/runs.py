"""Runs: each comparison that was asked for, what it came to, and how a later one of the same scope takes its place."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, NamedTuple

from asyncpg import Record

from app.clearing.reconciliation.scope import Difference, Scope, Stated, Sums, described, differences
from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused

Kind = Literal["totals", "details"]
State = Literal["waiting", "ok", "failed", "void"]


class Rows(NamedTuple):
    """How many rows of a comparison of details are equal, and how many breaks of each kind there are."""

    equal: int
    centre_more: int
    institution_more: int
    differs: int
    not_arrived: int

    @property
    def breaks(self) -> int:
        return sum(self) - self.equal


@dataclass(frozen=True, slots=True)
class Run:
    """sums, rows and is_equal are None until it was compared; rows also of totals. code: why it failed."""

    run_id: int
    kind: Kind
    state: State
    scope: Scope
    stated: Stated
    upload_id: int | None
    sums: Sums | None
    rows: Rows | None
    is_equal: bool | None
    code: str | None
    requested_by: str
    requested_at: datetime
    finished_at: datetime | None
    voided_by: int | None

    @property
    def differences(self) -> tuple[Difference, ...]:
        return () if self.sums is None else differences(self.stated, self.sums)

    @property
    def description(self) -> str:
        """What differs, in one sentence; empty where nothing does."""
        breaks = f"{self.rows.breaks} rows are not equal" if self.rows is not None and self.rows.breaks else ""
        return "; ".join(filter(None, (described(self.differences), breaks)))


_OPEN = """
INSERT INTO reconciliation.runs (
    kind, state, upload_id, institution, first_day, last_day, settlement_office, insurance_type, clearing_type,
    includes_refunds, account_includes_mutual_aid, stated_medfee, stated_fund_pay, stated_account_pay, stated_cash,
    stated_settlements, requested_by
)
VALUES ($1, 'waiting', $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)
RETURNING *
"""
# Who finishes a run of a scope first makes the others of that scope wait, and voids what stands then.
_LOCK_SCOPE = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))"
_STANDING = """
SELECT r.run_id
FROM reconciliation.runs AS r, reconciliation.runs AS new
WHERE new.run_id = $1 AND r.run_id <> new.run_id AND r.state = 'ok' AND r.kind = new.kind
    AND r.institution = new.institution AND r.first_day = new.first_day AND r.last_day = new.last_day
    AND r.settlement_office = new.settlement_office AND r.insurance_type = new.insurance_type
    AND r.clearing_type = new.clearing_type AND r.includes_refunds = new.includes_refunds
    AND r.account_includes_mutual_aid = new.account_includes_mutual_aid
"""
_VOID = "UPDATE reconciliation.runs SET state = 'void', voided_by = $2 WHERE run_id = $1"
_FINISH = """
UPDATE reconciliation.runs
SET state = 'ok', is_equal = $2, medfee = $3, fund_pay = $4, account_pay = $5, cash = $6, settlements = $7,
    equal_rows = $8, centre_more = $9, institution_more = $10, differs = $11, not_arrived = $12,
    finished_at = clock_timestamp()
WHERE run_id = $1
RETURNING *
"""
_FAIL = """
UPDATE reconciliation.runs SET state = 'failed', code = $2, finished_at = clock_timestamp()
WHERE run_id = $1 AND state = 'waiting'
"""
_PAGE = """
SELECT * FROM reconciliation.runs
WHERE ($1::text IS NULL OR institution = $1) AND ($2::text IS NULL OR state = $2) AND run_id < $3
ORDER BY run_id DESC
LIMIT $4
"""


async def open_run(
    connection: Connection, kind: Kind, scope: Scope, stated: Stated, *, upload_id: int | None, requested_by: str
) -> Run:
    """Raises Refused for an unknown institution."""
    await require_institution(connection, scope.institution)
    row = await connection.fetchrow(
        _OPEN, kind, upload_id, scope.institution, scope.first_day, scope.last_day, scope.settlement_office,
        scope.insurance_type, scope.clearing_type, scope.includes_refunds, scope.account_includes_mutual_aid,
        *stated, requested_by,
    )  # fmt: skip
    assert row is not None
    return _run(row)


async def require_institution(connection: Connection, institution: str) -> None:
    """Raises Refused."""
    if await connection.fetchval("SELECT 1 FROM parties.institutions WHERE institution = $1", institution) is None:
        raise Refused(Code.INSTITUTION_UNKNOWN, "No designated institution has this code.")


async def read_run(pool: Pool, run_id: int) -> Run:
    """Raises Refused for an unknown number."""
    async with transaction(pool) as connection:
        return await find_run(connection, run_id)


async def find_run(connection: Connection, run_id: int) -> Run:
    """Raises Refused for an unknown number."""
    row = await connection.fetchrow("SELECT * FROM reconciliation.runs WHERE run_id = $1", run_id)
    if row is None:
        raise Refused(Code.RECONCILIATION_UNKNOWN, "No reconciliation has this number.")
    return _run(row)


async def list_runs(
    pool: Pool, *, institution: str | None, state: State | None, before: int, limit: int
) -> Sequence[Run]:
    """Newest first, from below a number on."""
    async with transaction(pool) as connection:
        return [_run(row) for row in await connection.fetch(_PAGE, institution, state, before, limit)]


async def standing_run(connection: Connection, run: Run) -> int | None:
    """The run of the same scope that stands now; until the transaction ends no other one takes its place."""
    scope = run.scope
    await connection.execute(
        _LOCK_SCOPE,
        f"{run.kind}|{scope.institution}|{scope.first_day}|{scope.last_day}|{scope.settlement_office}"
        f"|{scope.insurance_type}|{scope.clearing_type}|{scope.includes_refunds}|{scope.account_includes_mutual_aid}",
    )
    found: int | None = await connection.fetchval(_STANDING, run.run_id)
    return found


async def void_run(connection: Connection, run_id: int, *, by: int) -> None:
    await connection.execute(_VOID, run_id, by)


async def finish_run(connection: Connection, run: Run, sums: Sums, rows: Rows | None) -> Run:
    """Equal is what was stated and every row."""
    is_equal = not differences(run.stated, sums) and (rows is None or not rows.breaks)
    row = await connection.fetchrow(_FINISH, run.run_id, is_equal, *sums, *(rows or (None,) * len(Rows._fields)))
    assert row is not None
    return _run(row)


async def fail_run(connection: Connection, run_id: int, code: Code) -> None:
    await connection.execute(_FAIL, run_id, code)


def _run(row: Record) -> Run:
    def some(fields: Sequence[str], prefix: str = "") -> list[Any]:
        return [row[prefix + field] for field in fields]

    rows = some(("equal_rows", "centre_more", "institution_more", "differs", "not_arrived"))
    return Run(
        row["run_id"],
        row["kind"],
        row["state"],
        Scope(
            row["institution"], row["first_day"], row["last_day"], row["settlement_office"], row["insurance_type"],
            row["clearing_type"], row["includes_refunds"], row["account_includes_mutual_aid"],
        ),
        Stated(*some(Stated._fields, "stated_")),
        row["upload_id"],
        None if row["medfee"] is None else Sums(*map(int, some(Sums._fields))),
        None if rows[0] is None else Rows(*rows),
        row["is_equal"],
        row["code"],
        row["requested_by"],
        row["requested_at"],
        row["finished_at"],
        row["voided_by"],
    )  # fmt: skip
