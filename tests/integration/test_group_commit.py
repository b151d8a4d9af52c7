"""How requests over HTTP come together in batches. What each is answered stands in test_http.py."""

import asyncio
import secrets
from collections.abc import AsyncIterator

import pytest
from app.settlement.group_commit import GroupCommit
from app.settlement.outbox import Outbox
from app.settlement.publisher import PublicationMarks, Publisher
from app.settlement.records import Answer
from app.settlement.rules import RuleBook
from app.tasks import start_beside, stop_beside
from tests.builders import MIDNIGHT, payment
from tests.harness import House


@pytest.fixture
async def group_commit(standing: House) -> AsyncIterator[GroupCommit]:
    outbox = Outbox(Publisher(standing.producer, standing.settings.topic_outcomes), PublicationMarks(standing.pool))
    group_commit = GroupCommit(standing.pool, outbox, rules=RuleBook(MIDNIGHT), batch_max=50, waiting_max=1_000)
    beside = start_beside(group_commit.run())
    yield group_commit
    await stop_beside(beside)


async def pay(group_commit: GroupCommit, person_no: str, times: int) -> list[Answer]:
    """One payment after the other; a caller who waits for each answer."""
    answers = []
    for _ in range(times):
        [answer] = await group_commit.settle([payment(message_id=secrets.token_hex(8), person_no=person_no, amount=1)])
        assert isinstance(answer, Answer)
        answers.append(answer)
    return answers


async def test_callers_who_ask_again_when_they_are_answered_stay_together(
    standing: House, group_commit: GroupCommit, person: str
) -> None:
    """Those who had just missed a batch would else go by turns with the others, in halves, from then on."""
    late = asyncio.create_task(pay(group_commit, person, 10))
    await asyncio.sleep(0)  # it is on its way before the others come
    others = [asyncio.create_task(pay(group_commit, person, 10)) for _ in range(9)]
    batches = await answered_in(standing, [late, *others])
    assert max(batches) == 10
    assert sum(batches) == 100
    assert len(batches) <= 14


async def test_a_lone_caller_is_settled_alone_and_at_once(
    standing: House, group_commit: GroupCommit, person: str
) -> None:
    assert await answered_in(standing, [asyncio.create_task(pay(group_commit, person, 5))]) == [1] * 5


async def answered_in(house: House, callers: "list[asyncio.Task[list[Answer]]]") -> list[int]:
    """How many of the callers' payments each batch held."""
    ids = [answer.outcome.message_id for caller in callers for answer in await caller]
    rows = await house.pool.fetch(
        "SELECT count(*) FROM settlement.settlements WHERE message_id = ANY ($1::text[]) GROUP BY batch_id", ids
    )
    return [count for (count,) in rows]
