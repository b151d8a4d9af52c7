"""What of a business day is archived, and how its rows stand in Parquet and under a digest."""

from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from datetime import date, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

from app.database import Connection
from app.errors import UsageError
from app.ledger.journal import epoch_us

_GROUP_ROWS = 20_000


class Table(NamedTuple):
    """order: makes the order of the rows of a day one and the same, always. sums: columns in fen."""

    name: str
    schema: str
    order: str
    sums: tuple[str, ...] = ()

    @property
    def file(self) -> str:
        return f"{self.name}.parquet"


#: Keys of messages are not among them: they stay for ever, whatever becomes of a day.
TABLES = (
    Table(
        "settlements",
        "settlement",
        "batch_id, position, bucket",
        ("amount", "account_paid", "mutual_aid_paid", "debit_paid", "cash_due"),
    ),
    Table("transfers", "ledger", "batch_id, position, leg, bucket", ("amount",)),
    Table("batches", "ledger", "batch_id"),
    Table("bookings", "ledger", "batch_id, position"),
    Table("feed", "settlement", "institution, last_no"),
)

_COLUMNS = """
SELECT attname, atttypid::regtype::text AS type
FROM pg_catalog.pg_attribute
WHERE attrelid = $1::text::regclass AND attnum > 0 AND NOT attisdropped
ORDER BY attnum
"""


class Digest:
    """Counts, sums in fen and a hash of rows in their order; equal for equal rows, wherever they were read."""

    def __init__(self, columns: Sequence[str], sums: Sequence[str]) -> None:
        self.rows = 0
        self.sums = dict.fromkeys(sums, 0)
        self._places = [(name, columns.index(name)) for name in sums]
        self._hash = sha256("|".join(columns).encode())

    def add(self, rows: Iterable[Sequence[Any]]) -> None:
        for row in rows:
            self.rows += 1
            for name, place in self._places:
                self.sums[name] += row[place]
            self._hash.update(repr([epoch_us(each) if isinstance(each, datetime) else each for each in row]).encode())

    def told(self) -> dict[str, Any]:
        """As a manifest has it."""
        return {"rows": self.rows, "sums": self.sums, "rows_sha256": self._hash.hexdigest()}


async def columns_of(connection: Connection, table: Table) -> dict[str, str]:
    """Types by name, in the order of the table."""
    rows = await connection.fetch(_COLUMNS, f"{table.schema}.{table.name}")
    return {row["attname"]: row["type"] for row in rows}


async def rows_of_day(
    connection: Connection, table: Table, columns: Sequence[str], day: date
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Groups of rows in their order, inside a transaction of the caller's."""
    query = (
        f"SELECT {', '.join(columns)} FROM {table.schema}.{table.name}"  # noqa: S608
        f" WHERE business_day = $1 ORDER BY {table.order}"
    )
    cursor = await connection.cursor(query, day)
    while rows := await cursor.fetch(_GROUP_ROWS):
        yield [tuple(row) for row in rows]


def schema_of(columns: dict[str, str]) -> Any:
    """The Arrow schema. Raises UsageError for a type that has no form here, or where pyarrow is not installed."""
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError("Archives need pyarrow: pip install 'medsettle[archive]'.") from error
    forms = {
        "bigint": pa.int64(), "integer": pa.int32(), "smallint": pa.int16(), "text": pa.string(), "boolean": pa.bool_(),
        "date": pa.date32(), "timestamp with time zone": pa.timestamp("us", tz="UTC"), "bytea": pa.binary(),
        "bigint[]": pa.list_(pa.int64()),
    }  # fmt: skip
    without = [f"{name} ({form})" for name, form in columns.items() if form not in forms]
    if without:
        raise UsageError(f"No form in Parquet is known for: {', '.join(without)}.")
    return pa.schema([(name, forms[form]) for name, form in columns.items()])


async def write_file(path: Path, schema: Any, groups: AsyncIterator[list[tuple[Any, ...]]], digest: Digest) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    with path.open("wb") as file, pq.ParquetWriter(file, schema, compression="zstd") as writer:
        async for rows in groups:
            digest.add(rows)
            arrays = [
                pa.array(values, field.type) for values, field in zip(zip(*rows, strict=True), schema, strict=True)
            ]
            writer.write_table(pa.Table.from_arrays(arrays, schema=schema))


def read_file(path: Path) -> Iterator[list[tuple[Any, ...]]]:
    """Groups of rows as they were written. Raises OSError and pyarrow's errors for what is no such file."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        for batch in file.iter_batches(_GROUP_ROWS):
            yield list(zip(*[column.to_pylist() for column in batch.columns], strict=True))


def columns_in(path: Path) -> list[str]:
    import pyarrow.parquet as pq

    return list(pq.read_schema(path).names)
