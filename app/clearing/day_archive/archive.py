"""Sealed days as files: made, proved and brought back.

    DIRECTORY/2026-11-24/  settlements.parquet, transfers.parquet, batches.parquet, bookings.parquet, feed.parquet,
                           manifest.json

An archive is made in a folder of another name, read back, and only then given its own; what it hashes to stands in the
database. Bringing a day back is one transaction. Either may be killed anywhere and run again.
"""

import os
import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import file_digest, sha256
from pathlib import Path
from typing import Any, NamedTuple

import orjson

from app.clearing.day_archive.tables import (
    TABLES,
    Digest,
    Table,
    columns_in,
    columns_of,
    read_file,
    rows_of_day,
    schema_of,
    write_file,
)
from app.clearing.seal import BATCHES_OF_DAYS
from app.database import Connection
from app.errors import UsageError
from app.failpoints import reach
from app.progress import Progress, unseen

MANIFEST = "manifest.json"
_SEAL = "SELECT batches_root, day_hash FROM clearing.seals WHERE business_day = $1"
_ROOT = BATCHES_OF_DAYS.format("business_day = $1")
_UNPUBLISHED = "SELECT EXISTS (SELECT FROM ledger.batches WHERE business_day = $1 AND published_at IS NULL)"
_RECORD = """
INSERT INTO clearing.archives (business_day, manifest_sha256, archived_by) VALUES ($1, $2, $3)
ON CONFLICT (business_day) DO NOTHING
"""
_RECORDED = "SELECT manifest_sha256 FROM clearing.archives WHERE business_day = $1"
_LIST = """
SELECT business_day, manifest_sha256, archived_by, archived_at FROM clearing.archives ORDER BY business_day
"""


class Archived(NamedTuple):
    """A row of clearing.archives."""

    business_day: date
    manifest_sha256: bytes
    archived_by: str
    archived_at: datetime


async def list_archives(connection: Connection) -> list[Archived]:
    return [Archived(*row) for row in await connection.fetch(_LIST)]


async def create(
    connection: Connection, day: date, directory: Path, *, operator: str, progress: Progress = unseen
) -> dict[str, Any]:
    """Write the files of a sealed day, prove them by reading them back, and record them; returns the manifest.

    Again it proves what is there. Raises UsageError: the day is not sealed, not told to Kafka yet, or does not come to
    the hash that it was sealed with; or an archive is there that is not as it was made.
    """
    folder = directory / f"{day}"
    if not folder.exists():
        making = directory / f".{day}.making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(mode=0o700, parents=True)
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            await _write(connection, day, making, progress)
        reach("archive.written")
        wrong = list(_misread(making))
        if wrong:
            raise UsageError(f"The archive does not read back as it was written: {wrong[0]}.")
        making.rename(folder)
        _sync(directory)
        reach("archive.named")
    else:
        wrong = await verify(connection, day, directory, is_recorded=False)
        if wrong:
            raise UsageError(f"{folder} is not what this day's archive would be: {wrong[0]}.")
    content = (folder / MANIFEST).read_bytes()
    await connection.execute(_RECORD, day, sha256(content).digest(), operator)
    manifest: dict[str, Any] = orjson.loads(content)
    return manifest


