"""What a person holds beside the personal account: cards, debit accounts at their banks, the pension account."""

from typing import NamedTuple

from app.database import Connection
from app.ledger.history import KeptAccount
from app.parties.cards import Card
from app.parties.records import PensionAccount


class DebitAccount(NamedTuple):
    bank: str
    account: KeptAccount


# Accounts by their owner, which is a bank and a person: an index look-up for each bank that the person has a card of.
_DEBIT_ACCOUNTS = """
SELECT held.bank, a.account_id, a.state, a.balance, a.held, a.accumulated, a.part_year, a.last_entry
FROM (SELECT DISTINCT bank FROM parties.cards WHERE person_no = $1 AND bank <> '') AS held
JOIN ledger.accounts AS a ON a.owner = held.bank || '/' || $1 AND a.kind = 'debit'
ORDER BY held.bank
"""
_CARDS = f"SELECT {', '.join(Card._fields)} FROM parties.cards WHERE person_no = $1 ORDER BY card_no"  # noqa: S608
_PENSION_ACCOUNT = "SELECT balance, as_of FROM parties.pension_accounts WHERE person_no = $1"


async def debit_accounts_of(connection: Connection, person_no: str) -> list[DebitAccount]:
    return [DebitAccount(bank, KeptAccount(*row)) for bank, *row in await connection.fetch(_DEBIT_ACCOUNTS, person_no)]


async def cards_of(connection: Connection, person_no: str) -> list[Card]:
    return [Card(*row) for row in await connection.fetch(_CARDS, person_no)]


async def pension_account_of(connection: Connection, person_no: str) -> PensionAccount | None:
    row = await connection.fetchrow(_PENSION_ACCOUNT, person_no)
    return None if row is None else PensionAccount(*row)
