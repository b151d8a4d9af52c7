"""Breaks: what a comparison found not equal, until somebody, or a later run, is done with it."""

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal, NamedTuple

from app.codes import Code
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.ledger.journal import epoch_us

Kind = Literal["centre_more", "institution_more", "differs", "not_arrived"]
State = Literal["new", "checked", "levelled", "void"]

#: Characters of a clerk's note.
NOTE_MAX = 200


class Break(NamedTuple):
    """A row that is not the same on both sides; amounts in fen, None on the side that does not have it."""

    break_id: int
    run_id: int
    kind: Kind
    state: State
    line: int | None
    settlement_id: str | None
    message_id: str | None
    treatment_id: str | None
    person_no: str
    gives_back: bool
    medfee: int | None
    fund_pay: int | None
    account_pay: int | None
    their_medfee: int | None
    their_fund_pay: int | None
    their_account_pay: int | None
    fields: list[str]
    reason: str | None
    first_found_at: datetime
    changed_by: str | None
    changed_at: datetime | None
    note: str | None


class OpenBreak(NamedTuple):
    """One that nobody is done with. age_days: since a run found it first."""

    found: Break
    institution: str
    first_day: date
    last_day: date
    age_days: int

    @property
    def cursor(self) -> str:
        """Its place among all, behind which the next page begins."""
        return f"{epoch_us(self.found.first_found_at)}-{self.found.break_id}"


_COLUMNS = ", ".join(f"b.{column}" for column in Break._fields)
_COUNT = "SELECT kind, count(*) FROM reconciliation.breaks WHERE run_id = $1 GROUP BY kind"
_PAGE = f"""
SELECT {_COLUMNS} FROM reconciliation.breaks AS b
WHERE b.run_id = $1 AND b.break_id > $2 AND ($3::text IS NULL OR b.kind = $3) AND ($4::text IS NULL OR b.state = $4)
ORDER BY b.break_id
LIMIT $5
"""  # noqa: S608
_OPEN = f"""
SELECT {_COLUMNS}, r.institution, r.first_day, r.last_day,
    floor(extract(epoch FROM clock_timestamp() - b.first_found_at) / 86400)::integer AS age_days
FROM reconciliation.breaks AS b
JOIN reconciliation.runs AS r ON r.run_id = b.run_id
WHERE b.state IN ('new', 'checked') AND (b.first_found_at, b.break_id) > ($1, $2)
    AND ($3::text IS NULL OR r.institution = $3)
    AND b.first_found_at <= clock_timestamp() - make_interval(days => $4)
ORDER BY b.first_found_at, b.break_id
LIMIT $5
"""  # noqa: S608
_CHANGE = f"""
UPDATE reconciliation.breaks AS b
SET state = $3, changed_by = $4, note = $5, changed_at = clock_timestamp()
WHERE b.run_id = $1 AND b.break_id = $2
RETURNING {_COLUMNS}
"""  # noqa: S608

# What the run before had open: found again, it goes on under the new run with its age, and what a person said of it
# stays where nothing changed; not found any more, the new run has levelled it.
_CARRY = """
UPDATE reconciliation.breaks AS new
SET first_found_at = old.first_found_at,
    state = CASE WHEN same THEN old.state ELSE new.state END,
    changed_by = CASE WHEN same THEN old.changed_by END,
    changed_at = CASE WHEN same THEN old.changed_at END,
    note = CASE WHEN same THEN old.note END
FROM (
    SELECT n.break_id, o.first_found_at, o.state, o.changed_by, o.changed_at, o.note,
        (n.kind, n.fields, n.medfee, n.fund_pay, n.account_pay, n.their_medfee, n.their_fund_pay, n.their_account_pay)
        IS NOT DISTINCT FROM
        (o.kind, o.fields, o.medfee, o.fund_pay, o.account_pay, o.their_medfee, o.their_fund_pay, o.their_account_pay)
        AS same
    FROM reconciliation.breaks AS o
    JOIN reconciliation.breaks AS n ON n.item = o.item
    WHERE o.run_id = $1 AND o.state IN ('new', 'checked') AND n.run_id = $2
) AS old
WHERE new.run_id = $2 AND new.break_id = old.break_id
"""
_CLOSE = """
UPDATE reconciliation.breaks AS old
SET state = CASE WHEN is_found_again THEN 'void' ELSE 'levelled' END,
    changed_by = CASE WHEN is_found_again THEN old.changed_by ELSE 'run ' || $2::bigint END,
    changed_at = clock_timestamp()
FROM (
    SELECT o.break_id, EXISTS (
        SELECT FROM reconciliation.breaks AS n WHERE n.run_id = $2 AND n.item = o.item
    ) AS is_found_again
    FROM reconciliation.breaks AS o
    WHERE o.run_id = $1 AND o.state IN ('new', 'checked')
) AS found
WHERE old.run_id = $1 AND old.break_id = found.break_id
"""

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


async def breaks_of(
    pool: Pool, run_id: int, *, kind: Kind | None = None, state: State | None = None, after: int = 0, limit: int
) -> Sequence[Break]:
    """In their order, from behind a number on."""
    async with transaction(pool) as connection:
        return [Break(*row) for row in await connection.fetch(_PAGE, run_id, after, kind, state, limit)]


async def open_breaks(
    pool: Pool, *, institution: str | None, age_days_min: int, after: str | None = None, limit: int
) -> Sequence[OpenBreak]:
    """Those of all runs that stand, the oldest first, from behind a cursor on."""
    microseconds, break_id = (0, 0) if after is None else map(int, after.split("-"))
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            _OPEN, _BEGINNING + timedelta(microseconds=microseconds), break_id, institution, age_days_min, limit
        )
    size = len(Break._fields)
    return [OpenBreak(Break(*row[:size]), *row[size:]) for row in rows]


async def check_break(pool: Pool, run_id: int, break_id: int, *, by: str, note: str) -> Break:
    """Somebody looked at it. Raises Refused where there is none or it is done with."""
    return await _change(pool, run_id, break_id, "checked", by, note)


async def level_break(pool: Pool, run_id: int, break_id: int, *, by: str, note: str) -> Break:
    """Both sides say the same now, or never will and that is settled. Raises Refused as `check_break`."""
    return await _change(pool, run_id, break_id, "levelled", by, note)


async def _change(pool: Pool, run_id: int, break_id: int, state: State, by: str, note: str) -> Break:
    async with transaction(pool) as connection:
        stands = await connection.fetchval(
            "SELECT state FROM reconciliation.breaks WHERE run_id = $1 AND break_id = $2 FOR UPDATE", run_id, break_id
        )
        if stands is None:
            raise Refused(Code.BREAK_UNKNOWN, "No break of this reconciliation has this number.")
        if stands not in ("new", "checked"):
            raise Refused(Code.BREAK_CLOSED, f"The break is {stands}.")
        row = await connection.fetchrow(_CHANGE, run_id, break_id, state, by, note)
        assert row is not None
        return Break(*row)


# Of a run that is being compared


async def count_breaks(connection: Connection, run_id: int) -> Counter[str]:
    """By kind."""
    return Counter({row["kind"]: row["count"] for row in await connection.fetch(_COUNT, run_id)})


async def carry_over(connection: Connection, old_run: int, new_run: int) -> None:
    await connection.execute(_CARRY, old_run, new_run)
    await connection.execute(_CLOSE, old_run, new_run)
