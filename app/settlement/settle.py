"""The one posting path: a batch of messages in, one transaction, an answer a message out.

Kafka, HTTP and file loads all end here. Read this file first.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime

from app.database import Connection, Pool, Remedy, remedy, transaction
from app.errors import DatabaseUnavailable
from app.ledger import journal
from app.ledger.accounts import Accounts, lock_accounts
from app.ledger.journal import DayClosed, OpenBatch
from app.settlement.batch import assemble
from app.settlement.books import Books
from app.settlement.messages import Message, MessageKey, message_key, original_key
from app.settlement.records import Answer
from app.settlement.register import Registers, read_registers
from app.settlement.rules import RuleBook, Rules
from app.settlement.surroundings import Touched, read_recorded, read_surroundings, read_touched
from app.settlement.writing import write

_RACES_MAX = 20


class Settled:
    """The answers of a batch in message order, and the journal batch that recorded the new ones, if any was new."""

    __slots__ = ("answers", "batch_id")

    def __init__(self, answers: Sequence[Answer], batch_id: int | None) -> None:
        self.answers = answers
        self.batch_id = batch_id


async def settle(pool: Pool, messages: Sequence[Message], *, rules: RuleBook) -> Settled:
    """Settle messages in order, once each, in one transaction; on return they are durable.

    A batch that loses a race against another one runs again. Raises DatabaseUnavailable when Postgres is away
    (nothing may be concluded: send the batch again) and asyncpg.PostgresError when it refuses the rows.
    """
    for _ in range(_RACES_MAX):
        try:
            async with transaction(pool) as connection:
                return await _settle_once(connection, messages, rules)
        except DayClosed:
            rules.forget()
        except Exception as error:
            if remedy(error) is not Remedy.AGAIN:
                raise
    raise DatabaseUnavailable(f"The batch lost {_RACES_MAX} races against other batches.")


async def _settle_once(connection: Connection, messages: Sequence[Message], rules: RuleBook) -> Settled:
    keys, originals = _keys_of(messages)
    touched = await read_touched(connection, messages, originals)
    accounts = await _accounts(connection, messages, touched, lock=True)
    registers = await read_registers(connection, messages, [*keys, *originals] if originals else keys)
    in_force = await rules.read(connection)
    opened = await journal.open_batch(connection, in_force.days)
    books = _open_books(in_force, opened.business_day, opened.settled_at, accounts, registers, originals)
    await read_recorded(connection, books, registers)
    await read_surroundings(connection, books, messages, touched, registers)
    batch = assemble(messages, keys, books, opened)
    if not batch.settlements:
        return Settled(batch.answers, None)
    await write(connection, batch)
    await journal.close_batch(connection, opened, batch.leaves)
    return Settled(batch.answers, opened.batch_id)


async def quote(pool: Pool, message: Message, *, rules: RuleBook) -> Answer:
    """What settling a message now would come to. Nothing is locked and nothing is recorded.

    Raises DatabaseUnavailable.
    """
    for _ in range(_RACES_MAX):
        try:
            async with transaction(pool) as connection:
                return await _quote_once(connection, message, rules)
        except Exception as error:
            if remedy(error) is not Remedy.AGAIN:
                raise
    raise DatabaseUnavailable(f"The quote lost {_RACES_MAX} races against batches.")


async def _quote_once(connection: Connection, message: Message, rules: RuleBook) -> Answer:
    keys, originals = _keys_of([message])
    touched = await read_touched(connection, [message], originals)
    accounts = await _accounts(connection, [message], touched, lock=False)
    registers = await read_registers(connection, [message], [*keys, *originals])
    in_force = await rules.read(connection)
    now = datetime.now(UTC)
    books = _open_books(in_force, in_force.days.open_at(now), now, accounts, registers, originals)
    await read_recorded(connection, books, registers)
    await read_surroundings(connection, books, [message], touched, registers)
    unrecorded = OpenBatch(0, b"", now, books.business_day)
    [answer] = assemble([message], keys, books, unrecorded).answers
    return answer


def _keys_of(messages: Sequence[Message]) -> tuple[list[MessageKey], set[MessageKey]]:
    """The keys of the messages, and those of the originals that they name."""
    keys = [message_key(message.institution, message.message_id) for message in messages]
    originals = {original_key(message) for message in messages if message.original_message_id is not None}
    return keys, {key for key in originals if key is not None}


async def _accounts(connection: Connection, messages: Sequence[Message], touched: Touched, *, lock: bool) -> Accounts:
    persons = touched.persons | {message.person_no for message in messages}
    return await lock_accounts(connection, persons, touched.debit_owners, lock=lock)


def _open_books(
    rules: Rules, today: date, now: datetime, accounts: Accounts, registers: Registers, originals: set[MessageKey]
) -> Books:
    return Books(
        business_day=today,
        now=now,
        rules=rules.at(now),
        personal=accounts.personal,
        debit=accounts.debit,
        cards=registers.cards,
        institutions=registers.institutions,
        originals=originals,
    )
