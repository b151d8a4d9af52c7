"""What stands registered for a batch before it is decided: cards, institutions, keys already taken.

Read it after the accounts are locked: the statement then sees what the transactions before us left, a card reported
lost or a message taken.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.settlement.decide import Registered
from app.settlement.messages import NO_CARD, Message, MessageKey
from app.settlement.records import Recorded, Settlement

# One row a message, in the messages' order. LATERAL … LIMIT 1 keeps it a look-up by key in the one partition that
# the key hashes to, whatever the planner thinks of the tables' size.
_READ_REGISTERS = """
SELECT
    c.person_no AS card_person_no, c.card_sn, c.state AS card_state, c.valid_to,
    i.state AS institution_state, i.account_id AS institution_account,
    taken.batch_id, taken.business_day, taken.position
FROM unnest(string_to_array($1, '|'), string_to_array($2, '|'), string_to_array($3, '|'))
    WITH ORDINALITY AS m (card_no, institution, message_key, place)
LEFT JOIN parties.cards AS c ON c.card_no = m.card_no
LEFT JOIN parties.institutions AS i ON i.institution = m.institution
LEFT JOIN LATERAL (
    SELECT k.batch_id, k.business_day, k.position
    FROM settlement.message_keys AS k
    WHERE k.message_key = decode(m.message_key, 'hex')
    LIMIT 1
) AS taken ON true
ORDER BY m.place
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


async def read_registers(
    connection: Connection, messages: Sequence[Message], keys: Sequence[MessageKey]
) -> tuple[list[Registered], list[Place | None]]:
    """What stands registered for each message, and where its key was taken before, both in the messages' order."""
    rows = await connection.fetch(
        _READ_REGISTERS,
        "|".join([(message.card or NO_CARD).card_no or "" for message in messages]),
        "|".join([message.institution for message in messages]),
        "|".join([key.hex() for key in keys]),
    )
    registered = [Registered(row[0], row[1], row[2], row[3], row[4], row[5]) for row in rows]
    taken = [None if row[6] is None else Place(row[6], row[7], row[8]) for row in rows]
    return registered, taken


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
