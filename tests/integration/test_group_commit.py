"""How requests over HTTP come together in batches. What each is answered stands in test_http.py."""

import asyncio
import secrets
from collections.abc import AsyncIterator, Sequence

import pytest
from app.database import Pool
from app.errors import DatabaseUnavailable
from app.settlement import group_commit as module
from app.settlement.group_commit import GroupCommit, Reply
from app.settlement.messages import Message
from app.settlement.outbox import Outbox
from app.settlement.publisher import PublicationMarks, Publisher
from app.settlement.rules import RuleBook
from app.settlement.shares import Shared, settle_in_shares
from tests.builders import MIDNIGHT, payment
from tests.harness import DEADLINE_SECONDS, House

BATCH_MAX = 20


@pytest.fixture
async def group_commit(standing: House) -> AsyncIterator[GroupCommit]:
    publisher = Publisher(standing.producer, standing.settings.topic_outcomes)
    marks = PublicationMarks(standing.pool)
    outbox = Outbox(publisher, marks)
    group_commit = GroupCommit(standing.pool, outbox, rules=RuleBook(MIDNIGHT), batch_max=BATCH_MAX, waiting_max=1_000)
    running = asyncio.create_task(group_commit.run())
    yield group_commit
    running.cancel()
    await outbox.drain()
    await marks.flush()


@pytest.fixture
def endless_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_PATIENCE", 1e9)
    monkeypatch.setattr(module, "_PATIENCE_SECONDS_MAX", 3_600)


class Callers:
    """Each pays so many times, the next time when the time before was answered."""

    def __init__(self, group_commit: GroupCommit, person_no: str) -> None:
        self._group_commit = group_commit
        self._person_no = person_no

    def pay(self, count: int, times: int = 1) -> list[asyncio.Task[list[str]]]:
        return [asyncio.create_task(self._pay(times)) for _ in range(count)]

    async def _pay(self, times: int) -> list[str]:
        ids = [secrets.token_hex(8) for _ in range(times)]
        for message_id in ids:
            message = payment(message_id=message_id, person_no=self._person_no, amount=1)
            [reply] = await self._group_commit.settle([message])
            assert isinstance(reply, Reply)
        return ids


@pytest.fixture
def callers(group_commit: GroupCommit, person: str) -> Callers:
    return Callers(group_commit, person)


async def batches_of(house: House, tasks: Sequence[asyncio.Task[list[str]]]) -> list[int]:
    """How many of their payments each batch held, once all are answered, in the order of batches."""
    async with asyncio.timeout(DEADLINE_SECONDS):
        ids = [message_id for task in tasks for message_id in await task]
    rows = await house.pool.fetch(
        """
        SELECT count(*) FROM settlement.settlements JOIN ledger.batches USING (batch_id)
        WHERE message_id = ANY ($1::text[]) GROUP BY batch_id ORDER BY min(settled_at)
        """,
        ids,
    )
    return [count for (count,) in rows]


async def test_callers_who_ask_again_when_they_are_answered_stay_together(standing: House, callers: Callers) -> None:
    """Who had just missed a batch would else go by turns with the others from then on."""
    early = callers.pay(1, times=10)
    await asyncio.sleep(0)  # it is on its way before the others come
    assert await batches_of(standing, [*early, *callers.pay(9, times=10)]) == [1, 9, *[10] * 9]


@pytest.mark.usefixtures("endless_patience")
async def test_nobody_is_waited_for_when_a_batch_is_full(standing: House, callers: Callers) -> None:
    """Of 30 callers 20 are answered at once and do not come back; 10 that wait and 10 that come are a batch."""
    first = callers.pay(30)
    await asyncio.wait(first, timeout=DEADLINE_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    assert await batches_of(standing, [*first, *callers.pay(10)]) == [20, 20]


@pytest.mark.usefixtures("endless_patience")
async def test_few_callers_are_not_waited_for(standing: House, callers: Callers) -> None:
    assert await batches_of(standing, callers.pay(3)) == [3]
    assert await batches_of(standing, callers.pay(1)) == [1]


async def test_callers_who_do_not_come_back_are_not_waited_for_long(standing: House, callers: Callers) -> None:
    assert await batches_of(standing, callers.pay(10)) == [10]
    assert await batches_of(standing, callers.pay(1)) == [1]


async def test_who_is_wholly_in_a_lost_share_is_told_so_and_the_others_are_answered(
    standing: House, group_commit: GroupCommit, monkeypatch: pytest.MonkeyPatch, person: str
) -> None:
    """A group of three requests: one of the share that is lost, one of the other, one of both."""

    async def half_lost(_pool: Pool, messages: Sequence[Message], *, rules: RuleBook) -> Shared:
        shared = await settle_in_shares(standing.pool, [m for m in messages if m.amount == 1], rules=rules)
        found = iter(shared.results)
        results = [next(found) if m.amount == 1 else DatabaseUnavailable("lost") for m in messages]
        return Shared(results, shared.batch_ids)

    monkeypatch.setattr(module, "settle_in_shares", half_lost)
    good, lost = (payment(person_no=person, amount=amount) for amount in (1, 2))
    both = [payment(person_no=person, amount=amount) for amount in (1, 2)]
    told = await asyncio.gather(*map(group_commit.settle, ([good], [lost], both)), return_exceptions=True)
    assert isinstance(told[0], list)
    assert [type(result) for result in told[0]] == [Reply]
    assert [type(each) for each in told[1:]] == [DatabaseUnavailable] * 2
    for recorded in (good, both[0]):
        [told_once] = await standing.told(recorded.message_id)
        assert told_once.outcome["status"] == "settled"
