"""The two forms of transaction details. `docs/contract/settlement-file.md` tells institutions and banks."""

import csv
import io
import zlib
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final, NamedTuple, Protocol

from app.errors import UsageError

#: Gzip's own header, with no time in it.
_GZIP: Final = 31
_GZIP_LEVEL: Final = 6
_ROWS_A_GROUP: Final = 50_000


class DetailHead(NamedTuple):
    business_day: date
    institution: str
    day_hash: bytes


class DetailRow(NamedTuple):
    """amount: fen; below 0 it went back from the institution."""

    settlement_id: str
    message_id: str
    kind: str
    settled_at: datetime
    insurance_type: str
    clearing_type: str
    amount: int


class DetailForm(Protocol):
    """Makes the bytes of one file: `rows` for all of its rows in turn, once `closing`."""

    def rows(self, rows: Sequence[DetailRow]) -> bytes: ...

    def closing(self) -> bytes: ...


def form_of(kind: str, head: DetailHead) -> DetailForm:
    return _ParquetForm(head) if kind == "detail_parquet" else _CsvForm()


class _CsvForm:
    """A line with the names of the columns, then a line a row, packed by gzip."""

    def __init__(self) -> None:
        self._packer = zlib.compressobj(_GZIP_LEVEL, zlib.DEFLATED, _GZIP)
        self._lines = io.StringIO(newline="")
        self._writer = csv.writer(self._lines, lineterminator="\n")
        self._writer.writerow(DetailRow._fields)

    def rows(self, rows: Sequence[DetailRow]) -> bytes:
        self._writer.writerows(rows)
        return self._packer.compress(self._taken())

    def closing(self) -> bytes:
        return self._packer.compress(self._taken()) + self._packer.flush()

    def _taken(self) -> bytes:
        taken = self._lines.getvalue().encode()
        self._lines.seek(0)
        self._lines.truncate()
        return taken


class _ParquetForm:
    """The same rows; day, institution and the day's hash stand in the metadata."""

    def __init__(self, head: DetailHead) -> None:
        try:
            import pyarrow as pa  # type: ignore[import-untyped]
            import pyarrow.parquet as pq  # type: ignore[import-untyped]
        except ImportError as error:
            raise UsageError("Parquet files need pyarrow: pip install 'medsettle[archive]'.") from error
        text = pa.string()
        columns = [text, text, text, pa.timestamp("us", "Asia/Shanghai"), text, text, pa.int64()]
        self._schema = pa.schema(
            list(zip(DetailRow._fields, columns, strict=True)),
            metadata={
                "medsettle.business_day": str(head.business_day),
                "medsettle.institution": head.institution,
                "medsettle.day_hash": head.day_hash.hex(),
            },
        )
        self._bytes = _Bytes()
        self._writer = pq.ParquetWriter(self._bytes, self._schema, compression="zstd")
        self._waiting: list[DetailRow] = []
        self._table: Any = pa.Table

    def rows(self, rows: Sequence[DetailRow]) -> bytes:
        self._waiting += rows
        if len(self._waiting) >= _ROWS_A_GROUP:
            self._write_group()
        return self._bytes.taken()

    def closing(self) -> bytes:
        if self._waiting:
            self._write_group()
        self._writer.close()
        return self._bytes.taken()

    def _write_group(self) -> None:
        columns = list(zip(*self._waiting, strict=True))
        self._writer.write_table(self._table.from_arrays(self._arrays(columns), schema=self._schema))
        self._waiting = []

    def _arrays(self, columns: list[Any]) -> list[Any]:
        import pyarrow as pa

        return [pa.array(column, field.type) for column, field in zip(columns, self._schema, strict=True)]


class _Bytes(io.RawIOBase):
    """A file that is only written, whose bytes are taken off it."""

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._at = 0

    def writable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def write(self, content: Any) -> int:
        self._waiting += content
        size = memoryview(content).nbytes
        self._at += size
        return size

    def taken(self) -> bytes:
        taken = bytes(self._waiting)
        self._waiting.clear()
        return taken
