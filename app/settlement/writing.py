"""The rows of a decided batch go into the database, in the caller's transaction."""

from msgspec.structs import astuple

from app.database import Connection, LostRace
from app.ledger.posting import post
from app.parties.activation import record_activations
from app.settlement.batch import Batch, HoldEntry, KeyRow
from app.settlement.records import Settlement

_WRITE_HOLDS = """
INSERT INTO settlement.holds (message_key, account_id, bucket, amount, held, expires_at, state)
SELECT * FROM unnest(
    $1::bytea[], $2::bigint[], $3::smallint[], $4::bigint[], $5::bigint[], $6::timestamptz[], $7::text[]
)
ON CONFLICT (message_key) DO UPDATE SET held = EXCLUDED.held, state = EXCLUDED.state
"""
# An array of arrays cannot be unnested by one level, so each row's parts come as one text.
_WRITE_RETURNS = """
INSERT INTO settlement.returns (message_key, amount, returned, by_part, is_reversed)
SELECT message_key, amount, returned, string_to_array(by_part, ',')::bigint[], is_reversed
FROM unnest($1::bytea[], $2::bigint[], $3::bigint[], $4::text[], $5::boolean[])
    AS r (message_key, amount, returned, by_part, is_reversed)
ON CONFLICT (message_key) DO UPDATE
SET returned = EXCLUDED.returned, by_part = EXCLUDED.by_part, is_reversed = EXCLUDED.is_reversed
"""
_WRITE_PHARMACY_DAYS = """
INSERT INTO settlement.pharmacy_days (account_id, business_day, paid, payments)
SELECT account_id, $2, paid, payments
FROM unnest($1::bigint[], $3::bigint[], $4::integer[]) AS d (account_id, paid, payments)
ON CONFLICT (account_id, business_day) DO UPDATE SET paid = EXCLUDED.paid, payments = EXCLUDED.payments
"""
# The accounts do not keep batches apart that send one late message under different persons: its tombstone does, locked
# in one order.
_LOCK_TOMBSTONES = """
SELECT message_key FROM settlement.tombstones WHERE message_key = ANY ($1::bytea[]) ORDER BY message_key FOR UPDATE
"""
_WRITE_LATE = """
UPDATE settlement.tombstones AS t
SET late_batch_id = l.batch_id, late_business_day = l.business_day, late_position = l.position
FROM unnest($1::bytea[], $2::bigint[], $3::date[], $4::smallint[]) AS l (message_key, batch_id, business_day, position)
WHERE t.message_key = l.message_key AND t.late_batch_id IS NULL
RETURNING t.message_key
"""


async def write(connection: Connection, batch: Batch) -> None:
    """Raises LostRace where another batch recorded the same late message."""
    # Plain tuples: the driver takes their items at once, and those of a NamedTuple by a call each.
    await connection.copy_records_to_table(
        "message_keys", schema_name="settlement", columns=KeyRow._fields, records=map(tuple, batch.keys)
    )
    await connection.copy_records_to_table(
        "settlements",
        schema_name="settlement",
        columns=Settlement.__struct_fields__,
        records=map(astuple, batch.settlements),
    )
    await post(connection, batch.transfers, list(batch.changed.values()))
    if batch.activations:
        await record_activations(connection, batch.activations)
    if batch.hold_entries:
        await _write_holds(connection, batch)
    if batch.returns:
        await _write_returns(connection, batch)
    if batch.pharmacy_days:
        await _write_pharmacy_days(connection, batch)
    if batch.tombstones or batch.late:
        await _write_tombstones(connection, batch)


async def _write_holds(connection: Connection, batch: Batch) -> None:
    holds = batch.holds.values()
    await connection.execute(
        _WRITE_HOLDS,
        [each.message_key for each in holds],
        [each.account_id for each in holds],
        [each.bucket for each in holds],
        [each.amount for each in holds],
        [each.held for each in holds],
        [each.expires_at for each in holds],
        [each.state for each in holds],
    )
    await connection.copy_records_to_table(
        "hold_entries", schema_name="settlement", columns=HoldEntry._fields, records=batch.hold_entries
    )


async def _write_returns(connection: Connection, batch: Batch) -> None:
    returns = batch.returns.values()
    await connection.execute(
        _WRITE_RETURNS,
        [each.message_key for each in returns],
        [each.amount for each in returns],
        [each.returned for each in returns],
        [",".join(map(str, each.by_part)) for each in returns],
        [each.is_reversed for each in returns],
    )


async def _write_pharmacy_days(connection: Connection, batch: Batch) -> None:
    days = batch.pharmacy_days.values()
    await connection.execute(
        _WRITE_PHARMACY_DAYS,
        [each.account_id for each in days],
        batch.settlements[0].business_day,
        [each.paid for each in days],
        [each.payments for each in days],
    )


async def _write_tombstones(connection: Connection, batch: Batch) -> None:
    if batch.tombstones:
        await connection.execute(
            "INSERT INTO settlement.tombstones (message_key) SELECT * FROM unnest($1::bytea[])", list(batch.tombstones)
        )
    if batch.late:
        late = batch.late.values()
        await connection.execute(_LOCK_TOMBSTONES, list(batch.late))
        written = await connection.fetch(
            _WRITE_LATE,
            list(batch.late),
            [each.batch_id for each in late],
            [each.business_day for each in late],
            [each.position for each in late],
        )
        if len(written) < len(late):
            raise LostRace
