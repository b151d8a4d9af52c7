"""The journal: each posting transaction is a batch, and batches form hash chains that show any later change.

Every recorded row is a leaf; the leaves of a batch form a tree, so that one row can be proved by a short path; the
tree's root and the chain's previous hash make the new chain hash. `medsettle verify` recomputes all of it in SQL.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from app.config import ZONE
from app.database import Connection
from app.errors import DatabaseUnavailable

LANES = 1024
#: Children of one node of the hash tree. 16 makes three levels for any batch, in SQL three GROUP BYs.
TREE_FAN_OUT = 16
#: Leaves are not stored; so much of each is, to tell which one was changed.
MARK_BYTES = 4
#: Of the secret under the leaves of a batch.
SALT_BYTES = 32


class OpenBatch(NamedTuple):
    """A batch whose lane this transaction holds; `settled_at` was read after the accounts were locked.

    salt: under its leaves, and not under its chain hash, which is made without it.
    """

    batch_id: int
    previous_hash: bytes
    settled_at: datetime
    business_day: date
    salt: bytes = b""


# A lane that another posting holds is skipped, not waited for.
_TAKE_LANE = """
SELECT (height + 1) * 1024 + lane AS batch_id, chain_hash, clock_timestamp() AS settled_at
FROM ledger.lanes
ORDER BY lane
LIMIT 1
FOR NO KEY UPDATE SKIP LOCKED
"""

_CLOSE_BATCH = """
WITH head AS (
    UPDATE ledger.lanes SET height = $1 / 1024, chain_hash = $7 WHERE lane = $1 % 1024
)
INSERT INTO ledger.batches (batch_id, business_day, size, settled_at, tree_root, leaf_marks, chain_hash, salt)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
"""


async def open_batch(connection: Connection, cut_off: time) -> OpenBatch:
    """Take a free lane. Call it after the accounts are locked, so that times rise along each account."""
    row = await connection.fetchrow(_TAKE_LANE)
    if row is None:
        raise DatabaseUnavailable("Every lane of the journal is taken; the batch waits for one.")
    return OpenBatch(
        batch_id=row["batch_id"],
        previous_hash=row["chain_hash"],
        settled_at=row["settled_at"],
        business_day=business_day(row["settled_at"], cut_off),
        salt=secrets.token_bytes(SALT_BYTES),
    )


async def close_batch(connection: Connection, batch: OpenBatch, leaves: Sequence[bytes]) -> None:
    root = tree_root(leaves)
    await connection.execute(
        _CLOSE_BATCH,
        batch.batch_id,
        batch.business_day,
        len(leaves),
        batch.settled_at,
        root,
        b"".join([leaf[:MARK_BYTES] for leaf in leaves]),
        chain_hash(batch, len(leaves), root),
        batch.salt,
    )


def business_day(moment: datetime, cut_off: time) -> date:
    """The day that a moment belongs to in Asia/Shanghai; it starts at the cut-off."""
    local = moment.astimezone(ZONE)
    start = timedelta(hours=cut_off.hour, minutes=cut_off.minute, seconds=cut_off.second)
    return (local - start).date()


def tree_root(leaves: Sequence[bytes]) -> bytes:
    """Root over 32-byte leaves: nodes of 16 children, then of 16 of those, then one over all that remain."""
    for _ in range(2):
        leaves = [
            hashlib.sha256(b"".join(leaves[first : first + TREE_FAN_OUT])).digest()
            for first in range(0, len(leaves), TREE_FAN_OUT)
        ]
    return hashlib.sha256(b"".join(leaves)).digest()


def chain_hash(batch: OpenBatch, size: int, root: bytes) -> bytes:
    header = f"{batch.batch_id}|{batch.business_day}|{size}|{epoch_us(batch.settled_at)}"
    return hashlib.sha256(batch.previous_hash + header.encode() + root).digest()


_EPOCH = datetime.fromisoformat("1970-01-01T00:00:00+00:00")


def epoch_us(moment: datetime) -> int:
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
