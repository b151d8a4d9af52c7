"""Rows of the institution that met none of the ledger's in the scope: why, and whether they may still arrive.

A message that we have not recorded may be on its way to us: in a topic, or at an institution that sends it again. As
long as its day is not over, and a while beyond, such a row is `not_arrived` and nobody should undo anything. A number
of ours says that it was answered, so a row that has one and no message id is never on its way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from asyncpg import Record

from app.clearing.reconciliation.runs import Run
from app.database import Connection
from app.ledger.business_days import BusinessDays
from app.settlement.clearing_class import clearing_class
from app.settlement.messages import MessageKey, message_key
from app.settlement.records import Settlement
from app.settlement.register import Place, read_settlements

#: After the end of its last day a message may be on its way for so long: retries of a worker and of its sender.
GRACE = timedelta(hours=2)

_PAGE_ROWS = 5_000

_UNMATCHED = """
SELECT break_id, settlement_id, message_id
FROM reconciliation.breaks
WHERE run_id = $1 AND break_id > $2 AND kind = 'institution_more' AND reason IS NULL
ORDER BY break_id
LIMIT $3
"""
# LATERAL … OFFSET 0 keeps it a look-up by key, however large the registry is.
_TAKEN = """
SELECT wanted.message_key, k.batch_id, k.business_day, k.position
FROM unnest($1::bytea[]) AS wanted (message_key)
CROSS JOIN LATERAL (
    SELECT k.batch_id, k.business_day, k.position
    FROM settlement.message_keys AS k
    WHERE k.message_key = wanted.message_key
    OFFSET 0
) AS k
"""
_EXPLAIN = """
UPDATE reconciliation.breaks AS b
SET kind = found.kind, reason = found.reason
FROM unnest($2::bigint[], $3::text[], $4::text[]) AS found (break_id, kind, reason)
WHERE b.run_id = $1 AND b.break_id = found.break_id
"""

_is_ours = re.compile("(20[0-9]{6})([0-9]{16})([0-9]{4})").fullmatch
_CLEARED = frozenset({"payment", "capture", "refund", "reversal"})


@dataclass(frozen=True, slots=True)
class Arrivals:
    """Until when a message of a business day may arrive."""

    days: BusinessDays
    now: datetime

    def may_come(self, last_day: date) -> bool:
        return self.now < self.days.end(last_day) + GRACE


async def explain_unmatched(connection: Connection, run: Run, arrivals: Arrivals) -> None:
    """Say of each what stands under its number or message id, page by page."""
    after = 0
    may_come = arrivals.may_come(run.scope.last_day)
    while rows := await connection.fetch(_UNMATCHED, run.run_id, after, _PAGE_ROWS):
        after = rows[-1]["break_id"]
        found = await _settlements_of(connection, run, rows)
        reasons = [_explain(run, found.get(row["break_id"]), row["message_id"], may_come) for row in rows]
        await connection.execute(
            _EXPLAIN,
            run.run_id,
            [row["break_id"] for row in rows],
            [kind for kind, _ in reasons],
            [reason for _, reason in reasons],
        )


def _explain(run: Run, found: Settlement | None, message_id: str | None, may_come: bool) -> tuple[str, str]:
    """Kind and reason. What is another institution's is not known to this one."""
    if found is None or found.institution != run.scope.institution:
        return (
            ("not_arrived", "not_known") if message_id is not None and may_come else ("institution_more", "not_known")
        )
    if message_id is not None and found.message_id != message_id:
        return "institution_more", "reversed_before_arrival"  # its key leads to the reversal
    if found.status not in ("settled", "reversed") or found.code != "ok":
        return "institution_more", found.code if found.code != "ok" else "not_settled"
    if not run.scope.first_day <= found.business_day <= run.scope.last_day:
        return "institution_more", "other_day"
    if found.kind not in _CLEARED:
        return "institution_more", "other_kind"
    insurance_type, clearing_type = clearing_class(found)
    if run.scope.insurance_type not in ("", insurance_type) or run.scope.clearing_type not in ("", clearing_type):
        return "institution_more", "other_class"
    return "institution_more", "out_of_scope"


async def _settlements_of(connection: Connection, run: Run, rows: Sequence[Record]) -> dict[int, Settlement]:
    """What the ledger has under their message ids, or their numbers where they have none; by break."""
    keys: dict[int, MessageKey] = {}
    places: dict[int, Place] = {}
    for row in rows:
        if row["message_id"] is not None:
            keys[row["break_id"]] = message_key(run.scope.institution, row["message_id"])
        elif (place := _place_of(row["settlement_id"])) is not None:
            places[row["break_id"]] = place
    if keys:
        taken = {
            MessageKey(key): Place(*place) for key, *place in await connection.fetch(_TAKEN, list(set(keys.values())))
        }
        places |= {break_id: taken[key] for break_id, key in keys.items() if key in taken}
    stored = await read_settlements(connection, set(places.values()))
    return {break_id: stored[place].row for break_id, place in places.items() if place in stored}


def _place_of(settlement_id: str) -> Place | None:
    """None for what is no number of ours."""
    parts = _is_ours(settlement_id)
    if parts is None:
        return None
    try:
        day = datetime.strptime(parts[1], "%Y%m%d").date()  # noqa: DTZ007 - a date has no zone
    except ValueError:
        return None
    return Place(int(parts[2]), day, int(parts[3]))
