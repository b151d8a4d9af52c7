"""A card reported lost, or an account frozen, in the middle of its payments: none is settled after the answer."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import NamedTuple

import pytest
from app.codes import Code
from app.database import Connection, Pool, open_pool, transaction
from app.parties.account_states import change_account
from app.parties.cards import Occasion, change_card
from app.parties.person_events import locked_account
from app.settlement.messages import Card, Message
from app.settlement.records import Outcome
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from app.verify import verify
from tests.builders import (
    HOSPITAL,
    MIDNIGHT,
    PHARMACY,
    Database,
    add_card,
    add_institution,
    add_person,
    contribution,
    payment,
)
from tests.harness import eventually

PERSONS = [f"P{number}" for number in range(20)]
VICTIM = "P0"
RICH = 10**12
SENDERS = 4
BATCH = 100
SECONDS_BEFORE, SECONDS_AFTER = 1.5, 1.0
RULES = RuleBook(MIDNIGHT)


class Call(NamedTuple):
    """One call of `settle`; `started` is by the clock of this process, as is the moment of the report's answer."""

    started: float
    messages: Sequence[Message]
    outcomes: Sequence[Outcome]


class Reported(NamedTuple):
    """last_entry: of the victim's account, read under the lock of the report."""

    answered: float
    last_entry: int


@pytest.fixture
async def many(database: Database) -> AsyncIterator[Pool]:
    """A pool with room for every sender and the report, on a ledger where twenty persons pay by card."""
    pool = await open_pool(database.app_url, size_max=SENDERS + 2, application_name="tests")
    async with pool:
        await add_institution(pool, HOSPITAL)
        await add_institution(pool, PHARMACY, kind="pharmacy")
        for person_no in PERSONS:
            await add_person(pool, person_no, balance=RICH)
            await add_card(pool, card_of(person_no), person_no)
        yield pool


def card_of(person_no: str) -> str:
    return f"CARD-{person_no}"


