"""Settlements against the registry of message keys and the tombstones.

Keys and fingerprints are BLAKE2b, which Postgres has not: the rows stream through here, a few at a time.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.codes import Code
from app.database import Connection
from app.ledger.verify import VIOLATIONS_MAX, Check, Violation
from app.settlement.leaves import fingerprint
from app.settlement.messages import message_key
from app.settlement.verify.told import ORIGINAL
from app.settlement.verify.tree import CONTENT

_ROWS_PER_FETCH = 10_000


class _Defect(NamedTuple):
    """Defects sort by place."""

    batch_id: int
    position: int
    row: str
    detail: str


@dataclass(frozen=True, slots=True)
class _StreamedCheck(Check):
    """`sql` gives rows, of which `defect` tells what is wrong with each."""

    defect: Callable[..., _Defect | None]

    async def violations(self, connection: Connection, looked_at: Callable[[int], None]) -> list[Violation]:
        found: list[_Defect] = []
        seen = 0
        defect_of = self.defect
        cursor = await connection.cursor(self.sql)
        while rows := await cursor.fetch(_ROWS_PER_FETCH):
            broken = [defect for row in rows if (defect := defect_of(*row)) is not None]
            found = heapq.nsmallest(VIOLATIONS_MAX, [*found, *broken])
            seen += len(rows)
            looked_at(seen)
        return [Violation(self.name, defect.row, defect.detail) for defect in found]


# A key under a tombstone is its original's, and leads to the reversal; `tombstones` looks at it.
_REGISTRY = f"""
WITH keys AS (
    SELECT k.batch_id, k.position, k.business_day, k.message_key, k.fingerprint
    FROM settlement.message_keys AS k
    LEFT JOIN settlement.tombstones AS t ON t.message_key = k.message_key
    WHERE t.message_key IS NULL
)
SELECT
    coalesce(s.batch_id, k.batch_id), coalesce(s.position, k.position), s.institution, s.message_id, s.code, {CONTENT},
    s.batch_id IS NOT NULL, k.message_key, k.fingerprint, t.message_key
FROM settlement.settlements AS s
FULL JOIN keys AS k ON k.batch_id = s.batch_id AND k.position = s.position AND k.business_day = s.business_day
LEFT JOIN settlement.tombstones AS t
    ON t.late_batch_id = s.batch_id AND t.late_position = s.position AND t.late_business_day = s.business_day
"""  # noqa: S608


def _registry_defect(
    batch_id: int,
    position: int,
    institution: str,
    message_id: str,
    code: str,
    content: str,
    is_settlement: bool,
    key: bytes | None,
    registered_fingerprint: int | None,
    tombstone: bytes | None,
) -> _Defect | None:
    if not is_settlement:
        row = f"message key of batch {batch_id} position {position}"
        return _Defect(batch_id, position, row, "no settlement of its day stands there")
    detail = None
    if tombstone is not None or code == Code.REVERSED_BEFORE_ARRIVAL:
        if tombstone is None:
            detail = "says that it was reversed before it came, and no tombstone leads to it"
        elif code != Code.REVERSED_BEFORE_ARRIVAL or key is not None:
            detail = "a tombstone leads to it, and it was not reversed before it came"
        elif tombstone != message_key(institution, message_id):
            detail = "the tombstone that leads to it is another message's"
    elif key is None:
        detail = "has no message key: its message would settle again"
    elif key != message_key(institution, message_id):
        detail = "the message key of its place is another message's"
    elif registered_fingerprint != fingerprint(content):
        detail = "its content has not the fingerprint of its message key"
    if detail is None:
        return None
    return _Defect(batch_id, position, f"settlement batch {batch_id} position {position}", detail)


_TOMBSTONES = f"""
WITH reversals AS MATERIALIZED (
    SELECT s.batch_id, s.position, s.business_day, s.institution, {ORIGINAL} AS original
    FROM settlement.settlements AS s
    WHERE s.status = 'reversed' AND s.code = 'original_not_found'
), laid AS MATERIALIZED (
    SELECT
        t.message_key, k.batch_id, k.position, k.business_day, k.fingerprint,
        num_nulls(t.late_batch_id, t.late_business_day, t.late_position) AS unknown, late.batch_id AS late_batch_id
    FROM settlement.tombstones AS t
    LEFT JOIN settlement.message_keys AS k ON k.message_key = t.message_key
    LEFT JOIN settlement.settlements AS late
        ON late.batch_id = t.late_batch_id AND late.business_day = t.late_business_day
        AND late.position = t.late_position
)
SELECT
    coalesce(s.batch_id, t.batch_id), coalesce(s.position, t.position), s.institution, s.original,
    s.batch_id IS NOT NULL, t.message_key, t.fingerprint,
    t.unknown = 3 OR t.unknown = 0 AND t.late_batch_id IS NOT NULL
FROM reversals AS s
FULL JOIN laid AS t ON t.batch_id = s.batch_id AND t.position = s.position AND t.business_day = s.business_day
"""  # noqa: S608


def _tombstone_defect(
    batch_id: int | None,
    position: int | None,
    institution: str,
    original: str,
    is_reversal: bool,
    key: bytes | None,
    registered_fingerprint: int | None,
    is_late_sound: bool | None,
) -> _Defect | None:
    if batch_id is None or position is None:
        assert key is not None
        return _Defect(0, 0, f"tombstone {key.hex()}", "has no message key: its original would settle")
    detail = None
    row = f"tombstone of batch {batch_id} position {position}"
    if not is_reversal:
        detail = "no reversal of an original that was not there stands there"
    elif key is None:
        detail = "missing: its reversal would not stop its original"
    elif key != message_key(institution, original):
        detail = "its message key is not that of the original which its reversal names"
    elif registered_fingerprint != 0:
        detail = "its message key has the fingerprint of a message"
    elif not is_late_sound:
        detail = "leads to a settlement that is not there"
    return None if detail is None else _Defect(batch_id, position, row, detail)


CHECKS = (
    _StreamedCheck(
        "registry", "message keys and fingerprints fit", "settlement.settlements", _REGISTRY, _registry_defect
    ),
    _StreamedCheck(
        "tombstones", "reversals stop what came late", "settlement.tombstones", _TOMBSTONES, _tombstone_defect
    ),
)
