"""Sealing a business day beside live traffic. Read this first of the clearing.

    close    from here on nothing is booked on the day; what comes late falls into the next one
    wait     until the batches of the day that were under way have ended; nobody waits for us
    take     totals, positions and payment lines of what can change no more, with the hashes of the day's batches
    book     each line, out of the institution's account and into its bank's, on the day that is open
    sealed

Each step is a transaction, or several, and finds what was done before: a seal that was killed anywhere goes on when
it is run again. One session seals at a time.
"""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import date, time, timedelta
from typing import NamedTuple

from app import tracing
from app.clearing.days import Day, next_to_seal, read_day
from app.clearing.filing import value_date
from app.clearing.positions import book_lines, take_positions
from app.clearing.totals import Totals, preview_totals, take_totals
from app.codes import Code
from app.database import Connection, Remedy, connect, remedy
from app.errors import DatabaseUnavailable, Refused
from app.failpoints import reach
from app.ledger.business_days import BusinessDays, close_day, nobody_posts_on, read_business_days
from app.ledger.journal import DayClosed
from app.progress import Progress, unseen

_SEAL_LOCK = 0x7365616C
_LOOK_EVERY_SECONDS = 0.02

# Whole days are read.
_SETTINGS = """
SET search_path = pg_catalog, pg_temp;
SET jit = off;
SET work_mem = '128MB';
SET max_parallel_workers_per_gather = 0;
SET statement_timeout = 0;
SET lock_timeout = 0;
SET synchronous_commit = on;
SET default_transaction_isolation = 'read committed';
"""

_CLOSE = """
INSERT INTO clearing.business_days (business_day, begins_at, ends_at, value_date, state)
VALUES ($1, $2, $3, $4, 'sealing')
"""
_STATE = "SELECT state FROM clearing.business_days WHERE business_day = $1"
_IS_TAKEN = "SELECT EXISTS (SELECT FROM clearing.seals WHERE business_day = $1)"
_STAND_STILL = "SELECT FROM clearing.business_days WHERE business_day = $1 FOR UPDATE"
_SEALED = """
UPDATE clearing.business_days SET state = 'sealed', sealed_at = clock_timestamp()
WHERE business_day = $1 AND state = 'sealing'
"""

# The text and both hashes as `app.clearing.verify` makes them again.
DAY_TEXT = """concat_ws(
    '|', to_char({0}.business_day, 'YYYY-MM-DD'), {0}.batch_count, {0}.row_count, {0}.debit_count, {0}.debits,
    {0}.refund_count, {0}.refunds
)"""
FIRST_DAY_HASH = "sha256(convert_to('medsettle days', 'UTF8'))"
BATCHES_OF_DAYS = """
SELECT
    business_day, count(*) AS batch_count, sum(size) AS row_count,
    sha256(string_agg(chain_hash, ''::bytea ORDER BY batch_id)) AS batches_root
FROM ledger.batches
WHERE {0}
GROUP BY business_day
"""
_SEAL = f"""
WITH day AS (
    SELECT
        $1::date AS business_day, coalesce(b.batch_count, 0) AS batch_count, coalesce(b.row_count, 0) AS row_count,
        coalesce(b.batches_root, sha256('')) AS batches_root, t.*
    FROM (
        SELECT
            coalesce(sum(debit_count), 0)::bigint AS debit_count, coalesce(sum(debits), 0)::bigint AS debits,
            coalesce(sum(refund_count), 0)::bigint AS refund_count, coalesce(sum(refunds), 0)::bigint AS refunds
        FROM clearing.totals
        WHERE business_day = $1
    ) AS t
    LEFT JOIN ({BATCHES_OF_DAYS.format("business_day = $1")}) AS b ON true
)
INSERT INTO clearing.seals (
    business_day, batch_count, row_count, debit_count, debits, refund_count, refunds, batches_root, day_hash
)
SELECT
    d.business_day, d.batch_count, d.row_count, d.debit_count, d.debits, d.refund_count, d.refunds, d.batches_root,
    sha256(
        coalesce((SELECT s.day_hash FROM clearing.seals AS s WHERE s.business_day = d.business_day - 1),
                 {FIRST_DAY_HASH})
        || convert_to({DAY_TEXT.format("d")}, 'UTF8') || d.batches_root
    )
FROM day AS d
"""  # noqa: S608


class Preview(NamedTuple):
    """`is_over`: the day has ended, so a seal would take just this, and what is still under way."""

    business_day: date
    is_over: bool
    totals: Totals


