"""What the tests of the kinds share: settling and what was told, what accounts hold, region rules, days that pass."""

from typing import Any, NamedTuple, TypeAlias

import asyncpg
from app.database import Pool, transaction
from app.parties import mutual_aid
from app.parties.mutual_aid import Grant
from app.settlement.messages import Card, Message, message_key
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import HOSPITAL, MIDNIGHT, add_person, contribution

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"

#: The card of P1 that leads to a debit account, in the fixture `household`.
OWN_CARD = Card("03", "DP1", "SN1")


async def outcomes(pool: Pool, *messages: Message) -> list[Outcome]:
    """What messages of one batch come to, in order."""
    return [answer.outcome for answer in (await settle(pool, messages, rules=RuleBook(MIDNIGHT))).answers]


async def outcome(pool: Pool, message: Message) -> Outcome:
    [only] = await outcomes(pool, message)
    return only


async def told(pool: Pool, *messages: Message) -> list[tuple[str, str]]:
    """Status and code of messages of one batch."""
    return [(each.status, each.code) for each in await outcomes(pool, *messages)]


class Split(NamedTuple):
    """Where the amount came from, or went back to."""

    account: int = 0
    family: int = 0
    debit: int = 0
    cash: int = 0


def split_of(outcome: Outcome) -> Split:
    return Split(outcome.account_paid, outcome.mutual_aid_paid, outcome.debit_paid, outcome.cash_due)


def parts_of(outcome: Outcome) -> list[tuple[str, int]]:
    """The parts in the order in which they were used; of the own account, which part of it."""
    return [(part.part or part.source, part.amount) for part in outcome.parts]


async def balance(pool: Pool, person_no: str = "P1") -> int:
    return sum(await account_parts(pool, person_no))


async def debit_balance(pool: Pool, person_no: str = "P1") -> int:
    found: int = await pool.fetchval(
        "SELECT balance FROM ledger.accounts WHERE owner = 'BANK01/' || $1 AND kind = 'debit'", person_no
    )
    return found


async def account_parts(pool: Pool, person_no: str = "P1") -> tuple[int, int]:
    """Current and accumulated fen of a personal account."""
    row = await pool.fetchrow(
        "SELECT balance, accumulated FROM ledger.accounts WHERE owner = $1 AND kind = 'personal'", person_no
    )
    assert row is not None
    return row["balance"] - row["accumulated"], row["accumulated"]


async def held(pool: Pool, person_no: str = "P1") -> int:
    found: int = await pool.fetchval(
        "SELECT held FROM ledger.accounts WHERE owner = $1 AND kind = 'personal'", person_no
    )
    return found


async def received(pool: Pool, institution: str = HOSPITAL) -> int:
    """What all movements into an institution's account come to, less those out of it."""
    found: int = await pool.fetchval(
        "SELECT coalesce(sum(CASE WHEN t.credit_account = i.account_id THEN t.amount ELSE -t.amount END), 0)::bigint"
        " FROM parties.institutions AS i JOIN ledger.transfers AS t"
        " ON i.account_id IN (t.debit_account, t.credit_account) WHERE i.institution = $1",
        institution,
    )
    return found


async def set_account_state(pool: Pool, state: str, person_no: str = "P1", *, kind: str = "personal") -> None:
    owner = person_no if kind == "personal" else f"BANK01/{person_no}"
    await pool.execute("UPDATE ledger.accounts SET state = $1 WHERE owner = $2", state, owner)


async def set_card_state(pool: Pool, state: str, card_no: str = "DP1") -> None:
    await pool.execute("UPDATE parties.cards SET state = $1 WHERE card_no = $2", state, card_no)


async def switch_debit_application(pool: Pool, application: str, card_no: str = "DP1") -> None:
    await pool.execute("UPDATE parties.cards SET debit_application = $1 WHERE card_no = $2", application, card_no)


async def grant(pool: Pool, granter: str, beneficiary: str = "P1") -> Grant:
    async with transaction(pool) as connection:
        return await mutual_aid.authorise(connection, beneficiary, granter, "parent", operator="clerk-1")


async def lay_down(owner: Owner, *, region: str = "", after: float = -1, **rule: Any) -> None:
    """A region's rule that holds `after` seconds from now, filed in good time."""
    rule = {"use_accumulated_first": False, **rule}
    await owner.execute(
        f"INSERT INTO settlement.region_rules (region, effective_from, filed_by, filed_at, {', '.join(rule)})"
        " VALUES ($1, now() + $2 * interval '1 second', 'tests', now() - interval '1 day',"
        f" {', '.join(f'${place}' for place in range(3, 3 + len(rule)))})",
        region, after, *rule.values(),
    )  # fmt: skip


async def run_out(owner: Owner, *holds: Message, after: float = 0) -> None:
    """As if the time of these holds ended `after` seconds from now."""
    await owner.execute(
        "UPDATE settlement.holds SET expires_at = clock_timestamp() + $2 * interval '1 second'"
        " WHERE message_key = ANY ($1)",
        [message_key(hold.institution, hold.message_id) for hold in holds], after,
    )  # fmt: skip


async def days_pass(owner: Owner, days: int) -> None:
    """As if what was settled so far had been settled so many business days before."""
    for (day,) in await owner.fetch("SELECT DISTINCT business_day FROM settlement.settlements"):
        await owner.execute("SELECT settlement.prepare_day($1::date - $2::integer)", day, days)
    for table in (
        "settlement.settlements",
        "settlement.message_keys",
        "settlement.pharmacy_days",
        "settlement.tombstones",
        "ledger.transfers",
    ):
        column = "late_business_day" if table == "settlement.tombstones" else "business_day"
        await owner.execute(f"UPDATE {table} SET {column} = {column} - $1::integer", days)


async def a_year_passes(owner: Owner) -> None:
    """As if what was settled so far had been settled in the year before."""
    await days_pass(owner, 366)
    await owner.execute("UPDATE ledger.accounts SET part_year = part_year - 1 WHERE part_year > 0")


async def add_person_of_two_years(
    pool: Pool, owner: Owner, person_no: str = "P1", *, earlier: int = 600, current: int = 300
) -> None:
    """A person with money of earlier years and of this one; whatever was settled before is of the year before too."""
    await add_person(pool, person_no, balance=earlier)
    await a_year_passes(owner)
    await outcomes(pool, contribution(person_no, current))


async def disagreements(pool: Pool) -> list[Any]:
    """Kept accounts whose balance or holds are not what their transfers and open holds come to."""
    return [
        tuple(row)
        for row in await pool.fetch(
            "SELECT a.owner, a.balance, moved.balance, a.held, open.held FROM ledger.accounts AS a,"
            " LATERAL (SELECT coalesce(sum(CASE WHEN t.credit_account = a.account_id THEN t.amount ELSE -t.amount END),"
            " 0) AS balance FROM ledger.transfers AS t WHERE a.account_id IN (t.debit_account, t.credit_account))"
            " AS moved, LATERAL (SELECT coalesce(sum(h.held), 0) AS held FROM settlement.holds AS h"
            " WHERE h.account_id = a.account_id) AS open"
            " WHERE a.balance IS NOT NULL AND (a.balance, a.held) <> (moved.balance, open.held)"
        )
    ]
