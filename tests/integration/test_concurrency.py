"""Money that several callers give back at once: one of them does, to the fen, and none waits in a circle.

What holds hold is raced for in `test_concurrency_of_holds`, accounts in `test_concurrency_of_accounts`, and a payment
against the loss of its card, or the freeze of its account, in `test_loss_race`.
"""

from collections import Counter
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest
from app.codes import Code
from app.database import Pool
from app.settlement.messages import Message
from app.settlement.records import Outcome
from tests.builders import Database, authorization, by_card, follow_up, payment
from tests.kinds import balance, grant, outcome, outcomes
from tests.races import RICH, Arena, arena_of, at_once, transfer

pytestmark = pytest.mark.races

ROUNDS = 30


@pytest.fixture
async def arena(database: Database) -> AsyncIterator[Arena]:
    """P1 and P2 are rich by either account."""
    async with arena_of(database, "P1", "P2") as arena:
        yield arena


def codes_of(told: Sequence[Outcome]) -> tuple[str, ...]:
    return tuple(each.code for each in told)


async def accounts(pool: Pool) -> list[Any]:
    return await pool.fetch("SELECT owner, balance, held FROM ledger.accounts WHERE balance IS NOT NULL ORDER BY owner")


# Money goes back

#: Amounts of refunds of 1,000 fen at once, 0 for all that is left, and how often each code is told.
REFUNDS: list[tuple[tuple[int, ...], dict[Code, int]]] = [
    ((0, 0), {Code.OK: 1, Code.ALREADY_REFUNDED: 1}),
    ((600, 600), {Code.OK: 1, Code.REFUND_EXCEEDS_ORIGINAL: 1}),
    ((300,) * 5, {Code.OK: 3, Code.REFUND_EXCEEDS_ORIGINAL: 2}),
]


