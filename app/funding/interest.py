"""Interest of a year that has ended, worked out exactly and paid into the accumulated part.

Of each part of an account, what stood at the end of every business day bears that day's rate / 360. The parts are
those as of midnight: the year begins with all of the balance accumulated. The sum of a part's days is kept as one
fraction and rounded half up to the fen, once; then the two parts are added. So no rounding piles up, and the amounts
follow from the year's own history: whatever is posted later, interest itself included, changes nothing.

Since a movement counts from its day to the year's end, a part's sum is its opening balance times the weight of
1 January plus each movement times the weight of its day (`rates.Weight`). No day need be looked at.
"""

from collections.abc import AsyncIterator, Sequence
from datetime import UTC, date, datetime, timedelta

from app.database import Connection, Pool, Remedy, connect, remedy
from app.errors import DatabaseUnavailable, UsageError
from app.funding.rates import Weight, read_rates_that_stand, weights
from app.funding.runs import BATCH, Tally, settle_run
from app.funding.year_end import message_id_of_year
from app.ledger.accounts import CARRY_OVER_ACCOUNT
from app.parties.agency import AGENCY
from app.progress import Progress, unseen
from app.settlement.days import prepare_days
from app.settlement.messages import Message
from app.settlement.rules import RuleBook

#: Days of a year by which a yearly rate is divided, times the millionths in which it is given.
BASIS = 360 * 1_000_000

# No posting takes so long, by the time limits of its session: what belongs to the year is committed by then.
_POSTINGS_END = timedelta(minutes=10)

_STAGE = "interest paid"

_MAKE_ROOM = """
CREATE TEMPORARY TABLE interest_due (account_id bigint PRIMARY KEY, person_no text NOT NULL, fen bigint NOT NULL)
"""

# One snapshot: balances of now, and all that has moved since the year began, from which its opening balances follow.
# Movements of later days have no weight. A carry-over moves nothing, since as of midnight it is done.
_WORK_OUT = f"""
WITH weight AS MATERIALIZED (
    SELECT * FROM unnest($1::text[], $2::date[], $3::bigint[], $4::bigint[]) AS w (region, day, current, accumulated)
), region AS MATERIALIZED (
    SELECT DISTINCT region FROM weight
), account AS (
    SELECT a.account_id, a.owner, a.balance, coalesce(region.region, '') AS region
    FROM ledger.accounts AS a
    LEFT JOIN region ON region.region = a.terms
    WHERE a.kind = 'personal' AND a.state <> 'closed'
), movement AS (
    SELECT debit_account AS account_id, -amount AS fen, business_day, accumulated
    FROM ledger.transfers
    WHERE debit_entry IS NOT NULL AND credit_account <> {CARRY_OVER_ACCOUNT} AND business_day >= $5
    UNION ALL
    SELECT credit_account, amount, business_day, accumulated
    FROM ledger.transfers
    WHERE credit_entry IS NOT NULL AND debit_account <> {CARRY_OVER_ACCOUNT} AND business_day >= $5
), moved AS (
    SELECT
        m.account_id,
        sum(m.fen) AS since_opening,
        sum(m.fen::numeric * w.current) FILTER (WHERE NOT m.accumulated) AS current,
        sum(m.fen::numeric * w.accumulated) FILTER (WHERE m.accumulated) AS accumulated
    FROM movement AS m
    JOIN account AS a ON a.account_id = m.account_id
    LEFT JOIN weight AS w ON w.region = a.region AND w.day = m.business_day
    GROUP BY m.account_id
), borne AS (
    SELECT
        a.account_id,
        a.owner,
        coalesce(m.current, 0) AS current,
        (a.balance - coalesce(m.since_opening, 0)) * w.accumulated + coalesce(m.accumulated, 0) AS accumulated
    FROM account AS a
    JOIN weight AS w ON w.region = a.region AND w.day = $5
    LEFT JOIN moved AS m ON m.account_id = a.account_id
), due AS (
    SELECT
        account_id,
        owner,
        div(2 * current + {BASIS}, 2 * {BASIS}) + div(2 * accumulated + {BASIS}, 2 * {BASIS}) AS fen
    FROM borne
)
INSERT INTO interest_due (account_id, person_no, fen)
SELECT account_id, owner, fen FROM due WHERE fen > 0
"""  # noqa: S608

_NEXT = "SELECT account_id, person_no, fen FROM interest_due WHERE account_id > $1 ORDER BY account_id LIMIT $2"


async def pay_interest(pool: Pool, url: str, year: int, *, rules: RuleBook, progress: Progress = unseen) -> Tally:
    """Work the interest of a year out and pay it; again pays whoever was not paid yet and nobody twice.

    `url` names the same database; working out takes longer than a connection of the pool may. Raises UsageError where
    the year has not ended or has days without a rate, DatabaseUnavailable when Postgres stays away.
    """
    try:
        reader = await connect(url, application_name="medsettle interest")
        try:
            await _check_ended(reader, year, rules)
            await prepare_days(pool)
            await work_out(reader, year, weights(await read_rates_that_stand(pool), year))
            total = await reader.fetchval("SELECT count(*) FROM interest_due")

            def told(tally: Tally) -> None:
                progress(_STAGE, tally.settled + tally.already + tally.refused.total(), total)

            return await settle_run(pool, _batches(reader, year), rules=rules, told=told)
        finally:
            await reader.close()
    except Exception as error:
        if remedy(error) is Remedy.WAIT:
            raise DatabaseUnavailable(
                f"Postgres is away or busy: {type(error).__name__}. Run the same again: nobody is paid twice."
            ) from error
        raise


async def _check_ended(reader: Connection, year: int, rules: RuleBook) -> None:
    end = (await rules.read(reader)).days.begin(date(year + 1, 1, 1))
    now: datetime = await reader.fetchval("SELECT clock_timestamp()")
    if now < end.astimezone(UTC) + _POSTINGS_END:
        raise UsageError(f"Interest of {year} is worked out when its last postings are through: ten minutes after it.")


async def work_out(reader: Connection, year: int, weights: Sequence[Weight]) -> None:
    """Fill `interest_due`, a temporary table: so no snapshot stays open, and no memory is taken, while it is paid."""
    await reader.execute(_MAKE_ROOM)
    regions, days, current, accumulated = zip(*weights, strict=True)
    await reader.execute(_WORK_OUT, regions, days, current, accumulated, date(year, 1, 1))
    await reader.execute("ANALYZE interest_due")


async def _batches(reader: Connection, year: int) -> AsyncIterator[Sequence[Message]]:
    after = 0
    while rows := await reader.fetch(_NEXT, after, BATCH):
        after = rows[-1]["account_id"]
        yield [
            Message(
                institution=AGENCY,
                message_id=message_id_of_year("INT", year, row["person_no"]),
                kind="interest",
                person_no=row["person_no"],
                amount=row["fen"],
            )
            for row in rows
        ]
