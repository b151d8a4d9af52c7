"""What stands registered for a batch before it is decided: cards, institutions, keys already taken.

Read it after the accounts are locked: the statement then sees what the transactions before us left, a card reported
lost or a message taken.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.parties.card_check import RegisteredCard
from app.settlement.decide import Registered, RegisteredInstitution
from app.settlement.messages import Message, MessageKey
from app.settlement.records import Recorded, Settlement

# What is there, each once; most keys are new and bring no row. LATERAL … LIMIT 1 keeps the registry a look-up by key in
# the one partition that the key hashes to, whatever the planner thinks of the tables' size.
_READ_REGISTERS = """
SELECT
    'card' AS what, c.card_no AS name, c.person_no, c.card_sn, c.state, c.kind, c.valid_to AS day,
    NULL::bigint AS number, NULL::smallint AS position
FROM unnest(string_to_array($1, '|')) AS wanted (card_no)
JOIN parties.cards AS c ON c.card_no = wanted.card_no
UNION ALL
SELECT 'institution', i.institution, NULL, NULL, i.state, i.kind, NULL, i.account_id, NULL
FROM unnest(string_to_array($2, '|')) AS wanted (institution)
JOIN parties.institutions AS i ON i.institution = wanted.institution
UNION ALL
SELECT 'key', wanted.message_key, NULL, NULL, NULL, NULL, taken.business_day, taken.batch_id, taken.position
FROM unnest(string_to_array($3, '|')) AS wanted (message_key)
JOIN LATERAL (
    SELECT k.batch_id, k.business_day, k.position
    FROM settlement.message_keys AS k
    WHERE k.message_key = decode(wanted.message_key, 'hex')
    LIMIT 1
) AS taken ON true
"""

_READ_SETTLEMENTS = f"""
SELECT b.settled_at, {", ".join(f"s.{column}" for column in Settlement._fields)}
FROM unnest($1::bigint[], $2::date[], $3::smallint[]) AS place (batch_id, business_day, position)
JOIN settlement.settlements AS s USING (batch_id, business_day, position)
JOIN ledger.batches AS b USING (batch_id)
"""  # noqa: S608


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

    def of(self, message: Message) -> Registered:
        institution = self.institutions.get(message.institution)
        if message.card is None or message.card.card_no is None:
            return Registered(institution)
        card = self.cards.get(message.card.card_no)
        if message.old_card is None:
            return Registered(institution, card)
        old_card = self.cards.get(message.old_card.card_no)
        if old_card is not None and message.old_card.card_sn not in (None, old_card.card_sn):
            old_card = None
        return Registered(institution, card, old_card)


async def read_registers(connection: Connection, messages: Sequence[Message], keys: Sequence[MessageKey]) -> Registers:
    rows = await connection.fetch(
        _READ_REGISTERS,
        "|".join(_cards_of(messages)),
        "|".join({message.institution for message in messages}),
        "|".join([key.hex() for key in keys]),
    )
    registers = Registers({}, {}, {})
    for what, name, person_no, card_sn, state, kind, day, number, position in rows:
        if what == "card":
            registers.cards[name] = RegisteredCard(name, person_no, card_sn, state, day, kind)
        elif what == "institution":
            registers.institutions[name] = RegisteredInstitution(number, kind, state)
        else:
            registers.taken[MessageKey(bytes.fromhex(name))] = Place(number, day, position)
    return registers


def _cards_of(messages: Sequence[Message]) -> set[str]:
    cards = {message.card.card_no for message in messages if message.card is not None and message.card.card_no}
    return cards | {message.old_card.card_no for message in messages if message.old_card is not None}


async def read_settlements(connection: Connection, places: Sequence[Place]) -> dict[Place, Recorded]:
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
    row = await connection.fetchrow(
        "SELECT batch_id, business_day, position FROM settlement.message_keys WHERE message_key = $1", message_key
    )
    if row is None:
        return None
    place = Place(*row)
    return (await read_settlements(connection, [place])).get(place)
