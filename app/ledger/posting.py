"""Posting: the rows of one batch go in, balances follow, in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.ledger.accounts import Account


class Transfer(NamedTuple):
    """One movement, in the column order of `ledger.transfers`. Amounts in fen; None on a derived side."""

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


# The rows are locked, so what was read is what stands; the CHECK is the last guard against an overdraft.
_WRITE_BALANCES = """
UPDATE ledger.accounts AS a
SET balance = new.balance, held = new.held, last_entry = new.last_entry
FROM unnest(
    string_to_array($1, '|')::bigint[], string_to_array($2, '|')::smallint[], string_to_array($3, '|')::bigint[],
    string_to_array($4, '|')::bigint[], string_to_array($5, '|')::integer[]
) AS new (account_id, bucket, balance, held, last_entry)
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
        )


def debit(account: Account, amount: int) -> None:
    """Take `amount` fen out of a locked account, in memory."""
    account.balance -= amount
    account.last_entry += 1


def credit(account: Account, amount: int) -> None:
    account.balance += amount
    account.last_entry += 1
