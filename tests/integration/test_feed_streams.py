"""A stream of a feed by itself: what it says when nothing happens, and when it ends."""

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest
from app.database import Pool
from app.errors import Overloaded, Unauthenticated
from app.routes import feed
from app.settlement.feed import watch
from app.settlement.feed.watch import FeedWatch
from tests.builders import HOSPITAL


@pytest.fixture
def services(pool: Pool) -> Any:
    return SimpleNamespace(pool=pool, feed_watch=FeedWatch(pool))


async def proved() -> None:
    """The key of the reader is good."""


async def test_a_stream_in_which_nothing_happens_beats(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_HEARTBEAT_SECONDS", 0.01)
    events = feed._events(services, HOSPITAL, 0, proved)
    assert [await anext(events) for _ in range(3)] == [b"retry: 2000\n\n", b": heartbeat\n\n", b": heartbeat\n\n"]
    await events.aclose()


async def test_a_stream_ends_after_a_while(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed, "_STREAM_SECONDS_MAX", 0.0)
    assert [event async for event in feed._events(services, HOSPITAL, 0, proved)] == [b"retry: 2000\n\n"]


async def test_a_stream_ends_when_the_key_of_its_reader_is_revoked(
    services: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feed, "_HEARTBEAT_SECONDS", 0.01)
    asked = 0

    async def revoked_by_then() -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise Unauthenticated("The key is revoked.")

    events = [event async for event in feed._events(services, HOSPITAL, 0, revoked_by_then)]
    assert events == [b"retry: 2000\n\n", b": heartbeat\n\n"]


async def test_a_stream_ends_when_the_process_stops(services: Any) -> None:
    events = feed._events(services, HOSPITAL, 0, proved)
    assert await anext(events) == b"retry: 2000\n\n"
    last = asyncio.create_task(anext(events, None))
    await asyncio.sleep(0.1)
    services.feed_watch.close()
    assert await last is None


async def test_a_stream_ends_when_the_database_is_away(services: Any, pool: Pool) -> None:
    await pool.close()
    assert [event async for event in feed._events(services, HOSPITAL, 0, proved)] == [b"retry: 2000\n\n"]


async def test_no_more_readers_than_may_be(services: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watch, "_READERS_MAX", 1)
    services.feed_watch.refuse_if_full()
    events = feed._events(services, HOSPITAL, 0, proved)
    await anext(events)
    with pytest.raises(Overloaded):
        services.feed_watch.refuse_if_full()
    await events.aclose()
    services.feed_watch.refuse_if_full()
