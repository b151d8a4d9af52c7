"""What an account held at a time, and its entries page by page. The ledger's own words; it knows no settlements.

Balances of the past are worked back from what stands: so only the movements behind the moment are read, and both come
from one snapshot.
"""

from datetime import date, datetime
from typing import Literal, NamedTuple

from app.database import Connection

Order = Literal["newest_first", "oldest_first"]

_ENTRY_MAX = 2**31 - 1


class KeptAccount(NamedTuple):
    """A kept account as it stands, without a lock. Fen; `part_year` is the business year of the current part."""

    account_id: int
    state: str
    balance: int
    held: int
    accumulated: int
    part_year: int
    last_entry: int


class Balances(NamedTuple):
    """Fen; the two parts sum to the balance."""

    balance: int
    current: int
    accumulated: int


class Entry(NamedTuple):
    """One movement as one of its accounts sees it: `amount` is negative where money left. Fen.

    Entries of an account are numbered from 1 without a gap, whichever way the money went.
    """

    entry: int
    batch_id: int
    position: int
    leg: int
    business_day: date
    settled_at: datetime
    amount: int
    balance_after: int
    accumulated: bool


class Page(NamedTuple):
    """`cursor` leads to the next page, None where there is none."""

    entries: list[Entry]
    cursor: int | None


_FIND = """
SELECT account_id, state, balance, held, accumulated, part_year, last_entry
FROM ledger.accounts
WHERE owner = $1 AND kind = $2
"""

# carried: something was posted in the moment's year by then, and the first posting of a year carries over.
_AT = """
WITH movement AS (
    SELECT t.batch_id, t.accumulated, -t.amount AS fen
    FROM ledger.transfers AS t
    WHERE t.debit_account = $1 AND t.debit_entry IS NOT NULL AND t.business_day >= $3
    UNION ALL
    SELECT t.batch_id, t.accumulated, t.amount
    FROM ledger.transfers AS t
    WHERE t.credit_account = $1 AND t.credit_entry IS NOT NULL AND t.business_day >= $3
), since AS (
    SELECT
        coalesce(sum(m.fen) FILTER (WHERE b.settled_at > $2), 0) AS fen,
        coalesce(sum(m.fen) FILTER (WHERE b.settled_at > $2 AND m.accumulated), 0) AS accumulated,
        coalesce(bool_or(b.settled_at <= $2), false) AS carried
    FROM movement AS m
    JOIN ledger.batches AS b ON b.batch_id = m.batch_id
)
SELECT
    (a.balance - since.fen)::bigint AS balance,
    (CASE WHEN since.carried THEN a.accumulated - since.accumulated ELSE a.balance - since.fen END)::bigint
        AS accumulated
FROM ledger.accounts AS a, since
WHERE a.account_id = $1
"""


def _page_of(compare: str, order: str) -> str:
    """Both sides in the order of their own index, each no longer than the page."""
    return f"""
WITH page AS (
    (
        SELECT debit_entry AS entry, batch_id, position, leg, business_day, -amount AS amount,
               debit_balance_after AS balance_after, accumulated
        FROM ledger.transfers
        WHERE debit_account = $1 AND debit_entry IS NOT NULL AND debit_entry {compare} $2
        ORDER BY debit_entry {order}
        LIMIT $3
    )
    UNION ALL
    (
        SELECT credit_entry, batch_id, position, leg, business_day, amount, credit_balance_after, accumulated
        FROM ledger.transfers
        WHERE credit_account = $1 AND credit_entry IS NOT NULL AND credit_entry {compare} $2
        ORDER BY credit_entry {order}
        LIMIT $3
    )
    ORDER BY entry {order}
    LIMIT $3
)
SELECT
    p.entry, p.batch_id, p.position, p.leg, p.business_day, b.settled_at, p.amount, p.balance_after, p.accumulated
FROM page AS p
JOIN ledger.batches AS b ON b.batch_id = p.batch_id
ORDER BY p.entry {order}
"""  # noqa: S608


_NEWEST_FIRST = _page_of("<", "DESC")
_OLDEST_FIRST = _page_of(">", "ASC")


async def find_account(connection: Connection, owner: str, kind: str) -> KeptAccount | None:
    row = await connection.fetchrow(_FIND, owner, kind)
    return None if row is None else KeptAccount(*row)


def balances_in(account: KeptAccount, year: int) -> Balances:
    """What stands, seen from a business year: before its first posting all of it is of earlier years."""
    accumulated = account.accumulated if account.part_year >= year else account.balance
    return Balances(account.balance, account.balance - accumulated, accumulated)


async def balances_at(connection: Connection, account_id: int, at: datetime, year: int) -> Balances:
    """What stood when all that was settled up to `at`, in business year `year`, was posted."""
    row = await connection.fetchrow(_AT, account_id, at, date(year, 1, 1))
    assert row is not None
    return Balances(row["balance"], row["balance"] - row["accumulated"], row["accumulated"])


async def read_entries(
    connection: Connection, account_id: int, *, order: Order, cursor: int | None, limit: int
) -> Page:
    """A page of entries from behind `cursor`, which another page gave. Entries that come meanwhile shift no page."""
    if order == "newest_first":
        rows = await connection.fetch(_NEWEST_FIRST, account_id, _ENTRY_MAX if cursor is None else cursor, limit + 1)
    else:
        rows = await connection.fetch(_OLDEST_FIRST, account_id, 0 if cursor is None else cursor, limit + 1)
    entries = [Entry(*row) for row in rows[:limit]]
    return Page(entries, entries[-1].entry if len(rows) > limit else None)
