"""Mutual aid: who lets whom of their family pay out of their account, and in which order that is used.

A payment reads the beneficiary's open grants under the lock of the beneficiary's account. A change takes the locks of
both persons first, in the one call that orders them, and is effective for the next payment.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, NamedTuple

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.accounts import lock_personal_accounts
from app.parties.person_events import write_person_event

#: What the granter is to the beneficiary (guobanfa 2021 no. 14, widened by 2024 no. 38).
Relation = Literal["spouse", "parent", "child", "sibling", "grandparent", "grandchild"]


class Grant(NamedTuple):
    grant_id: int
    beneficiary: str
    granter: str
    relation: str
    place: int
    authorised_by: str
    authorised_at: datetime
    ended_by: str | None
    ended_at: datetime | None


_SELECT = f"SELECT {', '.join(Grant._fields)} FROM parties.mutual_aid_grants"  # noqa: S608
_ADD = f"""
INSERT INTO parties.mutual_aid_grants (beneficiary, granter, relation, place, authorised_by)
SELECT $1, $2, $3, coalesce(max(place), 0) + 1, $4
FROM parties.mutual_aid_grants
WHERE beneficiary = $1 AND ended_at IS NULL
RETURNING {", ".join(Grant._fields)}
"""  # noqa: S608
_END = """
UPDATE parties.mutual_aid_grants SET ended_by = $2, ended_at = clock_timestamp()
WHERE grant_id = $1 AND ended_at IS NULL
RETURNING grant_id
"""
_REORDER = """
UPDATE parties.mutual_aid_grants AS g
SET place = wanted.place
FROM unnest($1::bigint[]) WITH ORDINALITY AS wanted (grant_id, place)
WHERE g.grant_id = wanted.grant_id
"""


async def authorise(
    connection: Connection, beneficiary: str, granter: str, relation: Relation, *, operator: str
) -> Grant:
    """Let `beneficiary` pay out of `granter`'s account, behind the grants that are open.

    Raises Refused (invalid_field for a grant to oneself, person_unknown, grant_exists).
    """
    if beneficiary == granter:
        raise Refused(Code.INVALID_FIELD, "Nobody needs a grant for their own account.", "/granter")
    await _lock(connection, beneficiary, granter)
    if any(grant.granter == granter for grant in await grants_to(connection, beneficiary)):
        raise Refused(Code.GRANT_EXISTS, "This granter has an open grant for this beneficiary.")
    row = await connection.fetchrow(_ADD, beneficiary, granter, relation, operator)
    assert row is not None
    return Grant(*row)


async def grants_to(connection: Connection, beneficiary: str) -> list[Grant]:
    """The open grants of a beneficiary, in the order in which they are used."""
    rows = await connection.fetch(
        f"{_SELECT} WHERE beneficiary = $1 AND ended_at IS NULL ORDER BY place, grant_id", beneficiary
    )
    return [Grant(*row) for row in rows]


async def grants_by(connection: Connection, granter: str) -> list[Grant]:
    """The open grants that a person gave, oldest first."""
    rows = await connection.fetch(f"{_SELECT} WHERE granter = $1 AND ended_at IS NULL ORDER BY grant_id", granter)
    return [Grant(*row) for row in rows]


async def reorder(connection: Connection, beneficiary: str, grant_ids: Sequence[int], *, operator: str) -> bool:
    """Use the beneficiary's open grants in this order; False where it is theirs already.

    Raises Refused (person_unknown; grant_unknown for a grant that is not open to the beneficiary; invalid_field where
    the list does not name each once).
    """
    await _lock(connection, beneficiary)
    standing = [grant.grant_id for grant in await grants_to(connection, beneficiary)]
    if set(grant_ids) - set(standing):
        raise Refused(Code.GRANT_UNKNOWN, "The order names a grant that is not open to this beneficiary.")
    if sorted(grant_ids) != sorted(standing):
        raise Refused(Code.INVALID_FIELD, "The order names each open grant of the beneficiary once.", "/grant_ids")
    if list(grant_ids) == standing:
        return False
    await connection.execute(_REORDER, grant_ids)
    orders = f"grants {_text(standing)} to {_text(grant_ids)}"
    await write_person_event(connection, beneficiary, "change", orders, operator)
    return True


async def unbind(connection: Connection, grant_id: int, *, operator: str) -> tuple[Grant, bool]:
    """End a grant; the grant, and False where it was ended already. Raises Refused (grant_unknown)."""
    grant = await _read(connection, grant_id)
    await _lock(connection, grant.beneficiary, grant.granter)
    ended = await connection.fetchval(_END, grant_id, operator)
    return await _read(connection, grant_id), ended is not None


async def _lock(connection: Connection, *persons: str) -> None:
    locked = await lock_personal_accounts(connection, persons)
    if len(locked) < len(persons):
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has the number of the beneficiary or of the granter.")


async def _read(connection: Connection, grant_id: int) -> Grant:
    row = await connection.fetchrow(f"{_SELECT} WHERE grant_id = $1", grant_id)
    if row is None:
        raise Refused(Code.GRANT_UNKNOWN, "No grant has this number.")
    return Grant(*row)


def _text(grant_ids: Sequence[int]) -> str:
    return ",".join(map(str, grant_ids))