class Sealer:
    """One session that may seal; made by `sealing`."""

    def __init__(self, connection: Connection, cut_off: time) -> None:
        self._connection = connection
        self._cut_off = cut_off

    async def due(self, *, since: timedelta = timedelta(0)) -> date | None:
        """The next day to seal, if it has been over for so long. Raises DatabaseUnavailable."""
        with _waiting_told():
            day = await next_to_seal(self._connection)
            if day is None:
                return None
            return day if await self._is_over(day, await self._days(), since) else None

    async def seal(self, day: date, *, progress: Progress = unseen) -> Day:
        """Seal a day; one that is sealed is left as it is.

        Raises Refused for a day that is not over or before which another one is to be sealed, DatabaseUnavailable.
        """
        with _waiting_told():
            await self._connection.execute("SELECT pg_advisory_lock($1)", _SEAL_LOCK)
            try:
                with tracing.span("seal day", {"medsettle.business_day": str(day)}) as span:
                    await self._seal(day, progress, span)
                return await read_day(self._connection, day, await self._days())
            finally:
                await self._connection.execute("SELECT pg_advisory_unlock($1)", _SEAL_LOCK)

    async def _seal(self, day: date, progress: Progress, span: tracing.Span) -> None:
        state = await self._connection.fetchval(_STATE, day)
        if state is None:
            await self._close(day)
            reach("seal.closed")
        elif state != "sealing":
            return
        await self._wait(day)
        span.reached("waited")
        reach("seal.waited")
        await self._take(day)
        span.reached("taken")
        reach("seal.taken")
        await self._book(day, progress)
        span.reached("booked")
        reach("seal.booked")
        await self._connection.execute(_SEALED, day)
        reach("seal.sealed")

    async def _close(self, day: date) -> None:
        days = await self._days()
        first = await next_to_seal(self._connection)
        if not await self._is_over(day, days):
            raise Refused(Code.DAY_NOT_OVER, f"{day} ends at {days.end(day).isoformat()}.")
        if day != first:
            said = "Nothing was booked yet" if first is None else f"{first} is sealed first"
            raise Refused(Code.DAY_OUT_OF_ORDER, f"{said}.")
        async with self._connection.transaction():
            value = await value_date(self._connection, day)
            await self._connection.execute(_CLOSE, day, days.begin(day), days.end(day), value)
            await close_day(self._connection, day)

    async def _wait(self, day: date) -> None:
        while True:
            async with self._connection.transaction():
                if await nobody_posts_on(self._connection, day):
                    return
            await asyncio.sleep(_LOOK_EVERY_SECONDS)

    async def _take(self, day: date) -> None:
        async with self._connection.transaction():
            await self._connection.execute(_STAND_STILL, day)
            if await self._connection.fetchval(_IS_TAKEN, day):
                return
            await take_totals(self._connection, day)
            reach("seal.totals")
            await take_positions(self._connection, day)
            reach("seal.positions")
            await self._connection.execute(_SEAL, day)

    async def _book(self, day: date, progress: Progress) -> None:
        behind: int | None = 0
        while behind is not None:
            days = await self._days()
            try:
                async with self._connection.transaction():
                    await self._connection.execute(_STAND_STILL, day)
                    behind = await book_lines(self._connection, day, behind, days)
                    reach("seal.booking")
            except DayClosed:
                continue
            if behind is not None:
                progress(f"lines of {day}", behind, behind)
                reach("seal.chunk")

    async def _days(self) -> BusinessDays:
        return await read_business_days(self._connection, self._cut_off)

    async def _is_over(self, day: date, days: BusinessDays, since: timedelta = timedelta(0)) -> bool:
        return bool(await self._connection.fetchval("SELECT clock_timestamp() >= $1", days.end(day) + since))


@contextmanager
def _waiting_told() -> Iterator[None]:
    try:
        yield
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(
                f"Postgres is away or busy: {type(error).__name__}. Seal again: it goes on where it ended."
            ) from error
        raise


@asynccontextmanager
async def sealing(url: str, cut_off: time) -> AsyncIterator[Sealer]:
    """A session of its own, and not through a pooler that shares sessions. Raises DatabaseUnavailable."""
    with _waiting_told():
        connection = await connect(url, application_name="medsettle seal")
    try:
        await connection.execute(_SETTINGS)
        yield Sealer(connection, cut_off)
    finally:
        await connection.close()


async def preview(url: str, cut_off: time, day: date) -> Preview:
    """What a seal would give as things stand. Nothing is written.

    Raises Refused for a day that is not there, DatabaseUnavailable.
    """
    with _waiting_told():
        connection = await connect(url, application_name="medsettle preview")
        try:
            await connection.execute(_SETTINGS)
            async with connection.transaction(isolation="repeatable_read", readonly=True):
                found = await read_day(connection, day, await read_business_days(connection, cut_off))
                totals = found.totals or await preview_totals(connection, day)
                is_over = await connection.fetchval("SELECT clock_timestamp() >= $1", found.ends_at)
        finally:
            await connection.close()
    return Preview(day, bool(is_over), totals)
