"""The feed of an institution: everything that was recorded for it, once, under numbers without a gap."""

import asyncio
import time
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import TypeAlias

import asyncpg
import pytest
from app.database import Pool, transaction
from app.errors import DatabaseUnavailable
from app.settlement.feed import reading
from app.settlement.feed.projector import GATHER_SECONDS, catch_up, keep_feed_projected, project_round
from app.settlement.feed.reading import Order, Wanted, head_of, read_page, settlements_of_day
from app.settlement.messages import Message
from app.settlement.rules import RuleBook
from app.settlement.settle import _settle_once, settle
from app.tasks import stop_beside
from app.verify import verify
from tests.builders import HOSPITAL, MIDNIGHT, PHARMACY, Database, add_institution, add_person, payment
from tests.harness import eventually

Owner: TypeAlias = "asyncpg.Connection[asyncpg.Record]"


async def settle_each(pool: Pool, *batches: Sequence[Message]) -> list[str]:
    """Settle batch after batch; the message ids."""
    for batch in batches:
        await settle(pool, batch, rules=RuleBook(MIDNIGHT))
    return [message.message_id for batch in batches for message in batch]


async def told(
    pool: Pool,
    institution: str = HOSPITAL,
    *,
    order: Order = "oldest_first",
    limit: int = 100,
    position: int | None = None,
    wanted: Wanted = reading.EVERYTHING,
) -> list[tuple[int, str]]:
    """Number and message id of all that stands behind a position, page by page."""
    found: list[tuple[int, str]] = []
    async with transaction(pool) as connection:
        while True:
            page = await read_page(connection, institution, position, limit=limit, order=order, wanted=wanted)
            assert len(page.told) <= limit
            found += [(each.number, each.recorded.row.message_id) for each in page.told]
            if page.is_last:
                return found
            if position is not None:
                gone_on = page.position - position if order == "oldest_first" else position - page.position
                assert gone_on > 0, "a page that does not lead on"
            position = page.position


@pytest.fixture
async def payers(pool: Pool) -> Pool:
    await add_institution(pool)
    await add_institution(pool, PHARMACY, kind="pharmacy")
    await add_person(pool, balance=1_000_000)
    return pool


# What is projected


async def test_everything_recorded_is_told_once_with_numbers_from_one(books: Pool, database: Database) -> None:
    await catch_up(books)
    async with transaction(books) as connection:
        heads = [await head_of(connection, each) for each in (HOSPITAL, PHARMACY, "X00000000003", "NOBODY000000")]
    assert heads == [7, 1, 1, 0]
    assert [number for number, _ in await told(books)] == [1, 2, 3, 4, 5, 6, 7]
    assert (await verify(database.app_url)).violations == []


async def test_a_round_with_nothing_new_leaves_all_as_it_is(books: Pool) -> None:
    await catch_up(books)
    before = await told(books)
    assert await project_round(books) == (0, False)
    assert await told(books) == before


async def test_a_replay_and_a_conflict_are_not_told_again(payers: Pool) -> None:
    message = payment()
    await settle_each(payers, [message], [message], [payment(message_id=message.message_id, amount=7)])
    await catch_up(payers)
    assert await told(payers) == [(1, message.message_id)]


async def test_rounds_may_be_small(payers: Pool, database: Database) -> None:
    ids = await settle_each(payers, *([payment() for _ in range(3)] for _ in range(5)))
    rounds = 0
    while (done := await project_round(payers, settlements_max=4)) is not None and done.more:
        rounds += 1
    assert rounds == 2
    assert [message_id for _, message_id in await told(payers)] == ids
    assert (await verify(database.app_url)).violations == []


async def test_a_lane_may_be_more_than_a_round_behind(payers: Pool) -> None:
    ids = await settle_each(payers, *([payment()] for _ in range(70)))
    await catch_up(payers)
    assert [message_id for _, message_id in await told(payers)] == ids


async def test_more_of_one_institution_than_a_row_holds(payers: Pool, database: Database) -> None:
    ids = await settle_each(payers, [payment(amount=1) for _ in range(1_500)], [payment(amount=1) for _ in range(700)])
    await catch_up(payers)
    rows = await payers.fetch("SELECT last_no FROM settlement.feed WHERE institution = $1 ORDER BY last_no", HOSPITAL)
    assert [row["last_no"] for row in rows] == [1_000, 2_000, 2_200]
    assert await told(payers) == list(enumerate(ids, 1))
    assert (await verify(database.app_url)).violations == []


