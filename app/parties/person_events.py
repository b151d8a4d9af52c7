"""The mutex of a person, and the record of which clerk changed what: names of fields, never what stands in them."""

from typing import Literal

from app.codes import Code
from app.database import Connection
from app.errors import Refused
from app.ledger.accounts import Account, lock_personal_accounts

_WRITE = "INSERT INTO parties.person_events (person_no, event, fields, actor) VALUES ($1, $2, $3, $4)"


async def locked_account(connection: Connection, person_no: str) -> Account:
    """The person's account, locked until the transaction ends. Raises Refused: person_unknown."""
    account = (await lock_personal_accounts(connection, [person_no])).get(person_no)
    if account is None:
        raise Refused(Code.PERSON_UNKNOWN, "No insured person has this number.")
    return account


async def write_person_event(
    connection: Connection, person_no: str, event: Literal["register", "change"], fields: str, operator: str
) -> None:
    await connection.execute(_WRITE, person_no, event, fields, operator)
