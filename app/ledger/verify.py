"""Proves the ledger's own invariants from its rows: one query a check, which names the broken rows, first one first.

The queries are meant for one snapshot beside live traffic (`app.verify`) and may be run by hand in psql just as well.
Sums are numeric throughout: a forged amount may be large, and must end in a finding and not in an overflow.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from app.database import Connection
from app.ledger.accounts import CARRY_OVER_ACCOUNT
from app.ledger.journal import LANES

#: Broken rows that one check names; whoever tampers with a million rows need not read of each.
VIOLATIONS_MAX = 10


class Violation(NamedTuple):
    """A broken row, such as "transfer batch 2048 position 3 leg 0". The texts hold no personal data."""

    check: str
    row: str
    detail: str


@dataclass(frozen=True, slots=True)
class Check:
    """`sql` gives (broken_row, detail), first broken row first; `table` is the one whose rows are looked at."""

    name: str
    claim: str
    table: str
    sql: str

    async def violations(self, connection: Connection, looked_at: Callable[[int], None]) -> list[Violation]:
        """The first broken rows. A check that streams its rows tells `looked_at` now and then how many it has seen."""
        rows = await connection.fetch(f"{self.sql} LIMIT {VIOLATIONS_MAX}")
        return [Violation(self.name, row["broken_row"], row["detail"]) for row in rows]


# Whether a side carries an entry number follows from its account: kept or derived.
_SIDES = """
SELECT format('transfer batch %s position %s leg %s', batch_id, position, leg) AS broken_row, detail
FROM (
    SELECT
        t.batch_id, t.position, t.leg,
        CASE
            WHEN t.amount <= 0 THEN format('moves %s fen', t.amount)
            WHEN t.debit_account = t.credit_account THEN format('moves within account %s', t.debit_account)
            WHEN debtor.account_id IS NULL THEN format('debits account %s, which does not exist', t.debit_account)
            WHEN creditor.account_id IS NULL THEN format('credits account %s, which does not exist', t.credit_account)
            WHEN t.accumulated AND (debtor.kind = 'personal') = (creditor.kind = 'personal')
                THEN 'moves an accumulated part and has not one personal account'
            WHEN num_nulls(t.debit_entry, t.debit_balance_after) <> 2 * (debtor.balance IS NULL)::int
                THEN format('entry or balance does not suit the debited account %s', t.debit_account)
            WHEN num_nulls(t.credit_entry, t.credit_balance_after) <> 2 * (creditor.balance IS NULL)::int
                THEN format('entry or balance does not suit the credited account %s', t.credit_account)
        END AS detail
    FROM ledger.transfers AS t
    LEFT JOIN ledger.accounts AS debtor ON debtor.account_id = t.debit_account
    LEFT JOIN ledger.accounts AS creditor ON creditor.account_id = t.credit_account
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id, position, leg
"""

# Each entry is compared with the one before it, so that a broken one does not mark all that follow. A row past the
# last entry of each account stands for the entry that would come next: it shows what is missing at the end.
_ENTRIES = """
WITH entries AS (
    SELECT debit_account AS account_id, debit_entry::bigint AS entry, false AS is_end,
           debit_balance_after AS balance_after, -amount AS change, batch_id, position, leg
    FROM ledger.transfers WHERE debit_entry IS NOT NULL
    UNION ALL
    SELECT credit_account, credit_entry, false, credit_balance_after, amount, batch_id, position, leg
    FROM ledger.transfers WHERE credit_entry IS NOT NULL
    UNION ALL
    SELECT account_id, last_entry::bigint + 1, true, NULL, NULL, NULL, NULL, NULL
    FROM ledger.accounts WHERE balance IS NOT NULL
), steps AS (
    SELECT
        *,
        lag(entry, 1, 0::bigint) OVER account AS entry_before,
        lag(is_end, 1, false) OVER account AS is_past_end,
        lag(balance_after, 1, 0::bigint) OVER account AS balance_before
    FROM entries
    WINDOW account AS (PARTITION BY account_id ORDER BY entry, is_end DESC, batch_id, position, leg)
), looked_at AS (
    SELECT
        *,
        NOT is_past_end AND entry > entry_before + 1 AS is_gap,
        CASE
            WHEN is_past_end THEN format('carries entry %s, past the last entry of account %s', entry, account_id)
            WHEN entry > entry_before + 1 THEN 'no transfer carries this entry'
            WHEN is_end THEN NULL
            WHEN entry <= entry_before THEN format('carries entry %s of account %s, which is taken', entry, account_id)
            WHEN balance_after IS DISTINCT FROM balance_before::numeric + change
                THEN format('leaves account %s at %s fen, where the entry before it makes %s',
                            account_id, coalesce(balance_after::text, 'no'), balance_before::numeric + change)
        END AS detail
    FROM steps
)
SELECT
    CASE
        WHEN is_gap THEN format('account %s entry %s', account_id, entry_before + 1)
        ELSE format('transfer batch %s position %s leg %s', batch_id, position, leg)
    END AS broken_row,
    detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY account_id, entry, batch_id, position, leg
"""

_BALANCES = """
WITH moved AS (
    SELECT account_id, sum(change) AS net, coalesce(sum(change) FILTER (WHERE accumulated), 0) AS accumulated
    FROM (
        SELECT debit_account AS account_id, -amount AS change, accumulated FROM ledger.transfers
        UNION ALL
        SELECT credit_account, amount, accumulated FROM ledger.transfers
    ) AS sides
    GROUP BY account_id
)
SELECT format('account %s', account_id) AS broken_row, detail
FROM (
    SELECT
        a.account_id,
        CASE
            WHEN a.balance <> coalesce(m.net, 0)
                THEN format('balance is %s fen, its transfers make %s', a.balance, coalesce(m.net, 0))
            WHEN a.accumulated <> coalesce(m.accumulated, 0)
                THEN format('its accumulated part is %s fen, its transfers make %s',
                            a.accumulated, coalesce(m.accumulated, 0))
            WHEN a.accumulated < 0 OR a.accumulated > a.balance
                THEN format('its accumulated part is %s of %s fen', a.accumulated, a.balance)
            WHEN a.held < 0 OR a.held > a.balance THEN format('holds %s of %s fen', a.held, a.balance)
        END AS detail
    FROM ledger.accounts AS a
    LEFT JOIN moved AS m ON m.account_id = a.account_id
    WHERE a.balance IS NOT NULL
) AS looked_at
WHERE detail IS NOT NULL
ORDER BY account_id
"""

# The tables' own keys hold the bucket too, so they would let one number or one person have an account in each.
_IDENTITY = """
SELECT format('account %s', account_id) AS broken_row, detail
FROM (
    SELECT account_id, format('%s accounts have this number', count(*)) AS detail
    FROM ledger.accounts GROUP BY account_id HAVING count(*) > 1
    UNION ALL
    SELECT max(account_id), format('shares its owner with account %s', min(account_id))
    FROM ledger.accounts WHERE balance IS NOT NULL GROUP BY kind, owner HAVING count(DISTINCT account_id) > 1
) AS looked_at
ORDER BY account_id
"""

_ZERO_SUM = """
WITH kept AS (
    SELECT coalesce(sum(balance), 0) AS fen FROM ledger.accounts
), credited AS (
    SELECT coalesce(sum(t.amount), 0) AS fen
    FROM ledger.transfers AS t JOIN ledger.accounts AS a ON a.account_id = t.credit_account AND a.balance IS NULL
), debited AS (
    SELECT coalesce(sum(t.amount), 0) AS fen
    FROM ledger.transfers AS t JOIN ledger.accounts AS a ON a.account_id = t.debit_account AND a.balance IS NULL
)
SELECT
    'ledger' AS broken_row,
    format('kept accounts hold %s fen and derived ones %s: the sum is not zero',
           kept.fen, credited.fen - debited.fen) AS detail
FROM kept, credited, debited
WHERE kept.fen + credited.fen - debited.fen <> 0
"""

# What leaves the current part enters the accumulated part of the same account, in one settlement; one settlement may
# carry over several accounts.
_CARRY_OVER = f"""
SELECT format('transfer batch %s position %s leg %s', batch_id, position, min(leg)) AS broken_row,
       format('what it carries over does not enter the accumulated part of account %s', account_id) AS detail
FROM (
    SELECT
        *,
        CASE WHEN credit_account = {CARRY_OVER_ACCOUNT} THEN debit_account ELSE credit_account END AS account_id
    FROM ledger.transfers
    WHERE debit_account = {CARRY_OVER_ACCOUNT} OR credit_account = {CARRY_OVER_ACCOUNT}
) AS carried
GROUP BY batch_id, position, business_day, bucket, account_id
HAVING count(*) <> 2 OR max(amount) <> min(amount)
    OR count(*) FILTER (WHERE credit_account = {CARRY_OVER_ACCOUNT} AND NOT accumulated) <> 1
    OR count(*) FILTER (WHERE debit_account = {CARRY_OVER_ACCOUNT} AND accumulated) <> 1
ORDER BY batch_id, position, min(leg)
"""  # noqa: S608

_CHAIN = f"""
WITH linked AS (
    SELECT
        *,
        batch_id % {LANES} AS lane,
        lag(batch_id, 1, batch_id % {LANES}) OVER lane + {LANES} AS batch_due,
        lag(chain_hash, 1, sha256(convert_to('medsettle lane ' || batch_id % {LANES}, 'UTF8'))) OVER lane AS hash_before
    FROM ledger.batches
    WINDOW lane AS (PARTITION BY batch_id % {LANES} ORDER BY batch_id)
), looked_at AS (
    SELECT
        b.batch_id,
        CASE WHEN b.batch_id > b.batch_due THEN b.batch_due ELSE b.batch_id END AS broken,
        CASE
            WHEN l.lane IS NULL THEN format('its lane %s does not exist', b.lane)
            WHEN b.batch_id < b.batch_due THEN 'its height is below 1'
            WHEN b.batch_id > b.batch_due THEN format('missing: lane %s goes on with batch %s', b.lane, b.batch_id)
            WHEN b.chain_hash <> sha256(
                b.hash_before
                || convert_to(concat_ws('|', b.batch_id, to_char(b.business_day, 'YYYY-MM-DD'), b.size,
                                        trunc(extract(epoch FROM b.settled_at) * 1000000)), 'UTF8')
                || b.tree_root
            ) THEN 'its row and the chain hash before it do not make its chain hash'
        END AS detail
    FROM linked AS b
    LEFT JOIN ledger.lanes AS l ON l.lane = b.lane
)
SELECT format('batch %s', broken) AS broken_row, detail
FROM looked_at
WHERE detail IS NOT NULL
ORDER BY batch_id
"""  # noqa: S608

# A last batch that is gone leaves its hash at the head; a height that was edited leaves the hash of the batch below.
_HEADS = f"""
WITH last AS (
    SELECT DISTINCT ON (batch_id % {LANES}) batch_id % {LANES} AS lane, batch_id, chain_hash
    FROM ledger.batches
    ORDER BY batch_id % {LANES}, batch_id DESC
), heads AS (
    SELECT
        l.lane, l.height,
        coalesce(last.batch_id / {LANES}, 0) AS height_due,
        l.chain_hash = coalesce(last.chain_hash, sha256(convert_to('medsettle lane ' || l.lane, 'UTF8'))) AS is_linked
    FROM ledger.lanes AS l
    LEFT JOIN last ON last.lane = l.lane
)
SELECT
    CASE
        WHEN height > height_due AND NOT is_linked THEN format('batch %s', (height_due + 1) * {LANES} + lane)
        ELSE format('lane %s', lane)
    END AS broken_row,
    CASE
        WHEN height > height_due AND NOT is_linked THEN format('missing: lane %s counts %s batches', lane, height)
        WHEN height <> height_due THEN format('counts %s batches, its last one has height %s', height, height_due)
        ELSE 'its head is not the chain hash of its last batch'
    END AS detail
FROM heads
WHERE height <> height_due OR NOT is_linked
ORDER BY lane
"""  # noqa: S608

#: Checks of single rows stand before those of sums, so that what is reported first says most.
CHECKS = (
    Check("sides", "transfers join two existing accounts", "ledger.transfers", _SIDES),
    Check("entries", "entries run on from balance to balance", "ledger.transfers", _ENTRIES),
    Check("balances", "kept balances are sums of transfers", "ledger.accounts", _BALANCES),
    Check("identity", "account numbers and owners are unique", "ledger.accounts", _IDENTITY),
    Check("carry-over", "years' ends carry over whole parts", "ledger.transfers", _CARRY_OVER),
    Check("zero sum", "all balances sum to zero", "ledger.transfers", _ZERO_SUM),
    Check("chain", "batches of a lane are one hash chain", "ledger.batches", _CHAIN),
    Check("heads", "lane heads are their last batches", "ledger.lanes", _HEADS),
)
