"""Accounts as a posting sees them, and the statement that opens new ones."""

from collections.abc import Iterable

from app.database import Connection

#: The counter-account of all money that comes in. Derived, as the next one.
FUND_ACCOUNT = 1
#: What the year's end carries over goes through here, out of one part of an account and into the other.
CARRY_OVER_ACCOUNT = 2

BUCKETS = 256


class Account:
    """A kept account inside one posting: read under lock, changed in memory, written back once.

    `balance`, `held` and `accumulated` are fen; `last_entry` is the number of the account's latest transfer. Of the
    balance, `accumulated` was left by the years before `part_year` and the rest came in that year.
    """

    __slots__ = (
        "account_id", "accumulated", "balance", "bucket", "held", "last_entry", "part_year", "state", "terms",
    )  # fmt: skip

    def __init__(
        self,
        account_id: int,
        balance: int,
        held: int,
        last_entry: int,
        bucket: int,
        state: str,
        accumulated: int,
        part_year: int,
        terms: str,
    ) -> None:
        self.account_id = account_id
        self.balance = balance
        self.held = held
        self.last_entry = last_entry
        self.bucket = bucket
        self.state = state
        self.accumulated = accumulated
        self.part_year = part_year
        self.terms = terms

    @property
    def available(self) -> int:
        return self.balance - self.held

    def accumulated_in(self, year: int) -> int:
        """What earlier years left, seen from a year: all of it, where nothing was posted in that year yet."""
        return self.accumulated if self.part_year >= year else self.balance


# All accounts of a batch in id order by one statement: batches that share people wait for each other, and never in a
# circle. The owners come as one text: the driver looks at every element of an array, which costs ten times as much.
_LOCK_PERSONAL = """
SELECT
    a.owner, a.account_id, a.balance, a.held, a.last_entry, a.bucket, a.state, a.accumulated, a.part_year, a.terms
FROM unnest(string_to_array($1, '|')) AS wanted (owner)
JOIN ledger.accounts AS a ON a.owner = wanted.owner AND a.kind = 'personal'
ORDER BY a.account_id
FOR NO KEY UPDATE OF a
"""


async def lock_personal_accounts(connection: Connection, owners: Iterable[str]) -> dict[str, Account]:
    """Lock the personal accounts of these owners; by owner, without those that have none."""
    rows = await connection.fetch(_LOCK_PERSONAL, "|".join(set(owners)))
    return {
        owner: Account(account_id, balance, held, last_entry, bucket, state, accumulated, part_year, terms)
        for owner, account_id, balance, held, last_entry, bucket, state, accumulated, part_year, terms in rows
    }


async def new_account_ids(connection: Connection, count: int) -> list[int]:
    rows = await connection.fetch(
        "SELECT nextval('ledger.account_ids') AS account_id FROM generate_series(1, $1)", count
    )
    return [row["account_id"] for row in rows]


NewAccount = tuple[int, int | None, int, str, str] | tuple[int, int | None, int, str, str, str, str]


async def open_accounts(connection: Connection, accounts: Iterable[NewAccount]) -> None:
    """Open accounts given as (account_id, balance, bucket, kind, owner) and, where not normal and '', (state, terms).

    The balance is 0 for a kept account and None for a derived one; money comes in by transfers alone.
    """
    await connection.copy_records_to_table(
        "accounts",
        schema_name="ledger",
        columns=("account_id", "balance", "bucket", "kind", "owner", "state", "terms"),
        records=(account if len(account) == 7 else (*account, "normal", "") for account in accounts),
    )
