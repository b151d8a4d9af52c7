"""The way to Postgres: pools, and what each kind of database failure asks us to do."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import Enum, auto
from typing import TYPE_CHECKING

import asyncpg
from asyncpg.pool import PoolConnectionProxy

from app import metrics
from app.errors import DatabaseUnavailable

if TYPE_CHECKING:
    Connection = asyncpg.Connection[asyncpg.Record] | PoolConnectionProxy[asyncpg.Record]
    Pool = asyncpg.Pool[asyncpg.Record]
else:
    Connection = asyncpg.Connection
    Pool = asyncpg.Pool

# The statements of the hot path look up by key, always. Plans cached while the tables are empty or young would scan
# and hash, and stay (measured five times slower), so these sessions may not.
_LOOKUPS_ONLY = {"enable_seqscan": "off", "enable_hashjoin": "off", "enable_mergejoin": "off"}

# The bounds of one statement and of one wait for a lock; above them the batch is retried.
_STATEMENT_TIMEOUT_MS = "20000"
_LOCK_TIMEOUT_MS = "5000"
_ACQUIRE_SECONDS_MAX = 5
_CONNECT_SECONDS_MAX = 5


async def open_pool(url: str, *, size_max: int, application_name: str) -> Pool:
    """Pool for posting and for reading by key. It connects when first used, so a start does not need Postgres."""
    pool = await asyncpg.create_pool(
        dsn=url,
        min_size=0,
        max_size=size_max,
        timeout=_CONNECT_SECONDS_MAX,
        command_timeout=30,
        max_inactive_connection_lifetime=300,
        reset=_nothing_to_reset,
        server_settings={
            "application_name": application_name,
            "synchronous_commit": "on",
            # Each statement must see what was committed before it: a batch finds its day closed, a card lost.
            "default_transaction_isolation": "read committed",
            "statement_timeout": _STATEMENT_TIMEOUT_MS,
            "lock_timeout": _LOCK_TIMEOUT_MS,
            # With scans and hashes off there is one plan for any batch; making it anew each time cost 0.5 ms.
            "plan_cache_mode": "force_generic_plan",
            "idle_in_transaction_session_timeout": _STATEMENT_TIMEOUT_MS,
            **_LOOKUPS_ONLY,
        },
    )
    metrics.watch_pool(application_name, pool)
    return pool


async def _nothing_to_reset(connection: "asyncpg.Connection[asyncpg.Record]") -> None:
    """Transactions end with their block and nothing else is set on a session: the usual reset is a wasted trip."""


async def connect(url: str, *, application_name: str) -> "asyncpg.Connection[asyncpg.Record]":
    """One connection with the server's own planner settings: migrations, loads, verify. Raises DatabaseUnavailable."""
    try:
        return await asyncpg.connect(
            dsn=url,
            timeout=_CONNECT_SECONDS_MAX,
            server_settings={"application_name": application_name},
        )
    except (
        OSError, TimeoutError, asyncpg.InterfaceError, asyncpg.InvalidAuthorizationSpecificationError,
        asyncpg.InvalidCatalogNameError,
    ) as error:  # fmt: skip
        raise DatabaseUnavailable(_why_away(error)) from error


@asynccontextmanager
async def transaction(pool: Pool, *, snapshot: bool = False) -> AsyncIterator[Connection]:
    """A connection inside one transaction; the only owner of BEGIN and COMMIT on the posting path.

    With `snapshot` it only reads, and all its statements see the same moment. Raises DatabaseUnavailable when the
    failure says nothing against the statements themselves.
    """
    async with (
        _connection(pool) as connection,
        connection.transaction(isolation="repeatable_read" if snapshot else None, readonly=snapshot),
    ):
        yield connection


@asynccontextmanager
async def lone_statement(pool: Pool) -> AsyncIterator[Connection]:
    """A connection for a single statement that only reads: one trip where a transaction makes three.

    Raises DatabaseUnavailable as `transaction` does.
    """
    async with _connection(pool) as connection:
        yield connection


@asynccontextmanager
async def _connection(pool: Pool) -> AsyncIterator[Connection]:
    try:
        async with pool.acquire(timeout=_ACQUIRE_SECONDS_MAX) as connection:
            yield connection
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(_why_away(error)) from error
        raise


def _why_away(error: Exception) -> str:
    """A sentence without the URL, which holds a password."""
    match error:
        case ssl.SSLCertVerificationError():
            return (
                f"Postgres has a certificate that we do not trust ({error.verify_message}): "
                "see sslrootcert and the host of the database's URL."
            )
        case asyncpg.InvalidAuthorizationSpecificationError():
            return "Postgres refuses the login of the database's URL."
        case asyncpg.InvalidCatalogNameError():
            return "The database that the URL names is not there."
        case asyncpg.ClientConfigurationError() | FileNotFoundError():
            return "The database's URL names a file of certificates that is not there, or an option that is unknown."
        case ConnectionError() if "SSL" in str(error):
            return "Postgres does not speak TLS, which sslmode in the database's URL asks for."
    return f"Postgres is away, busy or not set up: {type(error).__name__}"


class LostRace(Exception):
    """What was read before the locks has changed under it; the batch runs again."""


class Remedy(Enum):
    WAIT = auto()  # the server or the way to it failed: nothing is wrong with the batch, send it again later
    AGAIN = auto()  # a race was lost: the same batch at once
    REFUSE = auto()  # the server refuses these rows whenever they come


# Classes of SQLSTATE (its first two characters) that speak against the rows: bad data, broken constraint, too large.
# All others speak of the server, the way to it, our rights or its schema: a batch waits until an operator mends that.
_REFUSE_CLASSES = {"22", "23", "54"}
_AGAIN_STATES = {
    "40001",  # serialization failure
    "40P01",  # deadlock
}
#: Two batches at once met the same new message; the second finds it taken when it comes again.
_MESSAGE_TAKEN = "message_keys"


def remedy(error: BaseException) -> Remedy:
    """What a failure on the posting path asks for. A failure of our own code refuses: it would fail again."""
    if isinstance(error, DatabaseUnavailable | OSError | TimeoutError | asyncio.TimeoutError):
        return Remedy.WAIT
    if isinstance(error, LostRace | asyncpg.InvalidCachedStatementError):
        return Remedy.AGAIN
    if isinstance(error, asyncpg.UniqueViolationError) and (error.table_name or "").startswith(_MESSAGE_TAKEN):
        return Remedy.AGAIN
    if isinstance(error, asyncpg.CheckViolationError) and error.constraint_name is None:
        return Remedy.WAIT  # no partition for this business day yet: `keep_days_prepared` makes it
    if isinstance(error, asyncpg.PostgresError):
        state = error.sqlstate or ""
        if state in _AGAIN_STATES:
            return Remedy.AGAIN
        return Remedy.REFUSE if state[:2] in _REFUSE_CLASSES else Remedy.WAIT
    if isinstance(error, asyncpg.InterfaceError | asyncpg.InternalClientError):
        return Remedy.WAIT  # asyncpg's word for a connection that was closed under it
    return Remedy.REFUSE
