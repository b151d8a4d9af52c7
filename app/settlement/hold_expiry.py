"""Releases holds whose time has come, for accounts that nobody settles on meanwhile.

A posting and every query leave due holds out by themselves, to the microsecond; this only writes it down. So it may die
anywhere, run twice at once, and be late.
"""

import asyncio

from app import logs, metrics
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.ledger.accounts import lock_accounts

_log = logs.get(__name__)

_EVERY_SECONDS = 1.0
_HOLDS_MAX = 1_000

_OWNERS = """
SELECT DISTINCT a.owner
FROM (
    SELECT account_id, bucket FROM settlement.holds
    WHERE state = 'open' AND expires_at <= clock_timestamp()
    ORDER BY expires_at
    LIMIT $1
) AS due
JOIN ledger.accounts AS a ON a.account_id = due.account_id AND a.bucket = due.bucket
"""
# The accounts are locked: whoever captured or voided a hold meanwhile has closed it, and it is not due any more.
_RELEASE = """
WITH due AS (
    SELECT message_key, account_id, bucket, held, expires_at
    FROM settlement.holds
    WHERE account_id = ANY ($1::bigint[]) AND state = 'open' AND expires_at <= clock_timestamp()
), released AS (
    UPDATE settlement.holds AS h
    SET held = 0, state = 'expired'
    FROM due
    WHERE h.message_key = due.message_key
), told AS (
    INSERT INTO settlement.hold_entries (message_key, account_id, change, happened_at)
    SELECT message_key, account_id, -held, expires_at FROM due
), freed AS (
    UPDATE ledger.accounts AS a
    SET held = a.held - due_of_account.held
    FROM (SELECT account_id, bucket, sum(held)::bigint AS held FROM due GROUP BY account_id, bucket) AS due_of_account
    WHERE a.account_id = due_of_account.account_id AND a.bucket = due_of_account.bucket
)
SELECT count(*) FROM due
"""


async def keep_holds_expired(pool: Pool) -> None:
    """Release what is due, every second, until cancelled."""
    while True:
        try:
            while await expire_due_holds(pool) >= _HOLDS_MAX:
                pass
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("hold_expiry").inc()
            _log.warning("hold_expiry_waits", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - holds that are due count no more, released or not
            metrics.RETRIES.labels("hold_expiry").inc()
            _log.error("hold_expiry_failed", **logs.failure(error))
        await asyncio.sleep(_EVERY_SECONDS)


async def expire_due_holds(pool: Pool) -> int:
    """Release the due holds of some accounts, the longest due first; how many. Raises DatabaseUnavailable."""
    async with transaction(pool) as connection:
        owners = [owner for (owner,) in await connection.fetch(_OWNERS, _HOLDS_MAX)]
        if not owners:
            return 0
        accounts = (await lock_accounts(connection, owners)).personal.values()
        released: int = await connection.fetchval(_RELEASE, [account.account_id for account in accounts])
        return released
