"""Bookings: movements between derived accounts that no message caused, such as what an institution is paid out.

A booking is to its transfer what a settlement is to its own: it says why, and it is a leaf of its batch. A reference is
booked once for a purpose, for ever.
"""

from collections.abc import Sequence
from datetime import date
from hashlib import sha256
from typing import NamedTuple

from app.database import Connection
from app.ledger.business_days import BusinessDays
from app.ledger.journal import close_batch, open_batch
from app.ledger.posting import Transfer, post, transfer, transfers_hash


class Booking(NamedTuple):
    """`amount` fen out of one derived account and into another. `bucket`: where its rows lie."""

    purpose: str
    reference: str
    bucket: int
    payer: int
    payee: int
    amount: int


class _Row(NamedTuple):
    """One row of `ledger.bookings`."""

    batch_id: int
    business_day: date
    position: int
    bucket: int
    purpose: str
    reference: str


# No message waits to be told of it.
_TELL_NOBODY = "UPDATE ledger.batches SET published_at = settled_at WHERE batch_id = $1"


async def book(connection: Connection, bookings: Sequence[Booking], days: BusinessDays) -> int:
    """Book in one batch of the open day, in the caller's transaction; the batch's number.

    Raises DayClosed where the day was closed meanwhile, and asyncpg.UniqueViolationError where a reference is booked.
    """
    opened = await open_batch(connection, days)
    rows: list[_Row] = []
    transfers: list[Transfer] = []
    leaves: list[bytes] = []
    for position, each in enumerate(bookings):
        moved = transfer(opened, position, 0, each.bucket, each.payer, each.payee, each.amount, False)
        rows.append(_Row(opened.batch_id, opened.business_day, position, each.bucket, each.purpose, each.reference))
        transfers.append(moved)
        leaves.append(_leaf(each, transfers_hash(opened.salt, position, [moved]).hex()))
    await connection.copy_records_to_table(
        "bookings", schema_name="ledger", columns=_Row._fields, records=map(tuple, rows)
    )
    await post(connection, transfers, ())
    await close_batch(connection, opened, leaves)
    await connection.execute(_TELL_NOBODY, opened.batch_id)
    return opened.batch_id


def _leaf(booking: Booking, moved: str) -> bytes:
    return sha256(f"booking|{booking.purpose}|{booking.reference}|{booking.bucket}|{moved}".encode()).digest()
