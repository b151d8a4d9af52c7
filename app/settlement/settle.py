"""The one posting path: a batch of messages in, one transaction, an answer a message out.

Kafka, HTTP and file loads all end here. Read this file first.
"""

from collections.abc import Mapping, Sequence

from app.database import Connection, Pool, Remedy, remedy, transaction
from app.errors import DatabaseUnavailable
from app.ledger import journal, posting
from app.ledger.accounts import lock_personal_accounts
from app.parties.activation import record_activations
from app.settlement import register
from app.settlement.batch import Answer, Batch, KeyRow, assemble
from app.settlement.messages import Message, MessageKey, message_key
from app.settlement.records import Recorded, Settlement
from app.settlement.rules import RuleBook

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
        except Exception as error:
            if remedy(error) is not Remedy.AGAIN:
                raise
    raise DatabaseUnavailable(f"The batch lost {_RACES_MAX} races against other batches.")


async def _settle_once(connection: Connection, messages: Sequence[Message], rules: RuleBook) -> Settled:
    keys = [message_key(message.institution, message.message_id) for message in messages]
    accounts = await lock_personal_accounts(connection, (message.person_no for message in messages))
    registers = await register.read_registers(connection, messages, keys)
    firsts = await _read_firsts(connection, registers.taken)
    in_force = await rules.read(connection)
    opened = await journal.open_batch(connection, in_force.cut_off)
    standings = [registers.of(message) for message in messages]
    batch = assemble(messages, keys, standings, firsts, accounts, in_force, opened)
    if not batch.settlements:
        return Settled(batch.answers, None)
    await _write(connection, batch)
    await journal.close_batch(connection, opened, batch.leaves)
    return Settled(batch.answers, opened.batch_id)


async def _read_firsts(
    connection: Connection, taken: Mapping[MessageKey, register.Place]
) -> dict[MessageKey, Recorded]:
    """What is stored under the keys that were taken before."""
    stored = await register.read_settlements(connection, list(taken.values()))
    return {key: stored[place] for key, place in taken.items()}


async def _write(connection: Connection, batch: Batch) -> None:
    await connection.copy_records_to_table(
        "message_keys", schema_name="settlement", columns=KeyRow._fields, records=batch.keys
    )
    await connection.copy_records_to_table(
        "settlements", schema_name="settlement", columns=Settlement._fields, records=batch.settlements
    )
    await posting.post(connection, batch.transfers, list(batch.changed.values()))
    if batch.activations:
        await record_activations(connection, batch.activations)
