"""Accounts as a posting sees them, and the statement that opens new ones."""

from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from app.database import Connection

#: The counter-account of all money that comes in. Derived, as the next one.
FUND_ACCOUNT = 1
#: What the year's end carries over goes through here, out of one part of an account and into the other.
CARRY_OVER_ACCOUNT = 2

BUCKETS = 256


class Account(msgspec.Struct, eq=False, gc=False):
    """A kept account inside one posting: read under lock, changed in memory, written back once.

    `balance`, `held` and `accumulated` are fen; `last_entry` is the number of the account's latest transfer. Of the
    balance of a personal account, `accumulated` was left by the years before `part_year` and the rest came in that
    year; a debit account has no parts.
    """

    owner: str
    kind: str
    account_id: int
    balance: int
    held: int
    last_entry: int
    bucket: int
    state: str
    accumulated: int
    part_year: int
    terms: str

    @property
    def available(self) -> int:
        return self.balance - self.held

    def accumulated_in(self, year: int) -> int:
        """What earlier years left, seen from a year: all of it, where nothing was posted in that year yet."""
        return self.accumulated if self.part_year >= year else self.balance


class Accounts(NamedTuple):
    """Kept accounts: personal ones by person, debit ones by their owner, which is "bank/person"."""

    personal: dict[str, Account]
    debit: dict[str, Account]


_COLUMNS = """
    a.owner, a.kind, a.account_id, a.balance, a.held, a.last_entry, a.bucket, a.state, a.accumulated, a.part_year,
    a.terms
"""
# All accounts of a batch in the order of their owners by one statement: batches that share people wait for each other,
# and never in a circle. That order is the index's own, so one scan finds, orders and locks them without a sort. The
# owners come as one text: the driver looks at every element of an array, which costs ten times as much.
_PERSONAL = f"""
SELECT {_COLUMNS}
FROM ledger.accounts AS a
WHERE a.owner = ANY (string_to_array($1, '|')) AND a.kind = 'personal'
"""  # noqa: S608
# No person number holds the `/` of a debit account's owner.
_PERSONAL_AND_DEBIT = f"""
SELECT {_COLUMNS}
FROM ledger.accounts AS a
WHERE a.owner = ANY (string_to_array($1, '|')) AND a.kind IN ('personal', 'debit')
"""  # noqa: S608
_LOCK = "ORDER BY a.owner FOR NO KEY UPDATE OF a"
_LOCK_PERSONAL = f"{_PERSONAL}{_LOCK}"
_LOCK_PERSONAL_AND_DEBIT = f"{_PERSONAL_AND_DEBIT}{_LOCK}"


async def lock_accounts(
    connection: Connection, persons: Collection[str], debit_owners: Collection[str] = (), *, lock: bool = True
) -> Accounts:
    """Lock the personal accounts of these persons and these debit accounts, without those that do not exist.

    `lock=False` reads them as they stand, for an answer that binds nobody.
    """
    if debit_owners:
        query = _LOCK_PERSONAL_AND_DEBIT if lock else _PERSONAL_AND_DEBIT
    else:
        query = _LOCK_PERSONAL if lock else _PERSONAL
    rows = await connection.fetch(query, "|".join({*persons, *debit_owners}))
    accounts = Accounts({}, {})
    for row in rows:
        account = Account(*row)
        (accounts.personal if account.kind == "personal" else accounts.debit)[account.owner] = account
    return accounts


async def lock_personal_accounts(connection: Connection, owners: Collection[str]) -> dict[str, Account]:
    """Lock the personal accounts of these owners; by owner, without those that have none."""
    return (await lock_accounts(connection, owners)).personal


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
