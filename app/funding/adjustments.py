"""Corrections by hand: one clerk proposes, another one approves or rejects, and only an approval moves money.

An approval is first written and then settled under a message id of the adjustment's number. Where the process dies in
between, the adjustment stands approved without an outcome, and approving it again completes it; once settled, the
posting path finds the outcome and moves nothing. An outcome is final: one that is declined, as where the account does
not hold the amount, stays on the approved adjustment, and a new one is proposed.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from app.codes import CATALOGUE, Code
from app.database import Connection, Pool, transaction
from app.errors import Refused
from app.parties.agency import AGENCY
from app.settlement.isolate import Refusal, settle_isolating
from app.settlement.messages import Message, message_key
from app.settlement.register import read_registers, read_settlements
from app.settlement.rules import RuleBook

if TYPE_CHECKING:
    import asyncpg

Direction = Literal["credit", "debit"]
State = Literal["proposed", "approved", "rejected"]

_COLUMNS = "adjustment_id, person_no, direction, amount, reason, maker, made_at, state, checker, checked_at"

_PROPOSE = f"""
INSERT INTO funding.adjustments (person_no, direction, amount, reason, maker)
SELECT p.person_no, $2, $3, $4, $5 FROM parties.persons AS p WHERE p.person_no = $1
RETURNING {_COLUMNS}
"""  # noqa: S608

_READ = f"SELECT {_COLUMNS} FROM funding.adjustments WHERE adjustment_id = $1"  # noqa: S608
_LOCK = f"{_READ} FOR UPDATE"

_DECIDE = f"""
UPDATE funding.adjustments SET state = $2, checker = $3, checked_at = clock_timestamp()
WHERE adjustment_id = $1
RETURNING {_COLUMNS}
"""  # noqa: S608

_LIST = f"""
SELECT {_COLUMNS} FROM funding.adjustments
WHERE person_no = $1 AND adjustment_id > $2
ORDER BY adjustment_id
LIMIT $3
"""  # noqa: S608


@dataclass(frozen=True, slots=True)
class Adjustment:
    """`amount` in fen. `outcome` is the code of the settlement; None until one is recorded."""

    adjustment_id: int
    person_no: str
    direction: Direction
    amount: int
    reason: str
    maker: str
    made_at: datetime
    state: State
    checker: str | None
    checked_at: datetime | None
    outcome: Code | None = None


async def propose(
    pool: Pool, *, person_no: str, direction: Direction, amount: int, reason: str, maker: str
) -> Adjustment:
    """Raises Refused for an unknown person."""
    async with transaction(pool) as connection:
        row = await connection.fetchrow(_PROPOSE, person_no, direction, amount, reason, maker)
    if row is None:
        raise Refused(Code.PERSON_UNKNOWN, CATALOGUE[Code.PERSON_UNKNOWN].meaning)
    return Adjustment(*row)


async def approve(pool: Pool, adjustment_id: int, *, checker: str, rules: RuleBook) -> Adjustment:
    """Approve and settle, as `outcome` tells; one that stands approved is settled if it is not. Raises Refused."""
    async with transaction(pool) as connection:
        adjustment = _found(await connection.fetchrow(_LOCK, adjustment_id))
        _refuse_own(adjustment, checker)
        if adjustment.state == "rejected":
            raise _decided(adjustment)
        if adjustment.state == "proposed":
            adjustment = _found(await connection.fetchrow(_DECIDE, adjustment_id, "approved", checker))
    (answer,) = (await settle_isolating(pool, [_message(adjustment)], rules=rules)).answers
    if isinstance(answer, Refusal):
        raise Refused(Code.REFUSED_BY_DATABASE, answer.reason)
    return await read(pool, adjustment_id)


async def reject(pool: Pool, adjustment_id: int, *, checker: str) -> Adjustment:
    """Reject; one that is rejected already stays so. Raises Refused."""
    async with transaction(pool) as connection:
        adjustment = _found(await connection.fetchrow(_LOCK, adjustment_id))
        _refuse_own(adjustment, checker)
        if adjustment.state == "approved":
            raise _decided(adjustment)
        if adjustment.state == "rejected":
            return adjustment
        return _found(await connection.fetchrow(_DECIDE, adjustment_id, "rejected", checker))


async def read(pool: Pool, adjustment_id: int) -> Adjustment:
    async with transaction(pool) as connection:
        adjustment = _found(await connection.fetchrow(_READ, adjustment_id))
        return (await _with_outcomes(connection, [adjustment]))[0]


async def adjustments_of(pool: Pool, person_no: str, *, after: int, limit: int) -> list[Adjustment]:
    """A person's adjustments, oldest first, from behind a number on."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(_LIST, person_no, after, limit)
        return await _with_outcomes(connection, [Adjustment(*row) for row in rows])


async def _with_outcomes(connection: Connection, adjustments: Sequence[Adjustment]) -> list[Adjustment]:
    keys = [message_key(AGENCY, _message_id(adjustment.adjustment_id)) for adjustment in adjustments]
    taken = (await read_registers(connection, [], keys)).taken
    stored = await read_settlements(connection, list(taken.values()))
    codes = {key: Code(stored[place].row.code) for key, place in taken.items() if place in stored}
    return [replace(each, outcome=codes.get(key)) for each, key in zip(adjustments, keys, strict=True)]


def _found(row: "asyncpg.Record | None") -> Adjustment:
    if row is None:
        raise Refused(Code.ADJUSTMENT_UNKNOWN, CATALOGUE[Code.ADJUSTMENT_UNKNOWN].meaning)
    return Adjustment(*row)


def _refuse_own(adjustment: Adjustment, checker: str) -> None:
    if adjustment.maker == checker:
        raise Refused(Code.SAME_CLERK, CATALOGUE[Code.SAME_CLERK].meaning)


def _decided(adjustment: Adjustment) -> Refused:
    return Refused(Code.ADJUSTMENT_DECIDED, f"Adjustment {adjustment.adjustment_id} is {adjustment.state}.")


def _message_id(adjustment_id: int) -> str:
    return f"ADJ-{adjustment_id}"


def _message(adjustment: Adjustment) -> Message:
    return Message(
        institution=AGENCY,
        message_id=_message_id(adjustment.adjustment_id),
        kind="adjustment",
        person_no=adjustment.person_no,
        amount=adjustment.amount,
        direction=adjustment.direction,
        short_balance="decline",
    )