async def test_refunds_at_once_never_give_back_more_than_was_paid(arena: Arena) -> None:
    """Double refund under concurrency: blnk PR#315."""
    for amounts, codes in REFUNDS * (ROUNDS // 2):
        paid = payment()
        await outcome(arena.pool, paid)
        before = await balance(arena.pool)
        told = await at_once(arena.pool, *(follow_up("refund", paid, amount=fen) for fen in amounts))
        assert Counter(codes_of(told)) == codes
        assert await balance(arena.pool) - before == sum(each.account_paid for each in told) <= 1_000
    await arena.assert_whole()


async def test_a_refund_and_a_reversal_of_one_payment_give_it_back_once(arena: Arena) -> None:
    seen: set[tuple[object, ...]] = set()
    for amount in (0, 300) * ROUNDS:
        before, paid = await accounts(arena.pool), payment(amount=RICH + 500)
        assert (await outcome(arena.pool, paid)).cash_due == 500
        told = await at_once(arena.pool, follow_up("refund", paid, amount=amount), follow_up("reversal", paid))
        assert await accounts(arena.pool) == before
        assert sum(each.cash_due for each in told) == 500
        seen.add((amount, *codes_of(told)))
    assert seen == {
        (0, Code.OK, Code.NOTHING_TO_REVERSE),
        (0, Code.ALREADY_REVERSED, Code.OK),
        (300, Code.OK, Code.OK),
        (300, Code.ALREADY_REVERSED, Code.OK),
    }
    await arena.assert_whole()


async def test_a_refund_and_the_reversal_of_an_earlier_one_never_exceed_the_payment(arena: Arena) -> None:
    seen: set[tuple[str, ...]] = set()
    for _ in range(ROUNDS):
        paid = payment()
        refund = follow_up("refund", paid, amount=400)
        await outcomes(arena.pool, paid, refund)
        before = await balance(arena.pool)
        rivals = follow_up("refund", paid, amount=800), follow_up("reversal", refund)
        told = await at_once(arena.pool, *rivals)
        given = 800 if told[0].code == Code.OK else 0
        assert await balance(arena.pool) == before - 400 + given
        seen.add(codes_of(told))
    assert seen == {(Code.OK, Code.OK), (Code.REFUND_EXCEEDS_ORIGINAL, Code.OK)}
    await arena.assert_whole()


async def test_a_payment_and_its_refund_reversed_at_once_leave_nothing_of_either(arena: Arena) -> None:
    seen: set[tuple[str, ...]] = set()
    for _ in range(ROUNDS):
        before, paid = await accounts(arena.pool), payment()
        refund = follow_up("refund", paid, amount=400)
        await outcomes(arena.pool, paid, refund)
        told = await at_once(arena.pool, follow_up("reversal", paid), follow_up("reversal", refund))
        assert await accounts(arena.pool) == before
        seen.add(codes_of(told))
    assert seen == {(Code.OK, Code.OK), (Code.OK, Code.ALREADY_REVERSED)}
    await arena.assert_whole()


# Reversals


def _original(kind: str, earlier: Message) -> Message:
    match kind:
        case "payment of a family":
            return payment(amount=RICH + 500, use_mutual_aid=True)
        case "authorization":
            return authorization()
        case "capture" | "refund":
            return follow_up(kind, earlier, amount=300)
        case "transfer":
            return transfer("P1", "P2")
        case _:
            return by_card(kind) if kind in ("deposit", "withdrawal", "purchase") else payment()


KINDS = (
    "payment", "payment of a family", "authorization", "capture", "refund", "deposit", "withdrawal", "purchase",
    "transfer",
)  # fmt: skip


async def test_an_original_and_its_reversal_at_once_come_to_nothing(arena: Arena) -> None:
    await grant(arena.pool, "P2")
    seen: set[tuple[str, ...]] = set()
    for kind in KINDS * (ROUNDS // 2):
        earlier = authorization() if kind == "capture" else payment()
        original = _original(kind, earlier)
        if kind in ("capture", "refund"):
            await outcome(arena.pool, earlier)
        before = await accounts(arena.pool)
        told = await at_once(arena.pool, original, follow_up("reversal", original))
        assert await accounts(arena.pool) == before, kind
        assert told[1].status == "reversed", kind
        if kind == "capture":
            await outcome(arena.pool, follow_up("void", earlier))
        seen.add(codes_of(told))
    assert seen == {(Code.OK, Code.OK), (Code.REVERSED_BEFORE_ARRIVAL, Code.ORIGINAL_NOT_FOUND)}
    await arena.assert_whole()


async def test_reversals_of_one_original_take_it_back_once(arena: Arena) -> None:
    for kind in ("payment", "authorization", "transfer") * (ROUNDS // 2):
        before, original = await accounts(arena.pool), _original(kind, payment())
        await outcome(arena.pool, original)
        told = await at_once(arena.pool, *(follow_up("reversal", original) for _ in range(3)))
        assert Counter(codes_of(told)) == {Code.OK: 1, Code.ALREADY_REVERSED: 2}, kind
        assert await accounts(arena.pool) == before, kind
    await arena.assert_whole()


async def test_two_reversals_lay_one_tombstone_whoever_they_name(arena: Arena) -> None:
    for persons in (("P1", "P1"), ("P1", "P2")) * (ROUNDS // 2):
        original = payment()
        told = await at_once(arena.pool, *(follow_up("reversal", original, person_no=each) for each in persons))
        assert Counter(codes_of(told)) == {Code.ORIGINAL_NOT_FOUND: 1, Code.ALREADY_REVERSED: 1}
        assert (await outcome(arena.pool, original)).code == Code.REVERSED_BEFORE_ARRIVAL
    await arena.assert_whole()


async def test_of_two_late_messages_under_one_tombstone_one_is_recorded(arena: Arena) -> None:
    before = await accounts(arena.pool)
    for _ in range(ROUNDS):
        late = payment()
        await outcome(arena.pool, follow_up("reversal", late))
        both = [late, payment(message_id=late.message_id, person_no="P2")]
        told = await at_once(arena.pool, *both)
        assert sorted(each.status for each in told) == ["conflict", "declined"]
        [recorded] = [each for each in told if each.status == "declined"]
        assert (recorded.code, recorded.replayed) == (Code.REVERSED_BEFORE_ARRIVAL, False)
        [refused] = [each for each in told if each.status == "conflict"]
        assert refused.differing_fields == ("person_no",)
        again = await at_once(arena.pool, *both)
        assert [each.status for each in again] == [each.status for each in told]
        assert await _recorded(arena.pool, late.message_id) == 1
    assert await accounts(arena.pool) == before
    await arena.assert_whole()


async def test_one_key_of_two_persons_and_a_reversal_at_once_leave_one_message(arena: Arena) -> None:
    spent_by_other = 0
    before = await balance(arena.pool, "P2")
    for _ in range(ROUNDS):
        mine = payment()
        other = payment(message_id=mine.message_id, person_no="P2")
        told = await at_once(arena.pool, mine, other, follow_up("reversal", mine))
        assert min(each.status for each in told[:2]) == "conflict"
        assert await _recorded(arena.pool, mine.message_id) == 1
        is_other = told[1].status == "settled"
        assert (told[2].code == Code.ORIGINAL_OF_ANOTHER_PERSON) == is_other
        spent_by_other += 1_000 if is_other else 0
    assert await balance(arena.pool, "P1") == RICH
    assert await balance(arena.pool, "P2") == before - spent_by_other
    await arena.assert_whole()


async def _recorded(pool: Pool, message_id: str) -> int:
    found: int = await pool.fetchval("SELECT count(*) FROM settlement.settlements WHERE message_id = $1", message_id)
    return found
