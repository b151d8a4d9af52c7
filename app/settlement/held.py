"""What open holds of an account held at a time: now or in the past."""

from datetime import datetime

from app.database import Connection

# A hold counts until it expires, whenever that was swept. What changed it before is written down as it happened.
_HELD_AT = """
SELECT coalesce(sum(e.change), 0)::bigint
FROM settlement.hold_entries AS e
JOIN settlement.holds AS h ON h.message_key = e.message_key
CROSS JOIN (SELECT coalesce($2, statement_timestamp()) AS moment) AS wanted
WHERE e.account_id = $1 AND e.happened_at <= wanted.moment AND h.expires_at > wanted.moment
"""


async def held_at(connection: Connection, account_id: int, at: datetime | None) -> int:
    """Fen; None: now, by the ledger's clock. Read it and the balance in one snapshot."""
    held: int = await connection.fetchval(_HELD_AT, account_id, at)
    return held
