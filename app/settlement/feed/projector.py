"""Numbers what was settled for each institution, behind the postings: a round takes the batches that committed since.

A posting writes nothing for it. A round is one transaction that moves the height of each lane with what it wrote, so it
may die anywhere, and of several processes one at a time has a round (docs/adr/0016).
"""

import asyncio
from typing import NamedTuple

from app import logs, metrics
from app.database import Connection, Pool, lone_statement, transaction
from app.errors import DatabaseUnavailable

_log = logs.get(__name__)

#: Batches gather for so long, however many processes look after them: a round costs an institution a row, however few
#: settlements it finds. An outcome is told so much later mostly, and twice that where its batch just missed a round.
GATHER_SECONDS = 0.4
_SETTLEMENTS_MAX = 20_000
_HEIGHTS_MAX = 64

#: A place is batch * PLACES + position, as the column `places` holds it.
PLACES = 32_768
#: As the constraint `feed_row_has_places` says.
PLACES_OF_ROW_MAX = 1_000

# Each lane's next batch is its oldest. Nothing where all is projected: the round is left out then.
_AGE = """
SELECT extract(epoch FROM clock_timestamp() - min(b.settled_at))::float8
FROM settlement.feed_lanes AS f
JOIN ledger.lanes AS l ON l.lane = f.lane
JOIN ledger.batches AS b ON b.batch_id = (f.height + 1) * 1024 + f.lane
WHERE l.height > f.height
"""
_TAKE_ROUND = "SELECT pg_try_advisory_xact_lock(hashtext('medsettle.feed'))"

# taken: of each lane the next batches, height by height over all lanes, so that what is taken of a lane has no gap.
# One snapshot sees the lanes' heights and their batches, which committed together.
_PROJECT = f"""
WITH due AS (
    SELECT b.batch_id, b.business_day, b.settled_at, f.lane, step.height, step.height - f.height AS steps,
           sum(b.size) OVER (ORDER BY step.height - f.height, f.lane) - b.size AS settlements_before
    FROM settlement.feed_lanes AS f
    JOIN ledger.lanes AS l ON l.lane = f.lane
    CROSS JOIN LATERAL generate_series(f.height + 1, least(l.height, f.height + {_HEIGHTS_MAX})) AS step (height)
    JOIN ledger.batches AS b ON b.batch_id = step.height * 1024 + f.lane
    WHERE l.height > f.height
), taken AS MATERIALIZED (
    SELECT * FROM due WHERE settlements_before < $1
), found AS (
    SELECT
        s.institution COLLATE "C" AS institution, s.business_day, count(*) AS settlements,
        array_agg(s.batch_id * {PLACES} + s.position ORDER BY t.settled_at, s.batch_id, s.position) AS places
    FROM taken AS t
    JOIN settlement.settlements AS s ON s.batch_id = t.batch_id AND s.business_day = t.business_day
    GROUP BY s.institution COLLATE "C", s.business_day
), numbered AS MATERIALIZED (
    SELECT
        *,
        coalesce((SELECT h.last_no FROM settlement.feed_heads AS h WHERE h.institution = found.institution), 0)
        + sum(settlements) OVER (PARTITION BY institution ORDER BY business_day)::bigint AS last_no
    FROM found
), heads AS (
    INSERT INTO settlement.feed_heads (institution, last_no)
    SELECT institution, max(last_no) FROM numbered GROUP BY institution
    ON CONFLICT (institution) DO UPDATE SET last_no = EXCLUDED.last_no
), days AS (
    INSERT INTO settlement.feed_days AS d (institution, business_day, first_no, last_no, settlements)
    SELECT institution, business_day, last_no - settlements + 1, last_no, settlements FROM numbered
    ON CONFLICT (institution, business_day) DO UPDATE
    SET last_no = EXCLUDED.last_no, settlements = d.settlements + EXCLUDED.settlements
), told AS (
    INSERT INTO settlement.feed (institution, last_no, business_day, first_settled_at, last_settled_at, places)
    SELECT
        institution, last_no, business_day,
        (SELECT b.settled_at FROM ledger.batches AS b WHERE b.batch_id = places[1] / {PLACES}),
        (SELECT b.settled_at FROM ledger.batches AS b WHERE b.batch_id = places[cardinality(places)] / {PLACES}),
        places
    FROM (
        SELECT
            institution, business_day,
            last_no - settlements + least(first + {PLACES_OF_ROW_MAX - 1}, settlements) AS last_no,
            places[first:first + {PLACES_OF_ROW_MAX - 1}] AS places
        FROM numbered, generate_series(1, settlements, {PLACES_OF_ROW_MAX}) AS first
    ) AS cut
), lanes AS (
    UPDATE settlement.feed_lanes AS f
    SET height = reached.height
    FROM (SELECT lane, max(height) AS height FROM taken GROUP BY lane) AS reached
    WHERE f.lane = reached.lane
)
SELECT
    coalesce((SELECT sum(settlements) FROM numbered), 0)::bigint AS settlements,
    coalesce((SELECT max(steps) = {_HEIGHTS_MAX} OR count(*) > (SELECT count(*) FROM taken) FROM due), false) AS more
"""  # noqa: S608


class Round(NamedTuple):
    """settlements: how many were numbered. more: the next round may find what this one left."""

    settlements: int
    more: bool


async def keep_feed_projected(pool: Pool) -> None:
    """Project what was committed, round by round, until cancelled."""
    while True:
        pause = GATHER_SECONDS
        try:
            age = await _measure(pool)
            if age is not None and _gathers(age):
                pause -= age
            elif age is not None:
                while (done := await project_round(pool, if_due=True)) is not None and done.more:
                    pass
        except DatabaseUnavailable as error:
            metrics.RETRIES.labels("feed").inc()
            _log.warning("feed_waits", error=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - what stays undone shows in the age of the oldest
            metrics.RETRIES.labels("feed").inc()
            _log.error("feed_failed", **logs.failure(error))
        await asyncio.sleep(pause)


async def _measure(pool: Pool) -> float | None:
    """How many seconds the oldest waits to be projected; None where nothing does."""
    async with lone_statement(pool) as connection:
        age = await _age(connection)
    metrics.FEED_AGE.set(age or 0.0)
    return age


async def _age(connection: Connection) -> float | None:
    age: float | None = await connection.fetchval(_AGE)
    return age


def _gathers(age: float) -> bool:
    """Not what lies in the future: a clock that was set back keeps nothing waiting."""
    return 0 <= age < GATHER_SECONDS


async def catch_up(pool: Pool) -> None:
    """Return when all that had committed before the call is in the feed. Raises DatabaseUnavailable."""
    while (done := await project_round(pool)) is None or done.more:
        if done is None:
            await asyncio.sleep(0.02)


async def project_round(pool: Pool, *, settlements_max: int = _SETTLEMENTS_MAX, if_due: bool = False) -> Round | None:
    """One round; None where another process has one, or with `if_due` where nothing waits but what still gathers.

    Raises DatabaseUnavailable.
    """
    async with transaction(pool) as connection:
        if not await connection.fetchval(_TAKE_ROUND):
            return None
        if if_due and ((age := await _age(connection)) is None or _gathers(age)):
            return None
        row = await connection.fetchrow(_PROJECT, settlements_max)
        assert row is not None
        return Round(row["settlements"], row["more"])
