"""Finding a transaction by what somebody has of it: its message id, with or without the institution, or its number."""

import re
from datetime import date
from typing import NamedTuple

from app.database import Connection
from app.parties.agency import AGENCY
from app.settlement.messages import MessageKey, message_key
from app.settlement.records import Settlement
from app.settlement.register import Place, find_settlement, read_settlements

#: Without the institution's code a message id is tried with each; beyond so many it must be told.
INSTITUTIONS_MAX = 20_000

_SETTLEMENT_ID = re.compile(r"(\d{4})(\d{2})(\d{2})(\d{16})(\d{4})")

_INSTITUTIONS = "SELECT institution FROM parties.institutions LIMIT $1"
_TAKEN = """
SELECT wanted.message_key
FROM unnest($1::bytea[]) AS wanted (message_key)
JOIN LATERAL (
    SELECT FROM settlement.message_keys AS k WHERE k.message_key = wanted.message_key LIMIT 1
) AS taken ON true
"""
_READ_INSTITUTION = """
SELECT institution, kind, state, bank, name, payee_account <> '' AS has_account
FROM parties.institutions
WHERE institution = $1
"""


class Institution(NamedTuple):
    institution: str
    kind: str
    state: str
    bank: str
    name: str
    has_account: bool


async def find_by_id(connection: Connection, settlement_id: str) -> Settlement | None:
    """None where it is no settlement's, or that was archived with its day."""
    found = _SETTLEMENT_ID.fullmatch(settlement_id)
    if found is None:
        return None
    year, month, day, batch_id, position = map(int, found.groups())
    try:
        place = Place(batch_id, date(year, month, day), position)
    except ValueError:
        return None
    if batch_id >= 2**63 or position >= 2**15:
        return None
    recorded = (await read_settlements(connection, [place])).get(place)
    return None if recorded is None else recorded.row


async def find_by_message(connection: Connection, message_id: str, institution: str | None) -> list[Settlement]:
    """Of all institutions where none is named; a message id is one institution's own."""
    if institution is not None:
        keys = [message_key(institution, message_id)]
    else:
        codes = [code for (code,) in await connection.fetch(_INSTITUTIONS, INSTITUTIONS_MAX)]
        wanted = [message_key(code, message_id) for code in (AGENCY, *codes)]
        keys = [MessageKey(key) for (key,) in await connection.fetch(_TAKEN, wanted)]
    found = [await find_settlement(connection, key) for key in keys]
    return [recorded.row for recorded in found if recorded is not None]


async def read_institution(connection: Connection, institution: str) -> Institution | None:
    row = await connection.fetchrow(_READ_INSTITUTION, institution)
    return None if row is None else Institution(*row)