async def _write(connection: Connection, day: date, folder: Path, progress: Progress) -> None:
    seal = await connection.fetchrow(_SEAL, day)
    if seal is None:
        raise UsageError(f"{day} is not sealed: only what can change no more is archived.")
    if await connection.fetchval(_UNPUBLISHED, day):
        raise UsageError(f"Outcomes of {day} are not told yet: archive it when they are.")
    found = await connection.fetchrow(_ROOT, day)
    if seal["batches_root"] != (sha256(b"").digest() if found is None else found["batches_root"]):
        raise UsageError(f"{day} is not what it was sealed as: run `medsettle verify`.")
    tables = {}
    for done, table in enumerate(TABLES, start=1):
        columns = await columns_of(connection, table)
        digest = Digest(list(columns), table.sums)
        path = folder / table.file
        await write_file(path, schema_of(columns), rows_of_day(connection, table, list(columns), day), digest)
        _sync(path)
        tables[table.name] = {
            "file": table.file,
            "sha256": _hash_of(path),
            "size": path.stat().st_size,
            **digest.told(),
        }
        progress(f"archive {day}", done, len(TABLES))
    manifest = {
        "format": 1,
        "business_day": f"{day}",
        "batches_root": seal["batches_root"].hex(),
        "day_hash": seal["day_hash"].hex(),
        "made_at": datetime.now(UTC).isoformat(),
        "tables": tables,
    }
    path = folder / MANIFEST
    path.write_bytes(orjson.dumps(manifest, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    _sync(path)
    _sync(folder)


async def verify(connection: Connection, day: date, directory: Path, *, is_recorded: bool = True) -> list[str]:
    """What is wrong with an archive: its files, its record, the seal of its day, or rows that the database has of it.

    A table of which the database has no row of the day any more is no fault: `restore` brings it back.
    """
    folder = directory / f"{day}"
    wrong = list(_misread(folder))
    if wrong:
        return wrong
    content = (folder / MANIFEST).read_bytes()
    manifest = orjson.loads(content)
    recorded = await connection.fetchval(_RECORDED, day)
    if is_recorded and recorded is None:
        wrong.append("the database knows of no archive of this day")
    if recorded is not None and recorded != sha256(content).digest():
        wrong.append(f"{MANIFEST} is not the one that was recorded")
    wrong += await _against_seal(connection, day, folder, manifest)
    async with connection.transaction(isolation="repeatable_read", readonly=True):
        for table in TABLES:
            there = (await _digest_there(connection, table, day, columns_in(folder / table.file))).told()
            told = manifest["tables"][table.name]
            if there["rows"] and there != {name: told[name] for name in there}:
                wrong.append(f"{table.schema}.{table.name} has other rows of {day} than {table.file}")
    return wrong


async def _against_seal(connection: Connection, day: date, folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    seal = await connection.fetchrow(_SEAL, day)
    if seal is None:
        return iter([f"{day} is not sealed in this database"])
    wrong = []
    if (seal["batches_root"].hex(), seal["day_hash"].hex()) != (manifest["batches_root"], manifest["day_hash"]):
        wrong.append(f"{MANIFEST} has other hashes than the seal of {day}")
    path = folder / "batches.parquet"
    place = columns_in(path).index("chain_hash")
    chain = b"".join([row[place] for rows in read_file(path) for row in rows])
    if sha256(chain).digest() != seal["batches_root"]:
        wrong.append("batches.parquet does not make the hash that the day was sealed with")
    return iter(wrong)


def _misread(folder: Path) -> Iterator[str]:
    """What of the files is not as the manifest says, by reading all of them."""
    try:
        manifest = orjson.loads((folder / MANIFEST).read_bytes())
        for table in TABLES:
            told, path = manifest["tables"][table.name], folder / table.file
            if (path.stat().st_size, _hash_of(path)) != (told["size"], told["sha256"]):
                yield f"{table.file} is not the file of its sha256"
                continue
            digest = Digest(columns_in(path), table.sums)
            for rows in read_file(path):
                digest.add(rows)
            if digest.told() != {name: told[name] for name in digest.told()}:
                yield f"{table.file} has other rows, or sums, than {MANIFEST} says"
    except (OSError, ValueError, KeyError, TypeError) as error:
        yield f"{folder} cannot be read: {type(error).__name__}"


async def restore(connection: Connection, day: date, directory: Path, *, progress: Progress = unseen) -> dict[str, int]:
    """Bring back what the database has not of a day, in one transaction; rows that came back, by table.

    Tables that have the day's rows are left alone. Raises UsageError where the archive or rows that are there are not
    as they were; nothing is changed then.
    """
    wrong = await verify(connection, day, directory)
    if wrong:
        raise UsageError(f"Nothing is restored: {wrong[0]}.")
    folder = directory / f"{day}"
    manifest = orjson.loads((folder / MANIFEST).read_bytes())
    brought = {}
    async with connection.transaction():
        await connection.execute("SELECT settlement.prepare_day($1)", day)
        for done, table in enumerate(TABLES, start=1):
            brought[table.name] = await _restore_table(connection, table, day, folder, manifest["tables"][table.name])
            progress(f"restore {day}", done, len(TABLES))
        reach("archive.loaded")
    return brought


async def _restore_table(connection: Connection, table: Table, day: date, folder: Path, told: dict[str, Any]) -> int:
    path = folder / table.file
    columns = columns_in(path)
    if (await _digest_there(connection, table, day, columns)).rows:
        return 0
    for rows in read_file(path):
        await connection.copy_records_to_table(table.name, schema_name=table.schema, columns=columns, records=rows)
    there = (await _digest_there(connection, table, day, columns)).told()
    if there != {name: told[name] for name in there}:
        raise UsageError(f"Nothing is restored: {table.schema}.{table.name} did not come out as {table.file}.")
    return int(told["rows"])


async def _digest_there(connection: Connection, table: Table, day: date, columns: list[str]) -> Digest:
    digest = Digest(columns, table.sums)
    async for rows in rows_of_day(connection, table, columns, day):
        digest.add(rows)
    return digest


def _hash_of(path: Path) -> str:
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """What was written to a file or folder survives a power cut from here on."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
