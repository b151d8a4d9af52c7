"""Looks all the time whether balances are what their movements make of them, at a cost that does not grow.

Every movement debits one account and credits another in one row, so the books are out of balance only where an account
differs from its entries. A look compares, in one snapshot, the accounts of the newest batches, some of all others in
turn, and again those that were found off, each with its newest entries. `medsettle verify` proves the rest.
"""

import time
from datetime import date

from app.database import Connection, Pool, transaction

_BATCHES_MAX = 50
_ACCOUNTS_MAX = 2_000
_SUSPECTS_MAX = 1_000
# So many accounts in turn as take about this long; how many that are follows from the days that are kept.
_TURN_SECONDS = 0.05
_TURN_MIN, _TURN_MAX = 20, 5_000

_HEIGHTS = "SELECT lane, height FROM ledger.lanes WHERE height > 0"
_TOUCHED = """
SELECT min(b.business_day) AS first_day, array_agg(DISTINCT side.account_id) AS account_ids
FROM ledger.batches AS b
JOIN ledger.transfers AS t ON t.batch_id = b.batch_id AND t.business_day = b.business_day
CROSS JOIN LATERAL (VALUES (t.debit_account), (t.credit_account)) AS side (account_id)
WHERE b.batch_id = ANY ($1::bigint[])
"""
_IN_TURN = "SELECT account_id FROM ledger.accounts WHERE account_id > $1 ORDER BY account_id LIMIT $2"

# A row past the last entry stands for the balance. An entry that is not compared with one before it, because that lies
# before the days looked at, starts the comparison. A deleted entry leaves a step that does not fit.
_DIFFERENCES = """
WITH looked_at AS (
    SELECT account_id, balance, last_entry
    FROM ledger.accounts
    WHERE account_id = ANY ($1::bigint[]) AND balance IS NOT NULL
), steps AS (
    SELECT
        account_id, entry, balance_after, change,
        lag(balance_after, 1, CASE WHEN entry = 1 OR is_only THEN 0 END) OVER account AS balance_before
    FROM (
        SELECT a.account_id, t.debit_entry AS entry, t.debit_balance_after AS balance_after, -t.amount AS change,
               false AS is_end, false AS is_only
        FROM looked_at AS a
        JOIN ledger.transfers AS t ON t.debit_account = a.account_id AND t.debit_entry > a.last_entry - 8
        WHERE t.business_day >= $2
        UNION ALL
        SELECT a.account_id, t.credit_entry, t.credit_balance_after, t.amount, false, false
        FROM looked_at AS a
        JOIN ledger.transfers AS t ON t.credit_account = a.account_id AND t.credit_entry > a.last_entry - 8
        WHERE t.business_day >= $2
        UNION ALL
        SELECT account_id, last_entry + 1, balance, 0, true, last_entry = 0
        FROM looked_at
    ) AS entries
    WINDOW account AS (PARTITION BY account_id ORDER BY entry, is_end)
)
SELECT account_id, sum(abs(balance_after::numeric - balance_before - change))::bigint AS fen
FROM steps
GROUP BY account_id
HAVING sum(abs(balance_after::numeric - balance_before - change)) > 0
"""


class ImbalanceWatch:
    """What was found off is looked at again each time, until it is right."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._heights: dict[int, int] = {}
        self._after = 0
        self._turn = _TURN_MIN
        self._suspects: dict[int, int] = {}

    async def look(self) -> int:
        """Look once; how many accounts were compared. Raises DatabaseUnavailable."""
        async with transaction(self._pool, snapshot=True) as connection:
            touched = await self._look_at_touched(connection)
            started = time.monotonic()
            in_turn = [found for (found,) in await connection.fetch(_IN_TURN, self._after, self._turn)]
            await self._compare(connection, [*in_turn, *self._suspects], date.min)
        self._after = in_turn[-1] if 0 < len(in_turn) == self._turn else 0
        self._pace(time.monotonic() - started)
        return touched + len(in_turn)

    @property
    def fen(self) -> int:
        """The sum of all differences that stand."""
        return sum(self._suspects.values())

    async def _look_at_touched(self, connection: Connection) -> int:
        """Accounts of the batches since the last look; of many, the newest of each lane."""
        heights = {row["lane"]: row["height"] for row in await connection.fetch(_HEIGHTS)}
        new = [
            height * 1024 + lane
            for lane, top in heights.items()
            for height in range(top, max(self._heights.get(lane, top - 1), top - _BATCHES_MAX), -1)
        ]
        self._heights = heights
        if not new:
            return 0
        row = await connection.fetchrow(_TOUCHED, sorted(new, reverse=True)[:_BATCHES_MAX])
        assert row is not None
        account_ids = (row["account_ids"] or [])[:_ACCOUNTS_MAX]
        await self._compare(connection, account_ids, row["first_day"])
        return len(account_ids)

    async def _compare(self, connection: Connection, account_ids: list[int], first_day: date) -> None:
        """`first_day`: the newest entry of each lies there or later."""
        rows = await connection.fetch(_DIFFERENCES, account_ids, first_day)
        for account_id in account_ids:
            self._suspects.pop(account_id, None)
        room = _SUSPECTS_MAX - len(self._suspects)
        self._suspects |= {row["account_id"]: row["fen"] for row in rows[:room]}

    def _pace(self, seconds: float) -> None:
        if seconds < _TURN_SECONDS / 2:
            self._turn = min(self._turn * 2, _TURN_MAX)
        elif seconds > _TURN_SECONDS * 2:
            self._turn = max(self._turn // 2, _TURN_MIN)
