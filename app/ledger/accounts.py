"""Accounts as a posting sees them, and the statement that opens new ones."""

from collections.abc import Iterable

from app.database import Connection

#: The counter-account of all money that comes in; made by the first migration. Derived.
FUND_ACCOUNT = 1

BUCKETS = 256


class Account:
    """A kept account inside one posting: read under lock, changed in memory, written back once.

    `balance` and `held` are fen; `last_entry` is the number of the account's latest transfer.
    """

    __slots__ = ("account_id", "balance", "bucket", "held", "last_entry", "state")

    def __init__(self, account_id: int, balance: int, held: int, last_entry: int, bucket: int, state: str) -> None:
        self.account_id = account_id
        self.balance = balance
        self.held = held
        self.last_entry = last_entry
        self.bucket = bucket
        self.state = state

    @property
    def available(self) -> int:
        return self.balance - self.held


# All accounts of a batch in id order by one statement: batches that share people wait for each other, and never in a
# circle. The owners come as one text: the driver looks at every element of an array, which costs ten times as much.
_LOCK_PERSONAL = """
SELECT a.account_id, a.balance, a.held, a.last_entry, a.bucket, a.state, a.owner
FROM unnest(string_to_array($1, '|')) AS wanted (owner)
JOIN ledger.accounts AS a ON a.owner = wanted.owner AND a.kind = 'personal'
ORDER BY a.account_id
FOR NO KEY UPDATE OF a
"""


async def lock_personal_accounts(connection: Connection, owners: Iterable[str]) -> dict[str, Account]:
    """Lock the personal accounts of these owners; by owner, without those that have none."""
    rows = await connection.fetch(_LOCK_PERSONAL, "|".join(set(owners)))
    return {row[6]: Account(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows}


async def new_account_ids(connection: Connection, count: int) -> list[int]:
    rows = await connection.fetch(
        "SELECT nextval('ledger.account_ids') AS account_id FROM generate_series(1, $1)", count
    )
    return [row["account_id"] for row in rows]


async def open_accounts(connection: Connection, accounts: Iterable[tuple[int, int | None, int, str, str]]) -> None:
    """Open accounts given as (account_id, balance, bucket, kind, owner).

    The balance is 0 for a kept account and None for a derived one; money comes in by transfers alone.
    """
    await connection.copy_records_to_table(
        "accounts",
        schema_name="ledger",
        columns=("account_id", "balance", "bucket", "kind", "owner"),
        records=accounts,
    )
