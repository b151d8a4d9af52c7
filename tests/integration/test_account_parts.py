"""The two parts of an account: their order of use, the carry-over at the year's end, and money of the agency."""

from typing import Any, TypeAlias

import asyncpg
import pytest
from app.codes import Code
from app.database import Pool
from app.ledger.accounts import CARRY_OVER_ACCOUNT
from app.settlement.messages import Message
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from tests.builders import AGENCY, HOSPITAL, MIDNIGHT, Database, add_institution, add_person, contribution, payment
from tests.integration.tampering import tamper_and_verify

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


@pytest.fixture
async def ledger(pool: Pool, owner: Owner) -> Pool:
    """P1 has 600 fen of earlier years (1,000 with 400 paid) and 300 of this year."""
    await add_institution(pool, HOSPITAL)
    await add_person(pool, "P1", balance=1_000)
    await a_year_passes(owner)
    await outcomes(pool, payment(amount=400), contribution("P1", 300))
    return pool


async def a_year_passes(owner: Owner) -> None:
    """As if what was posted so far had been posted in the year before."""
    await owner.execute("UPDATE ledger.accounts SET part_year = part_year - 1 WHERE part_year > 0")


async def outcomes(pool: Pool, *messages: Message) -> list[Outcome]:
    return [answer.outcome for answer in (await settle(pool, messages, rules=RuleBook(MIDNIGHT))).answers]


async def parts(pool: Pool) -> tuple[int, int]:
    """Current and accumulated fen of P1."""
    row = await pool.fetchrow("SELECT balance, accumulated FROM ledger.accounts WHERE owner = 'P1'")
    assert row is not None
    return row["balance"] - row["accumulated"], row["accumulated"]


def of_agency(kind: str, amount: int = 0, **overrides: Any) -> Message:
    return contribution("P1", amount, kind=kind, **{"short_balance": "decline", **overrides})


async def use_accumulated_first(owner: Owner, region: str = "") -> None:
    await owner.execute(
        "INSERT INTO settlement.region_rules (region, effective_from, use_accumulated_first, filed_by, filed_at)"
        " VALUES ($1, now() - interval '1 minute', true, 'tests', now() - interval '3 minutes')",
        region,
    )


def told(outcome: Outcome) -> list[tuple[str, int, str | None]]:
    return [(part.source, part.amount, part.part) for part in outcome.parts]


async def test_the_first_posting_of_a_year_carries_the_current_part_over(ledger: Pool) -> None:
    assert await parts(ledger) == (300, 600)
    legs = await ledger.fetch(
        "SELECT leg, transfers.amount, accumulated, credit_account = $1 AS out, debit_account = $1 AS back"
        " FROM ledger.transfers JOIN settlement.settlements USING (batch_id, position)"
        " WHERE person_no = 'P1' AND settlements.amount = 400 ORDER BY leg",
        CARRY_OVER_ACCOUNT,
    )
    assert [tuple(leg) for leg in legs] == [
        (0, 1_000, False, True, False),
        (1, 1_000, True, False, True),
        (2, 400, True, False, False),
    ]


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (300, [("account", 300, "current")]),
        (301, [("account", 300, "current"), ("account", 1, "accumulated")]),
        (901, [("account", 300, "current"), ("account", 600, "accumulated"), ("cash", 1, None)]),
    ],
)
async def test_the_current_part_pays_first(ledger: Pool, amount: int, expected: list[Any]) -> None:
    [outcome] = await outcomes(ledger, payment(amount=amount))
    assert told(outcome) == expected
    assert outcome.account_paid + outcome.cash_due == amount


@pytest.mark.parametrize(
    ("amount", "expected"),
    [
        (600, [("account", 600, "accumulated")]),
        (601, [("account", 600, "accumulated"), ("account", 1, "current")]),
    ],
)
async def test_the_accumulated_part_pays_first_where_the_region_says_so(
    ledger: Pool, owner: Owner, amount: int, expected: list[Any]
) -> None:
    await use_accumulated_first(owner)
    [outcome] = await outcomes(ledger, payment(amount=amount))
    assert told(outcome) == expected


async def test_a_rule_holds_for_its_region_alone(ledger: Pool, owner: Owner) -> None:
    await use_accumulated_first(owner, "310000")
    [elsewhere] = await outcomes(ledger, payment(amount=10))
    await owner.execute("UPDATE ledger.accounts SET terms = '310000' WHERE owner = 'P1'")
    [there] = await outcomes(ledger, payment(amount=10))
    assert (told(elsewhere), told(there)) == ([("account", 10, "current")], [("account", 10, "accumulated")])


