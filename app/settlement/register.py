"""What stands registered for a batch before it is decided: cards, institutions, keys already taken.

Read it after the accounts are locked: the statement then sees what the transactions before us left, a card reported
lost or a message taken. What only some batches need stands in `app.settlement.surroundings`.
"""

from collections.abc import Collection, Sequence
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.parties.card_check import RegisteredCard
from app.settlement.books import RegisteredInstitution
from app.settlement.messages import Message, MessageKey
from app.settlement.records import Recorded, Settlement

# What is there, each once; most keys are new and bring no row. LATERAL … LIMIT 1 keeps the registry a look-up by key in
# the one partition that the key hashes to, whatever the planner thinks of the tables' size.
_READ_REGISTERS = """
SELECT
    'card' AS what, c.card_no AS name, c.person_no, c.card_sn, c.state, c.kind, c.valid_to AS day,
    NULL::bigint AS number, NULL::smallint AS position, c.bank, c.debit_application
FROM parties.cards AS c
WHERE c.card_no = ANY (string_to_array($1, '|'))
UNION ALL
SELECT 'institution', i.institution, NULL, NULL, i.state, i.kind, NULL, i.account_id, NULL, NULL, NULL
FROM parties.institutions AS i
WHERE i.institution = ANY (string_to_array($2, '|'))
UNION ALL
SELECT
    'key', wanted.message_key, NULL, NULL, NULL, NULL, taken.business_day, taken.batch_id, taken.position, NULL, NULL
FROM unnest(string_to_array($3, '|')) AS wanted (message_key)
JOIN LATERAL (
    SELECT k.batch_id, k.business_day, k.position
    FROM settlement.message_keys AS k
    WHERE k.message_key = decode(wanted.message_key, 'hex')
    LIMIT 1
) AS taken ON true
"""

_READ_SETTLEMENTS = f"""
SELECT b.settled_at, {", ".join(f"s.{column}" for column in Settlement.__struct_fields__)}
FROM unnest($1::bigint[], $2::date[], $3::smallint[]) AS place (batch_id, business_day, position)
JOIN settlement.settlements AS s USING (batch_id, business_day, position)
JOIN ledger.batches AS b USING (batch_id)
"""  # noqa: S608

# A message that was reversed before it came is found by the tombstone.
_FIND = """
SELECT
    coalesce(t.late_batch_id, k.batch_id), coalesce(t.late_business_day, k.business_day),
    coalesce(t.late_position, k.position)
FROM settlement.message_keys AS k
LEFT JOIN settlement.tombstones AS t ON t.message_key = k.message_key
WHERE k.message_key = $1 AND (t.message_key IS NULL OR t.late_batch_id IS NOT NULL)
"""


class Place(NamedTuple):
    """Where a settlement stands."""

    batch_id: int
    business_day: date
    position: int


class Registers(NamedTuple):
    """What stands registered for a batch: cards and institutions by number, and where keys were taken before."""

    cards: dict[str, RegisteredCard]
    institutions: dict[str, RegisteredInstitution]
    taken: dict[MessageKey, Place]


async def read_registers(
    connection: Connection, messages: Sequence[Message], keys: Collection[MessageKey]
) -> Registers:
    """Cards and institutions of the messages, and what is taken of `keys`."""
    rows = await connection.fetch(
        _READ_REGISTERS,
        "|".join(_cards_of(messages)),
        "|".join({message.institution for message in messages}),
        "|".join([key.hex() for key in keys]),
    )
    registers = Registers({}, {}, {})
    for what, name, person_no, card_sn, state, kind, day, number, position, bank, debit in rows:
        if what == "card":
            registers.cards[name] = RegisteredCard(name, person_no, card_sn, state, day, kind, bank, debit)
        elif what == "institution":
            registers.institutions[name] = RegisteredInstitution(number, kind, state)
        else:
            registers.taken[MessageKey(bytes.fromhex(name))] = Place(number, day, position)
    return registers


def _cards_of(messages: Sequence[Message]) -> set[str]:
    cards = {message.card.card_no for message in messages if message.card is not None and message.card.card_no}
    cards |= {message.old_card.card_no for message in messages if message.old_card is not None}
    return cards | {message.payee_card.card_no for message in messages if message.payee_card is not None}


async def read_settlements(connection: Connection, places: Collection[Place]) -> dict[Place, Recorded]:
    if not places:
        return {}
    rows = await connection.fetch(
        _READ_SETTLEMENTS,
        [place.batch_id for place in places],
        [place.business_day for place in places],
        [place.position for place in places],
    )
    recorded = (Recorded(Settlement(*row[1:]), row[0]) for row in rows)
    return {Place(r.row.batch_id, r.row.business_day, r.row.position): r for r in recorded}


async def find_settlement(connection: Connection, message_key: MessageKey) -> Recorded | None:
    row = await connection.fetchrow(_FIND, message_key)
    if row is None:
        return None
    place = Place(*row)
    return (await read_settlements(connection, [place])).get(place)
