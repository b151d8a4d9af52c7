"""Year-end carry-over: what is left of the year before becomes accumulated.

The first posting of a new year carries an account over by itself, as of midnight. This run brings the rest about, so
that the books say it of everyone. Nothing remembers how far it came: an account that is done is not selected again.
"""

from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Sequence
from datetime import date
from hashlib import blake2b

from app.database import Pool, transaction
from app.errors import UsageError
from app.funding.runs import BATCH, Tally, settle_run
from app.parties.agency import AGENCY
from app.progress import Progress, unseen
from app.settlement.days import prepare_days
from app.settlement.messages import Message
from app.settlement.rules import RuleBook

_MESSAGE_ID_MAX = 30
_STAGE = "looked at, by account number"

# An account whose current part is empty has nothing to carry.
_NEXT = """
WITH next AS (
    SELECT account_id, owner, kind, state, balance, accumulated, part_year
    FROM ledger.accounts
    WHERE account_id > $1
    ORDER BY account_id
    LIMIT $3
)
SELECT
    max(account_id) AS last_account,
    coalesce(
        array_agg(owner ORDER BY account_id) FILTER (
            WHERE kind = 'personal' AND state <> 'closed' AND part_year < $2 AND balance > accumulated
        ),
        '{}'
    ) AS persons
FROM next
"""


async def carry_over(pool: Pool, year: int, *, rules: RuleBook, progress: Progress = unseen) -> Tally:
    """Carry every account over into `year`, which must be the current business year; again is harmless.

    Raises UsageError for another year and DatabaseUnavailable when Postgres stays away.
    """
    today = await business_day_now(pool, rules)
    if year != today.year:
        raise UsageError(f"Accounts are carried over into the year that has begun, which is {today.year}.")
    await prepare_days(pool)
    last = await pool.fetchval("SELECT coalesce(max(account_id), 0) FROM ledger.accounts")
    tally = await settle_run(pool, _batches(pool, year, last, progress), rules=rules, told=lambda _: None)
    progress(_STAGE, last, last)
    return tally


async def _batches(pool: Pool, year: int, last: int, progress: Progress) -> AsyncIterator[Sequence[Message]]:
    """Accounts that are opened meanwhile, behind `last`, have no year before."""
    after = 0
    while after < last:
        async with transaction(pool) as connection:
            row = await connection.fetchrow(_NEXT, after, year, BATCH)
        assert row is not None
        after = row["last_account"]
        if row["persons"]:
            yield [_message(person_no, year) for person_no in row["persons"]]
        progress(_STAGE, min(after, last), last)


def _message(person_no: str, year: int) -> Message:
    return Message(
        institution=AGENCY, message_id=message_id_of_year("CARRY", year, person_no), kind="carry_over",
        person_no=person_no,
    )  # fmt: skip


def message_id_of_year(what: str, year: int, person_no: str) -> str:
    """Such as `CARRY-2027-P1`; with a digest behind `=` where that would be longer than a message id may be."""
    named = f"{what}-{year}-{person_no}"
    if len(named) <= _MESSAGE_ID_MAX:
        return named
    return f"{what}-{year}={urlsafe_b64encode(blake2b(person_no.encode(), digest_size=14).digest()).decode()[:19]}"


async def business_day_now(pool: Pool, rules: RuleBook) -> date:
    """By the clock of Postgres, which is the one that postings go by."""
    async with transaction(pool) as connection:
        days = (await rules.read(connection)).days
        return days.open_at(await connection.fetchval("SELECT clock_timestamp()"))
