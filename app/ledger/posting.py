"""Posting: the rows of one batch go in, balances follow, in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.ledger.accounts import Account


class Transfer(NamedTuple):
    """One movement, in the column order of `ledger.transfers`. Amounts in fen; None on a derived side.

    `accumulated`: it leaves or enters the accumulated part of the personal account on its one side.
    """

    batch_id: int
    debit_account: int
    credit_account: int
    amount: int
    debit_balance_after: int | None
    credit_balance_after: int | None
    debit_entry: int | None
    credit_entry: int | None
    business_day: date
    position: int
    leg: int
    bucket: int
    accumulated: bool = False


# The rows are locked, so what was read is what stands; the CHECKs are the last guard against an overdraft.
_WRITE_BALANCES = """
UPDATE ledger.accounts AS a
SET balance = new.balance, held = new.held, last_entry = new.last_entry, accumulated = new.accumulated,
    part_year = new.part_year
FROM unnest(
    string_to_array($1, '|')::bigint[], string_to_array($2, '|')::smallint[], string_to_array($3, '|')::bigint[],
    string_to_array($4, '|')::bigint[], string_to_array($5, '|')::integer[], string_to_array($6, '|')::bigint[],
    string_to_array($7, '|')::smallint[]
) AS new (account_id, bucket, balance, held, last_entry, accumulated, part_year)
WHERE a.account_id = new.account_id AND a.bucket = new.bucket
"""


async def post(connection: Connection, transfers: Sequence[Transfer], changed: Collection[Account]) -> None:
    """Record transfers and the new balances of the locked accounts that they changed."""
    if transfers:
        await connection.copy_records_to_table(
            "transfers", schema_name="ledger", columns=Transfer._fields, records=transfers
        )
    if changed:
        await connection.execute(
            _WRITE_BALANCES,
            "|".join([str(a.account_id) for a in changed]),
            "|".join([str(a.bucket) for a in changed]),
            "|".join([str(a.balance) for a in changed]),
            "|".join([str(a.held) for a in changed]),
            "|".join([str(a.last_entry) for a in changed]),
            "|".join([str(a.accumulated) for a in changed]),
            "|".join([str(a.part_year) for a in changed]),
        )


def debit(account: Account, amount: int, *, accumulated: bool = False) -> None:
    """Take `amount` fen out of one part of a locked account, in memory."""
    account.balance -= amount
    account.last_entry += 1
    if accumulated:
        account.accumulated -= amount


def credit(account: Account, amount: int, *, accumulated: bool = False) -> None:
    account.balance += amount
    account.last_entry += 1
    if accumulated:
        account.accumulated += amount