async def test_a_rule_holds_from_its_time_on(ledger: Pool, owner: Owner) -> None:
    await owner.execute(
        "INSERT INTO settlement.region_rules (region, effective_from, use_accumulated_first, filed_by)"
        " VALUES ('', clock_timestamp() + interval '61 seconds', true, 'tests')"
    )
    [outcome] = await outcomes(ledger, payment(amount=10))
    assert told(outcome) == [("account", 10, "current")]


async def test_a_rule_that_holds_before_every_process_could_know_it_is_refused(pool: Pool) -> None:
    with pytest.raises(asyncpg.CheckViolationError, match="region_rule_is_filed_ahead"):
        await pool.execute(
            "INSERT INTO settlement.region_rules (region, effective_from, use_accumulated_first, filed_by)"
            " VALUES ('', clock_timestamp() + interval '59 seconds', true, 'tests')"
        )


async def test_a_replay_tells_the_same_parts(ledger: Pool) -> None:
    message = payment(amount=901)
    [first] = await outcomes(ledger, message)
    [again] = await outcomes(ledger, message)
    assert (again.replayed, told(again)) == (True, told(first))


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (of_agency("contribution", 50), (350, 600)),
        (of_agency("retiree_credit", 50), (350, 600)),
        (of_agency("adjustment", 50, direction="credit"), (350, 600)),
        (of_agency("interest", 50), (300, 650)),
        (of_agency("claw_back", 350), (0, 550)),
        (of_agency("adjustment", 350, direction="debit"), (0, 550)),
        (of_agency("carry_over"), (300, 600)),
    ],
    ids=lambda value: value.kind if isinstance(value, Message) else "",
)
@pytest.mark.parametrize("state", ["normal", "frozen", "dormant"])
async def test_money_of_the_agency_moves_its_part(
    ledger: Pool, database: Database, message: Message, expected: tuple[int, int], state: str
) -> None:
    await ledger.execute("UPDATE ledger.accounts SET state = $1 WHERE owner = 'P1'", state)
    [outcome] = await outcomes(ledger, message)
    assert (outcome.status, outcome.institution) == ("settled", AGENCY)
    assert await parts(ledger) == expected
    assert (await verify(database.app_url)).violations == []


@pytest.mark.parametrize("message", [of_agency("claw_back", 901), of_agency("adjustment", 901, direction="debit")])
async def test_what_is_not_there_is_not_taken_back(ledger: Pool, message: Message) -> None:
    [outcome] = await outcomes(ledger, message)
    assert outcome.code is Code.INSUFFICIENT_FUNDS
    assert await parts(ledger) == (300, 600)


async def test_the_year_is_carried_over_once_whichever_posting_comes_first(
    ledger: Pool, owner: Owner, database: Database
) -> None:
    await a_year_passes(owner)
    await outcomes(ledger, of_agency("carry_over"), contribution("P1", 5), of_agency("carry_over", message_id="B"))
    assert await parts(ledger) == (5, 900)
    assert (await verify(database.app_url)).violations == []


async def test_a_decline_carries_nothing_over(ledger: Pool, owner: Owner) -> None:
    await a_year_passes(owner)
    await outcomes(ledger, payment(amount=5_000, short_balance="decline"))
    assert await parts(ledger) == (300, 600)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("UPDATE ledger.accounts SET accumulated = accumulated + 1 WHERE owner = 'P1'", {"balances"}),
        (
            "UPDATE ledger.transfers SET accumulated = NOT accumulated WHERE amount = 400",
            {"balances", "movements", "tree"},
        ),
        (
            "UPDATE ledger.transfers SET accumulated = false WHERE debit_account = 2",
            {"balances", "carry-over", "tree"},
        ),
        (
            "UPDATE settlement.settlements SET accumulated_paid = 0 WHERE amount = 400",
            {"movements", "tree"},
        ),
    ],
    ids=["account", "transfer", "carry-over", "settlement"],
)
async def test_verify_finds_a_part_that_was_changed(
    ledger: Pool, database: Database, sql: str, found: set[str]
) -> None:
    assert {violation.split(":")[0] for violation in await tamper_and_verify(database, sql)} == found
