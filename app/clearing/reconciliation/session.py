"""The connections of reconciliation: they scan and hash, within bounds that leave the machine to postings."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from app.database import Connection, Remedy, connect, remedy
from app.errors import DatabaseUnavailable

# work_mem bounds one sort or hash; what is larger goes to disk. One process a statement, so that postings keep a
# core. A statement over the largest day takes seconds; one that takes minutes is stopped and tried again.
_BOUNDS = """
SET statement_timeout = '300s';
SET lock_timeout = '5s';
SET idle_in_transaction_session_timeout = '60s';
SET work_mem = '48MB';
SET hash_mem_multiplier = 1.5;
SET max_parallel_workers_per_gather = 0;
SET default_transaction_isolation = 'read committed';
SET jit = off
"""


@asynccontextmanager
async def session(url: str) -> AsyncIterator[Connection]:
    """A connection of its own, for as long as the block lasts. Raises DatabaseUnavailable."""
    try:
        connection = await connect(url, application_name="medsettle reconciliation")
        try:
            await connection.execute(_BOUNDS)
            yield connection
        finally:
            await connection.close()
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(f"Postgres is away, busy or not set up: {type(error).__name__}") from error
        raise
