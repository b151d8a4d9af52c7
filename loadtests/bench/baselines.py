"""What the same server does without the service: pgbench's TPC-B, and COPY of the very rows that the service wrote."""

import asyncio
import os
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from signal import SIGINT
from urllib.parse import unquote, urlsplit

from app.database import Connection, connect
from app.embedded.cluster import pg_bin
from app.embedded.process import spawn
from app.errors import StackError
from app.installation import Installation
from app.settlement.records import Settlement

from loadtests.bench.site import Site

CLIENTS = (1, 16, 64)
COPY_CONNECTIONS = (1, 2)
COPY_ROWS = 1_000

_DATABASE = "pgbench"
_PGBENCH_SECONDS_MAX = 600
_TPS = re.compile(r"^tps = ([0-9.]+)", re.MULTILINE)

Row = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Tpcb:
    """Transactions a second by number of clients; simple query protocol, every commit flushed."""

    scale: int
    seconds: int
    tps: dict[int, float]

    @property
    def best(self) -> float:
        return max(self.tps.values())


@dataclass(frozen=True, slots=True)
class Copied:
    """Rows a second by number of connections, each committing every `COPY_ROWS` rows."""

    seconds: float
    per_second: dict[int, float]

    @property
    def best(self) -> float:
        return max(self.per_second.values())


async def measure_tpcb(site: Site, *, scale: int, seconds: int) -> Tpcb:
    await site.execute(f"CREATE DATABASE {_DATABASE}")
    await _pgbench(site, "--initialize", "--quiet", f"--scale={scale}")
    await site.settle_down(_DATABASE)
    tps = {}
    for clients in CLIENTS:
        output = await _pgbench(site, f"--client={clients}", f"--jobs={min(clients, 2)}", f"--time={seconds}")
        found = _TPS.search(output)
        if found is None:
            raise StackError(f"pgbench printed no figure:\n{output}")
        tps[clients] = float(found.group(1))
    await site.execute(f"DROP DATABASE {_DATABASE}")
    return Tpcb(scale, seconds, tps)


async def _pgbench(site: Site, *options: str) -> str:
    url = urlsplit(site.url(_DATABASE))
    login = {
        "PGHOST": str(url.hostname),
        "PGPORT": str(url.port),
        "PGUSER": unquote(url.username or ""),
        "PGPASSWORD": unquote(url.password or ""),
    }
    child = spawn(
        "pgbench",
        [pg_bin("pgbench"), *options, _DATABASE],
        log=site.installation.data_dir / "pgbench.log",
        death_signal=SIGINT,
        env={**os.environ, **login},
    )
    try:
        finished = await child.ended(_PGBENCH_SECONDS_MAX)
    finally:
        child.kill()
    if not finished or child.exit_code:
        raise child.failure("pgbench failed")
    return child.log_text()


async def measure_copy(site: Site, source: Installation, *, rows: int, seconds: float) -> Copied:
    """COPY rows that the service recorded into an empty table of the same definition, elsewhere on the server."""
    batches = await _recorded(source, rows)
    target = await site.ledger("copied")
    per_second = {}
    for connections in COPY_CONNECTIONS:
        copied = taken = 0.0
        while taken < seconds:
            await site.execute("TRUNCATE settlement.settlements", "CHECKPOINT", database="copied")
            taken += await _copy(target, batches, connections)
            copied += len(batches) * COPY_ROWS
        per_second[connections] = copied / taken
    await site.execute("DROP DATABASE copied")
    return Copied(seconds, per_second)


async def _recorded(source: Installation, rows: int) -> list[list[Row]]:
    connection = await connect(source.owner_url, application_name="medsettle bench")
    try:
        columns = ", ".join(Settlement.__struct_fields__)
        recorded = await connection.fetch(
            f"SELECT {columns} FROM settlement.settlements WHERE kind = 'payment'"  # noqa: S608
            " ORDER BY batch_id, position LIMIT $1",
            rows,
        )
    finally:
        await connection.close()
    made = [tuple(row) for row in recorded]
    return [made[first : first + COPY_ROWS] for first in range(0, len(made) - COPY_ROWS + 1, COPY_ROWS)]


async def _copy(target: Installation, batches: Sequence[list[Row]], connections: int) -> float:
    """Copy all rows in; each connection takes the next batch that no other one took. Returns the seconds taken."""
    waiting = iter(batches)
    opened = [await connect(target.owner_url, application_name="medsettle bench") for _ in range(connections)]

    async def work(connection: Connection) -> None:
        for batch in waiting:
            await connection.copy_records_to_table(
                "settlements", schema_name="settlement", columns=Settlement.__struct_fields__, records=batch
            )

    start = time.perf_counter()
    await asyncio.gather(*map(work, opened))
    taken = time.perf_counter() - start
    for connection in opened:
        await connection.close()
    return taken