async def test_what_commits_late_is_told_behind_what_was_told(payers: Pool, database: Database) -> None:
    """Its time is earlier, its batch id lower; a cursor by either would have passed it."""
    await add_person(payers, "P2", balance=1_000)
    late = payment(person_no="P2")
    async with payers.acquire() as connection:
        posting = connection.transaction()
        await posting.start()
        await _settle_once(connection, [late], RuleBook(MIDNIGHT))
        first = await settle_each(payers, [payment()])
        await catch_up(payers)
        assert await told(payers) == [(1, first[0])]
        await posting.commit()
    await catch_up(payers)
    assert await told(payers, position=1) == [(2, late.message_id)]
    assert (await verify(database.app_url)).violations == []


async def test_many_processes_project_at_once(payers: Pool, database: Database) -> None:
    ids: list[str] = []
    for _ in range(5):
        ids += await settle_each(payers, [payment() for _ in range(20)])
        await asyncio.gather(*(project_round(payers, settlements_max=30) for _ in range(4)))
    await catch_up(payers)
    assert await told(payers) == list(enumerate(ids, 1))
    assert (await verify(database.app_url)).violations == []


async def test_many_keepers_have_no_more_rounds_than_one(payers: Pool) -> None:
    """Each found what had waited for so long, but for what was being committed as the last one looked."""
    await catch_up(payers)
    keepers: list[asyncio.Task[None]] = []
    commits = []
    try:
        for number in range(30):
            if number in (0, 2, 4, 6):  # some 0.1 s apart, so that clocks of their own would have them look by turns
                keepers.append(asyncio.create_task(keep_feed_projected(payers)))
            began = time.monotonic()
            await settle_each(payers, [payment(amount=1)])
            commits.append(timedelta(seconds=time.monotonic() - began))
            await asyncio.sleep(0.05)
    finally:
        await stop_beside(keepers)
    await catch_up(payers)
    rounds = await payers.fetch(
        "SELECT first_settled_at AS oldest FROM settlement.feed WHERE institution = $1 ORDER BY last_no", HOSPITAL
    )
    found = [each["oldest"] for each in rounds[:-1]]  # the last one did not wait
    assert len(found) > 1
    assert all(later - sooner >= timedelta(seconds=GATHER_SECONDS) - max(commits) for sooner, later in pairwise(found))


async def test_a_round_that_is_cut_off_leaves_nothing(payers: Pool, owner: Owner, database: Database) -> None:
    ids = await settle_each(payers, [payment() for _ in range(5)])
    await owner.execute("BEGIN; LOCK settlement.feed_lanes IN EXCLUSIVE MODE")  # the round waits when it writes
    cut_off = asyncio.create_task(project_round(payers))
    await eventually(lambda: owner.fetchval("SELECT EXISTS (SELECT FROM pg_locks WHERE NOT granted)"))
    await payers.fetch("SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted")
    with pytest.raises(DatabaseUnavailable):
        await cut_off
    await owner.execute("ROLLBACK")
    assert await told(payers) == []
    await catch_up(payers)
    assert await told(payers) == list(enumerate(ids, 1))
    assert (await verify(database.app_url)).violations == []


async def test_numbers_go_on_when_days_are_archived(payers: Pool, owner: Owner, database: Database) -> None:
    yesterday, today = await of_two_days(payers, owner, 3, 2)
    await catch_up(payers)
    for table in ("settlements", "feed"):
        await owner.execute(f"DROP TABLE settlement.{table}_{yesterday:%Y%m%d}")
    more = await settle_each(payers, [payment()])
    await catch_up(payers)
    assert [number for number, _ in await told(payers)] == [4, 5, 6]
    assert (await told(payers))[-1] == (6, more[0])
    report = await verify(database.app_url)
    assert [each for each in report.violations if each.check.startswith("feed")] == []
    assert today != yesterday


# Pages of it


async def test_pages_of_any_size_give_the_same(payers: Pool, owner: Owner) -> None:
    """Over more days than a page looks at, whose settlements lie between each other."""
    start = date(2026, 3, 1)
    days = [start + timedelta(days=number) for number in (0, 1, 0, 2, 3, 2, 4, 5, 1, 6)]
    for day in set(days):
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    ids = []
    for day in days:
        ids += await settle_each(payers, [payment(), payment()])
        await move_last_batch(owner, day)
        await catch_up(payers)
    expected = list(enumerate(ids, 1))
    of_first_day = [each for each in expected if each[0] in (1, 2, 5, 6)]
    for limit in (1, 2, 3, 7, 100):
        assert await told(payers, limit=limit) == expected
        assert await told(payers, limit=limit, order="newest_first") == expected[::-1]
        for position in (1, 5, 19):
            assert await told(payers, limit=limit, position=position) == expected[position:]
            older = await told(payers, limit=limit, position=position, order="newest_first")
            assert older == expected[: position - 1][::-1]
        assert await told(payers, limit=limit, wanted=Wanted(business_day=start)) == of_first_day


