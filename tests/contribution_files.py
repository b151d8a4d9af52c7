"""Contribution files as a sender would make them, and what is wrong with one on purpose."""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

Line = tuple[str, int | str, str]


def csv_bytes(
    lines: Sequence[Line],
    *,
    file_no: str = "F1",
    month: str = "2026-11",
    count: int | None = None,
    total: int | None = None,
) -> bytes:
    """A good file; count and total other than the true ones stand in its header and its trailer."""
    readable = [int(amount) for _, amount, _ in lines if str(amount).isdecimal() and len(str(amount)) <= 16]
    count = len(lines) if count is None else count
    total = sum(readable) if total is None else total
    body = "".join(f"{person_no},{amount},{kind}\n" for person_no, amount, kind in lines)
    return sealed(f"H,{file_no},{month},{count},{total}\n{body}".encode(), count, total)


def sealed(before: bytes, count: int, total: int) -> bytes:
    return before + f"T,{count},{total},{hashlib.sha256(before).hexdigest()}\n".encode()


def write_parquet(path: Path, lines: Sequence[tuple[Any, Any, Any]], **header: object) -> None:
    import pyarrow as pa  # type: ignore[import-untyped]
    import pyarrow.parquet as pq  # type: ignore[import-untyped]

    columns = [pa.array([line[0] for line in lines], pa.string()), pa.array([line[1] for line in lines], pa.int64())]
    columns.append(pa.array([line[2] for line in lines], pa.string()))
    said = {
        "file_no": "F1",
        "month": "2026-11",
        "line_count": len(lines),
        "total": sum(line[1] for line in lines if line[1] is not None and line[1] >= 0),
        **header,
    }
    metadata = {f"medsettle.{name}": str(value) for name, value in said.items()}
    table = pa.table(columns, names=["person_no", "amount", "kind"])
    pq.write_table(table.replace_schema_metadata(metadata), path, row_group_size=1_000)
