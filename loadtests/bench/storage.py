"""Bytes on disk of what one settlement leaves behind, indexes and all."""

from dataclasses import dataclass

from app.installation import Installation

from loadtests.bench.site import pool_of

_TABLES = (
    "settlement.settlements",
    "ledger.transfers",
    "settlement.message_keys",
    "ledger.batches",
    "settlement.feed",
    "settlement.feed_days",
    "settlement.feed_heads",
)

_BYTES = """
SELECT sum(pg_total_relation_size(leaf.relid))::bigint
FROM pg_partition_tree($1::text::regclass) AS leaf
WHERE leaf.isleaf
"""


@dataclass(frozen=True, slots=True)
class Storage:
    settlements: int
    bytes_by_table: dict[str, int]

    @property
    def bytes_per_settlement(self) -> float:
        return sum(self.bytes_by_table.values()) / self.settlements


async def measure_storage(ledger: Installation) -> Storage:
    async with pool_of(ledger) as pool:
        by_table = {
            table: await pool.fetchval(_BYTES, table) or await pool.fetchval("SELECT pg_total_relation_size($1)", table)
            for table in _TABLES
        }
        # The journal knows how many rows its batches recorded; counting them one by one takes seconds.
        settlements = await pool.fetchval("SELECT sum(size)::bigint FROM ledger.batches")
    return Storage(settlements, by_table)