async def test_pages_lead_on_where_more_days_than_one_looks_at_lie_between_each_other(
    payers: Pool, owner: Owner
) -> None:
    """As where lanes of an uneven load were far behind: the first round takes days of one, and hours of another."""
    days = [date(2026, 3, 1) + timedelta(days=number) for number in (0, 1, 2, 3, 4, 5, 0, 1, 2, 3, 4, 5)]
    for day in set(days):
        await owner.execute("SELECT settlement.prepare_day($1)", day)
    ids = []
    for day in days:
        ids += await settle_each(payers, [payment(), payment()])
        await move_last_batch(owner, day)
        await catch_up(payers)
    expected = list(enumerate(ids, 1))
    for limit in (1, 3, 100):
        assert await told(payers, limit=limit) == expected
        assert await told(payers, limit=limit, order="newest_first") == expected[::-1]


async def test_a_page_is_filtered(books: Pool) -> None:
    await catch_up(books)

    async def numbers(wanted: Wanted) -> list[int]:
        return [number for number, _ in await told(books, wanted=wanted)]

    assert await numbers(Wanted(statuses=["declined"])) == [3, 4]
    assert await numbers(Wanted(codes=["person_unknown"])) == [4]
    assert await numbers(Wanted(kinds=["refund"])) == []
    assert await numbers(Wanted(statuses=["settled"], kinds=["payment"])) == [1, 2, 5, 6, 7]
    last: datetime = await books.fetchval("SELECT max(settled_at) FROM ledger.batches")
    assert await numbers(Wanted(since=last)) == [6, 7]
    assert await numbers(Wanted(until=last)) == [1, 2, 3, 4, 5]
    assert await numbers(Wanted(since=last + timedelta(microseconds=1))) == []
    assert await numbers(Wanted(since=last - timedelta(days=400), until=last - timedelta(days=30))) == []


async def test_a_page_looks_at_no_more_than_it_may(payers: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "_SETTLEMENTS_MAX", 10)
    monkeypatch.setattr(reading, "_ROWS_MAX", 2)
    for _ in range(4):
        await settle_each(payers, [payment(amount=1) for _ in range(12)])
        await catch_up(payers)
    [wanted] = await settle_each(payers, [payment(med_type="11", kind="deposit")])
    await catch_up(payers)
    async with transaction(payers) as connection:
        page = await read_page(connection, HOSPITAL, None, limit=5, wanted=Wanted(kinds=["deposit"]))
    assert page == ([], 10, False)
    for order, rest in (("oldest_first", [(49, wanted)]), ("newest_first", [(49, wanted)])):
        assert await told(payers, order=order, limit=5, wanted=Wanted(kinds=["deposit"])) == rest  # type: ignore[arg-type]


async def test_no_institution_is_told_of_another(books: Pool) -> None:
    await catch_up(books)
    async with transaction(books) as connection:
        for institution in (HOSPITAL, PHARMACY):
            page = await read_page(connection, institution, None, limit=100)
            assert {each.recorded.row.institution for each in page.told} == {institution}


async def test_a_day_is_streamed(payers: Pool, owner: Owner) -> None:
    yesterday, today = await of_two_days(payers, owner, 25, 5)
    await catch_up(payers)
    async with transaction(payers) as connection:
        for day, count in ((yesterday, 25), (today, 5), (today + timedelta(days=1), 0)):
            streamed = [each async for each in settlements_of_day(connection, HOSPITAL, day, rows_per_read=10)]
            assert len({each.row.message_id for each in streamed}) == len(streamed) == count
            assert all(each.row.business_day == day for each in streamed)


async def of_two_days(pool: Pool, owner: Owner, before: int, now: int) -> tuple[date, date]:
    """Settlements of yesterday and of today."""
    await settle_each(pool, [payment(amount=1) for _ in range(before)])
    today: date = await pool.fetchval("SELECT max(business_day) FROM ledger.batches")
    yesterday = today - timedelta(days=1)
    await move_last_batch(owner, yesterday)
    await settle_each(pool, [payment(amount=1) for _ in range(now)])
    return yesterday, today


async def move_last_batch(owner: Owner, day: date) -> None:
    """As if it had been settled on this day."""
    last = "(SELECT batch_id FROM ledger.batches ORDER BY settled_at DESC LIMIT 1)"
    for table in ("settlement.settlements", "ledger.transfers", "settlement.message_keys", "ledger.batches"):
        await owner.execute(f"UPDATE {table} SET business_day = $1 WHERE batch_id = {last}", day)
