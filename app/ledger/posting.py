"""Posting: the rows of one batch go in, balances follow, in the caller's transaction."""

from collections.abc import Collection, Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from app.database import Connection
from app.ledger.accounts import Account
from app.ledger.journal import OpenBatch


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
            "transfers", schema_name="ledger", columns=Transfer._fields, records=map(tuple, transfers)
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


def transfer(
    opened: OpenBatch,
    position: int,
    leg: int,
    bucket: int,
    payer: Account | int,
    payee: Account | int,
    amount: int,
    accumulated: bool,
) -> Transfer:
    """Move `amount` fen between locked accounts, in memory; a derived account stands as its number.

    accumulated: out of, or into, the accumulated part of the personal account on its one side.
    """
    if isinstance(payer, int):
        debit_account, debit_balance, debit_entry = payer, None, None
    else:
        payer.balance -= amount
        payer.last_entry += 1
        if accumulated:
            payer.accumulated -= amount
        debit_account, debit_balance, debit_entry = payer.account_id, payer.balance, payer.last_entry
    if isinstance(payee, int):
        credit_account, credit_balance, credit_entry = payee, None, None
    else:
        payee.balance += amount
        payee.last_entry += 1
        if accumulated:
            payee.accumulated += amount
        credit_account, credit_balance, credit_entry = payee.account_id, payee.balance, payee.last_entry
    return Transfer(
        opened.batch_id, debit_account, credit_account, amount, debit_balance, credit_balance, debit_entry,
        credit_entry, opened.business_day, position, leg, bucket, accumulated,
    )  # fmt: skip


def transfers_hash(salt: bytes, position: int, transfers: Sequence[Transfer]) -> bytes:
    """What one row of a batch moved, as its leaf holds it.

    It differs with the position, so that one row's hash tells nothing of another one that moved the same.
    """
    text = str(position)
    for _, debited, credited, amount, debit_after, credit_after, debit, credit, _, _, leg, _, accumulated in transfers:
        text += (
            f"|{leg}|{debited}|{credited}|{amount}|{'~' if debit_after is None else debit_after}"
            f"|{'~' if credit_after is None else credit_after}|{'~' if debit is None else debit}"
            f"|{'~' if credit is None else credit}{'|accumulated' if accumulated else ''}"
        )
    return sha256(salt + text.encode()).digest()