def batch() -> list[Message]:
    """A payment by card of each person in turn; of the victim also money that comes in."""
    paid = [
        payment(
            person_no=person_no,
            amount=1 + place,
            institution=(HOSPITAL, PHARMACY)[place % 2],
            card=Card("03", card_of(person_no)),
        )
        for place, person_no in enumerate(PERSONS * (BATCH // len(PERSONS)))
    ]
    return [*paid, contribution(VICTIM, 7)]


async def report(connection: Connection, kind: str) -> None:
    occasion = Occasion("BANK01", "clerk-1", "R-1")
    if kind == "freeze":
        await change_account(connection, VICTIM, "freeze", operator="clerk-1", reason="court order")
    else:
        await change_card(connection, card_of(VICTIM), kind, occasion)


async def lift(connection: Connection, kind: str) -> None:
    if kind == "freeze":
        await change_account(connection, VICTIM, "unfreeze", operator="clerk-1", reason="court order ended")
    else:
        await change_card(connection, card_of(VICTIM), "recover", Occasion("BANK01", "clerk-1", ""))


async def send(pool: Pool, calls: list[Call], ending: asyncio.Event) -> None:
    while not ending.is_set():
        messages, started = batch(), time.perf_counter()
        settled = await settle(pool, messages, rules=RULES)
        calls.append(Call(started, messages, [answer.outcome for answer in settled.answers]))


async def race(pool: Pool, kind: str) -> tuple[list[Call], Reported]:
    """Payments on several connections at once, and the report in the middle of them."""
    calls: list[Call] = []
    ending = asyncio.Event()
    began = time.perf_counter()

    async def one_is_answered() -> bool:
        return bool(calls)

    async def enough_are_later() -> bool:
        return sum(call.started > reported.answered for call in calls) > SENDERS

    async with asyncio.TaskGroup() as senders:
        for _ in range(SENDERS):
            senders.create_task(send(pool, calls, ending))
        await asyncio.sleep(SECONDS_BEFORE)
        await eventually(one_is_answered)
        async with transaction(pool) as connection:
            last_entry = (await locked_account(connection, VICTIM)).last_entry
            await report(connection, kind)
        reported = Reported(time.perf_counter(), last_entry)
        await asyncio.sleep(SECONDS_AFTER)
        await eventually(enough_are_later)
        ending.set()
    rate = sum(len(call.messages) for call in calls) / (time.perf_counter() - began)
    print(f"{kind}: {rate:,.0f} messages a second in {len(calls)} calls on {SENDERS} connections")
    return calls, reported


def payments_of_victim(calls: Sequence[Call]) -> list[Outcome]:
    return [
        outcome
        for call in calls
        for message, outcome in zip(call.messages, call.outcomes, strict=True)
        if message.person_no == VICTIM and message.kind == "payment"
    ]


# By the entry numbers of the account, which count its transfers in the order in which they happened.
_PAID_BY_VICTIM = """
SELECT t.debit_entry AS entry, b.settled_at
FROM ledger.transfers AS t
JOIN settlement.settlements AS s USING (batch_id, business_day, position)
JOIN ledger.batches AS b USING (batch_id)
JOIN ledger.accounts AS a ON a.account_id = t.debit_account AND a.kind = 'personal' AND a.owner = $1
WHERE s.kind = 'payment'
ORDER BY t.debit_entry
"""


@pytest.mark.parametrize(
    ("kind", "code", "events"),
    [
        ("report_temporary_loss", Code.CARD_LOST, "card_events"),
        ("report_loss", Code.CARD_LOST, "card_events"),
        ("freeze", Code.ACCOUNT_FROZEN, "account_events"),
    ],
)
async def test_nothing_is_paid_after_the_report_was_answered(
    many: Pool, database: Database, kind: str, code: Code, events: str
) -> None:
    calls, reported = await race(many, kind)
    later = [call for call in calls if call.started > reported.answered]
    assert payments_of_victim(calls[:1])[0].status == "settled"
    assert len(later) > SENDERS
    # By the clock: each call that began after the answer.
    assert {(outcome.status, outcome.code) for outcome in payments_of_victim(later)} == {("declined", code)}
    # By the ledger: the last paid entry stands before the report's, as read under the report's own lock.
    paid = await many.fetch(_PAID_BY_VICTIM, VICTIM)
    settled = [outcome for outcome in payments_of_victim(calls) if outcome.status == "settled"]
    assert len(paid) == len(settled) > 0
    assert paid[-1]["entry"] <= reported.last_entry
    happened_at = await many.fetchval(f"SELECT happened_at FROM parties.{events} WHERE person_no = $1", VICTIM)
    assert paid[-1]["settled_at"] < happened_at
    await assert_money_still_comes_in(many, later, reported)
    await assert_others_still_pay(later)
    await assert_lifting_lets_pay_again(many, kind)
    assert (await verify(database.owner_url)).violations == []


async def assert_money_still_comes_in(pool: Pool, later: Sequence[Call], reported: Reported) -> None:
    for call in later:
        *_, brought = call.outcomes
        assert (brought.kind, brought.status) == ("contribution", "settled")
    last_entry = await pool.fetchval("SELECT last_entry FROM ledger.accounts WHERE owner = $1", VICTIM)
    assert last_entry >= reported.last_entry + len(later)


async def assert_others_still_pay(later: Sequence[Call]) -> None:
    for call in later:
        others = [outcome for outcome in call.outcomes if outcome.person_no != VICTIM]
        assert {outcome.status for outcome in others} == {"settled"}


async def assert_lifting_lets_pay_again(pool: Pool, kind: str) -> None:
    async with transaction(pool) as connection:
        await lift(connection, kind)
    settled = await settle(pool, batch(), rules=RULES)
    assert {answer.outcome.status for answer in settled.answers} == {"settled"}


def so_many_wait(pool: Pool, sessions: int) -> Callable[[], Awaitable[bool]]:
    """For a lock, of all sessions of this database."""

    async def wait() -> bool:
        found: int = await pool.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
        )
        return found == sessions

    return wait


async def test_a_report_waits_for_the_payment_in_hand_and_stops_the_next(many: Pool) -> None:
    """Step by step: a payment holds the account, the report waits, and what comes after it waits for the report."""
    by_card = Card("03", card_of(VICTIM))
    async with transaction(many) as holding:
        await locked_account(holding, VICTIM)

        async def lose() -> None:
            async with transaction(many) as connection:
                await report(connection, "report_loss")

        losing = asyncio.create_task(lose())
        await eventually(so_many_wait(many, 1))
        paying = asyncio.create_task(settle(many, [payment(person_no=VICTIM, card=by_card)], rules=RULES))
        await eventually(so_many_wait(many, 2))
        assert not losing.done()
        assert not paying.done()
    await losing
    [answer] = (await paying).answers
    assert (answer.outcome.status, answer.outcome.code) == ("declined", Code.CARD_LOST)
