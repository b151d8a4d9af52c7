"""The same file as Parquet: columns person_no, amount and kind, the header in the key-value metadata."""

from hashlib import sha256
from typing import IO, Any

from app.errors import UsageError
from app.funding.contribution_file import Header, SortedLines, compare, invalid, read_header

#: The keys of the metadata, in the order of the CSV header.
METADATA = ("medsettle.file_no", "medsettle.month", "medsettle.line_count", "medsettle.total")
_BATCH_ROWS = 16_384
_READ_BYTES = 1 << 20


def sort_parquet(source: IO[bytes], lines: SortedLines) -> tuple[Header, bytes]:
    """Sort the rows of a Parquet file; returns its header and the digest of all its bytes.

    Raises Refused with what is wrong with it, UsageError where pyarrow is not installed.
    """
    try:
        import pyarrow as pa  # type: ignore[import-untyped]
        import pyarrow.parquet as pq  # type: ignore[import-untyped]
    except ImportError as error:
        raise UsageError("Parquet files need pyarrow: pip install 'medsettle[archive]', or send CSV.") from error
    digest = sha256()
    while block := source.read(_READ_BYTES):
        digest.update(block)
    source.seek(0)
    try:
        parquet = pq.ParquetFile(source, buffer_size=_READ_BYTES, pre_buffer=False)
        header = _header(parquet)
        for batch in parquet.iter_batches(_BATCH_ROWS, columns=["person_no", "amount", "kind"], use_threads=False):
            lines.take(_as_lines(batch))
    except (pa.ArrowException, OSError) as error:
        raise invalid(f"Not a readable Parquet file ({type(error).__name__}).") from error
    compare("header", header.totals, lines.totals)
    return header, digest.digest()


def _header(parquet: Any) -> Header:
    import pyarrow as pa

    schema = parquet.schema_arrow
    wanted = {
        "person_no": (pa.string(), pa.large_string()),
        "amount": (pa.int64(),),
        "kind": (pa.string(), pa.large_string()),
    }
    for column, types in wanted.items():
        place = schema.get_field_index(column)
        if place < 0 or schema.field(place).type not in types:
            raise invalid(f"There is no column {column} of the type {types[0]}.")
    metadata = parquet.metadata.metadata or {}
    missing = [key for key in METADATA if key.encode() not in metadata]
    if missing:
        raise invalid(f"The file's metadata has no {missing[0]}.")
    return read_header(*(metadata[key.encode()].decode(errors="replace") for key in METADATA))


def _as_lines(batch: Any) -> list[bytes]:
    """Rows as the lines of a CSV file. A comma inside a text becomes another mark that no field may hold either."""
    import pyarrow as pa
    import pyarrow.compute as pc  # type: ignore[import-untyped]

    person_no, kind = (
        pc.replace_substring(batch.column(name).cast(pa.string()), ",", "?") for name in ("person_no", "kind")
    )
    amount = batch.column("amount").cast(pa.string())
    joined = pc.binary_join_element_wise(person_no, amount, kind, ",", null_handling="replace", null_replacement="")
    lines: list[bytes] = joined.cast(pa.binary()).to_pylist()
    return lines
