"""An account's entries with the settlements that caused them."""

from typing import NamedTuple

from app.database import Connection
from app.ledger.history import Entry, Order, read_entries
from app.settlement.records import Settlement
from app.settlement.register import Place, read_settlements


class Line(NamedTuple):
    """An entry and its settlement, None where that was archived with its day."""

    entry: Entry
    settlement: Settlement | None


class Statement(NamedTuple):
    lines: list[Line]
    cursor: int | None


async def read_statement(
    connection: Connection, account_id: int, *, order: Order, cursor: int | None, limit: int
) -> Statement:
    page = await read_entries(connection, account_id, order=order, cursor=cursor, limit=limit)
    places = [Place(entry.batch_id, entry.business_day, entry.position) for entry in page.entries]
    recorded = await read_settlements(connection, list(dict.fromkeys(places)))
    found = {place: each.row for place, each in recorded.items()}
    return Statement(
        [Line(entry, found.get(place)) for entry, place in zip(page.entries, places, strict=True)], page.cursor
    )
