"""Balances and holds as of any time are those that a replay of the history up to that time gives."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from random import Random
from typing import NamedTuple

import pytest
from app.database import Pool, transaction
from app.ledger.history import balances_at, find_account
from app.settlement.held import held_at
from app.settlement.hold_expiry import expire_due_holds
from app.settlement.messages import Message
from app.settlement.rules import RuleBook
from app.settlement.settle import settle
from tests.builders import HOSPITAL, MIDNIGHT, add_institution, add_person, authorization, follow_up, payment


class Moment(NamedTuple):
    """What a person had from one time on, until the next moment."""

    at: datetime
    balance: int
    held: int


class State(NamedTuple):
    """What a message left: the balance, and of each hold what it holds and until when."""

    at: datetime
    balance: int
    holds: list[tuple[int, datetime]]


def _moments(states: list[State], end: datetime) -> Iterator[Moment]:
    """Between two messages a hold may expire: from then on it counts no more, swept or not."""
    for state, next_at in zip(states, [*(state.at for state in states[1:]), end], strict=True):
        expiries = {expires_at for _, expires_at in state.holds if state.at < expires_at < next_at}
        for at in [state.at, *sorted(expiries)]:
            yield Moment(at, state.balance, sum(held for held, expires_at in state.holds if expires_at > at))


async def _as_of(pool: Pool, at: datetime) -> tuple[int, int]:
    async with transaction(pool, snapshot=True) as connection:
        account = await find_account(connection, "P1", "personal")
        assert account is not None
        balances = await balances_at(connection, account.account_id, at, at.year)
        return balances.balance, await held_at(connection, account.account_id, at)


def _some_message(random: Random, holds: list[Message], paid: list[Message]) -> Message:
    kind = random.choice(["payment", "authorization", "capture", "void", "refund", "reversal"])
    if kind in ("capture", "void") and holds:
        return follow_up(kind, random.choice(holds), amount=random.randint(1, 200) if kind == "capture" else 0)
    if kind in ("refund", "reversal") and holds + paid:
        return follow_up(kind, random.choice(holds + paid))
    if kind == "authorization":
        ends = datetime.now(UTC) + timedelta(milliseconds=random.choice([80, 250, 60_000]))
        return authorization(amount=random.randint(1, 400), expires_at=ends)
    return payment(amount=random.randint(1, 400))


def _hold_of_two_seconds() -> Message:
    return authorization(amount=1, expires_at=datetime.now(UTC) + timedelta(seconds=2))


@pytest.mark.parametrize("seed", range(4))
async def test_any_time_shows_what_the_history_up_to_it_makes(pool: Pool, seed: int) -> None:
    random = Random(seed)
    await add_institution(pool, HOSPITAL)
    await add_person(pool, "P1", balance=5_000)
    holds: list[Message] = []
    paid: list[Message] = []
    states: list[State] = []
    for number in range(40):
        is_last = number == 39
        message = _hold_of_two_seconds() if is_last else _some_message(random, holds, paid)
        (holds if message.kind == "authorization" else paid).append(message)
        [answer] = (await settle(pool, [message], rules=RuleBook(MIDNIGHT))).answers
        balance = await pool.fetchval("SELECT balance FROM ledger.accounts WHERE owner = 'P1'")
        standing = await pool.fetch("SELECT held, expires_at FROM settlement.holds")
        states.append(State(answer.settled_at, balance, [tuple(row) for row in standing]))
        await asyncio.sleep(2.1 if is_last else random.choice([0, 0.01, 0.05]))
        if random.random() < 0.2:
            await expire_due_holds(pool)
    moments = list(_moments(states, datetime.now(UTC)))
    for moment, after in pairwise(moments):
        assert await _as_of(pool, moment.at) == (moment.balance, moment.held)
        between = moment.at + (after.at - moment.at) / 2
        assert await _as_of(pool, between) == (moment.balance, moment.held)
    assert len(moments) > 40  # the last hold expired, whatever the machine's haste, and mostly others before it
