"""The journal: each posting transaction is a batch, and batches form hash chains that show any later change.

Every recorded row is a leaf; the leaves of a batch form a tree, so that one row can be proved by a short path; the
tree's root and the chain's previous hash make the new chain hash. `medsettle verify` recomputes all of it in SQL.
"""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from app.database import Connection, LostRace
from app.errors import DatabaseUnavailable
from app.ledger.business_days import DAY_LOCK, BusinessDays

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


class DayClosed(LostRace):
    """The business day was closed while the batch was under way; it runs again and falls into the next one."""


# A lane that another posting holds is skipped, not waited for. The lock on the day, which postings share, is held until
# they end: whoever closes a day asks for it alone and so knows when the last batch of the day has ended. $1 is when day
# $2 ends.
_DAY = "CASE WHEN settled_at < $1::timestamptz THEN $2::integer ELSE $2::integer + 1 END"
_TAKE_LANE = f"""
SELECT batch_id, chain_hash, settled_at, {_DAY} AS day, pg_advisory_xact_lock_shared({DAY_LOCK}, {_DAY})
FROM (
    SELECT (height + 1) * 1024 + lane AS batch_id, chain_hash, clock_timestamp() AS settled_at
    FROM ledger.lanes
    ORDER BY lane
    LIMIT 1
    FOR NO KEY UPDATE SKIP LOCKED
) AS taken
"""  # noqa: S608
_SHARE_DAY = f"SELECT pg_advisory_xact_lock_shared({DAY_LOCK}, $1)"

# By now the lock on the day is held, so this statement sees the day closed if it was closed before the lock; and if it
# is closed later, whoever closes it waits for us.
_CLOSE_BATCH = """
WITH recorded AS (
    INSERT INTO ledger.batches (batch_id, business_day, size, settled_at, tree_root, leaf_marks, chain_hash, salt)
    SELECT $1::bigint, $2::date, $3::smallint, $4::timestamptz, $5::bytea, $6::bytea, $7::bytea, $8::bytea
    WHERE NOT EXISTS (SELECT FROM ledger.closed_days WHERE business_day >= $2::date)
    RETURNING batch_id
)
UPDATE ledger.lanes AS l
SET height = $1::bigint / 1024, chain_hash = $7::bytea
FROM recorded
WHERE l.lane = recorded.batch_id % 1024
"""


async def open_batch(connection: Connection, days: BusinessDays) -> OpenBatch:
    """Take a free lane. Call it after the accounts are locked, so that times rise along each account."""
    guess = days.open_at(datetime.now(UTC))
    row = await connection.fetchrow(_TAKE_LANE, days.end(guess), guess.toordinal())
    if row is None:
        raise DatabaseUnavailable("Every lane of the journal is taken; the batch waits for one.")
    day = days.open_at(row["settled_at"])
    if day.toordinal() != row["day"]:  # our own clock is off at the turn of the day
        await connection.execute(_SHARE_DAY, day.toordinal())
    return OpenBatch(
        batch_id=row["batch_id"],
        previous_hash=row["chain_hash"],
        settled_at=row["settled_at"],
        business_day=day,
        salt=secrets.token_bytes(SALT_BYTES),
    )


async def close_batch(connection: Connection, batch: OpenBatch, leaves: Sequence[bytes]) -> None:
    """Raises DayClosed where the day of the batch was closed since it was opened."""
    root = tree_root(leaves)
    recorded = await connection.execute(
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
    if recorded != "UPDATE 1":
        raise DayClosed


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
