"""How a large group of messages is settled as two batches at once, each with persons of its own."""

import asyncio
from collections.abc import Sequence

import pytest
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.ledger.accounts import lock_personal_accounts
from app.settlement import shares as module
from app.settlement.messages import Message, NamedCard
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.settlement.shares import Shared, settle_in_shares
from tests.builders import MIDNIGHT, add_debit_card, add_person, by_card, follow_up, payment
from tests.harness import eventually

LARGE = 6
ONE, OTHER = "P1", "P4"  # they fall into different shares


@pytest.fixture
async def payers(ledger: Pool, monkeypatch: pytest.MonkeyPatch) -> Pool:
    """P1 and P4 with 1,000 fen each; a group of six messages is large."""
    monkeypatch.setattr(module, "_LARGE", LARGE)
    await add_person(ledger, OTHER, balance=1_000)
    return ledger


async def settled(pool: Pool, messages: Sequence[Message]) -> Shared:
    return await settle_in_shares(pool, messages, rules=RuleBook(MIDNIGHT))


def answers(shared: Shared) -> list[Answer]:
    found = [result for result in shared.results if isinstance(result, Answer)]
    assert len(found) == len(shared.results)
    return found


def by_turns(*amounts: int) -> list[Message]:
    """P1 and P4 pay by turns."""
    return [payment(person_no=(ONE, OTHER)[place % 2], amount=amount) for place, amount in enumerate(amounts)]


async def test_a_large_group_is_one_batch_for_each_share_of_the_persons(payers: Pool) -> None:
    shared = await settled(payers, by_turns(1, 2, 3, 4, 5, 6))
    batches = {(answer.row.person_no, answer.row.batch_id) for answer in answers(shared)}
    assert sorted(person for person, _ in batches) == [ONE, OTHER]
    assert sorted(batch_id for _, batch_id in batches) == sorted(shared.batch_ids)
    assert len(set(shared.batch_ids)) == 2


async def test_answers_come_in_the_order_of_the_messages(payers: Pool) -> None:
    messages = by_turns(1, 2, 3, 4, 5, 6)
    assert [a.row.message_id for a in answers(await settled(payers, messages))] == [m.message_id for m in messages]


async def test_the_messages_of_one_person_are_settled_in_their_order(payers: Pool) -> None:
    found = answers(await settled(payers, by_turns(100, 1, 200, 2, 300, 3)))
    assert [answer.row.balance_after for answer in found] == [900, 999, 700, 997, 400, 994]


async def test_a_smaller_group_is_one_batch(payers: Pool) -> None:
    assert len((await settled(payers, by_turns(1, 2, 3, 4, 5))).batch_ids) == 1


async def test_a_large_group_of_one_person_is_one_batch(payers: Pool) -> None:
    assert len((await settled(payers, [payment(amount=1) for _ in range(LARGE)])).batch_ids) == 1


async def test_refunds_of_ones_own_payments_do_not_hold_a_group_together(payers: Pool) -> None:
    messages = by_turns(1, 2, 3, 4)
    shared = await settled(payers, [*messages, *(follow_up("refund", message, amount=1) for message in messages)])
    assert len(shared.batch_ids) == 2
    assert {answer.status for answer in answers(shared)} == {"settled"}


# What is for one person's message to decide of another's


async def test_who_is_sent_money_may_pay_with_it_in_the_same_group(payers: Pool) -> None:
    await add_debit_card(payers, ONE, balance=100)
    await add_debit_card(payers, OTHER)
    purchases = [by_card("purchase", OTHER, amount=20) for _ in range(LARGE - 1)]
    shared = await settled(payers, [by_card("transfer", ONE, payee_card=NamedCard("DP4", "SN1")), *purchases])
    assert len(shared.batch_ids) == 1
    assert {answer.status for answer in answers(shared)} == {"settled"}


async def test_a_reversal_that_names_another_persons_payment_does_not_overtake_it(payers: Pool) -> None:
    """Before the payment it would be taken for one that came early, and the payment be declined for ever."""
    messages = by_turns(1, 2, 3, 4, 5, 6)
    reversal = follow_up("reversal", messages[0], person_no=OTHER)
    shared = await settled(payers, [*messages, reversal])
    assert len(shared.batch_ids) == 1
    assert [a.status for a in answers(shared)] == [*["settled"] * LARGE, "declined"]


async def test_of_two_persons_messages_of_one_id_the_first_is_settled(payers: Pool) -> None:
    messages = by_turns(1, 2, 3, 4, 5)
    shared = await settled(payers, [*messages, payment(person_no=OTHER, message_id=messages[0].message_id, amount=1)])
    assert len(shared.batch_ids) == 1
    assert [a.status for a in answers(shared)] == [*["settled"] * 5, "conflict"]


# A share whose database went away


@pytest.fixture
async def half_lost(payers: Pool) -> tuple[list[Message], Shared]:
    """P1 and P4 paid by turns, and the connection of P1's share was lost while it waited for the account."""
    messages = by_turns(1, 2, 3, 4, 5, 6)
    async with transaction(payers) as holding:
        await lock_personal_accounts(holding, [ONE])
        settling = asyncio.create_task(settled(payers, messages))
        await eventually(lambda: _is_recorded(payers, messages[1]))
        await eventually(lambda: _has_ended(payers, settling))
        shared = await settling
    return messages, shared


async def test_a_share_that_is_lost_takes_back_nothing_of_the_other(half_lost: tuple[list[Message], Shared]) -> None:
    _, shared = half_lost
    assert [type(result) for result in shared.results] == [DatabaseUnavailable, Answer] * 3
    assert len(shared.batch_ids) == 1


async def test_what_is_sent_again_settles_the_lost_and_replays_the_other(
    payers: Pool, half_lost: tuple[list[Message], Shared]
) -> None:
    messages, _ = half_lost
    assert [answer.is_new for answer in answers(await settled(payers, messages))] == [True, False] * 3


async def _is_recorded(pool: Pool, message: Message) -> bool:
    found: bool = await pool.fetchval(
        "SELECT EXISTS (SELECT FROM settlement.settlements WHERE message_id = $1)", message.message_id
    )
    return found


async def _has_ended(pool: Pool, settling: "asyncio.Task[Shared]") -> bool:
    """Ends the one session of this database that waits for a lock, or finds that it waited too long."""
    await pool.fetchval(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND wait_event_type = 'Lock'"
    )
    return settling.done()
