"""The bucket of one client: what is let in at once, what on average, and what is told of the rest."""

import pytest
from app.access import rate_limits
from app.access.rate_limits import Limit
from app.errors import RateLimited


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(rate_limits, "time", clock)
    return clock


def taken(limit: Limit, client: str = "key 1") -> int:
    """How many are let in now."""
    count = 0
    while True:
        try:
            limit.take(client)
        except RateLimited:
            return count
        count += 1


def test_those_of_two_seconds_are_let_in_at_once_and_then_as_many_as_fill_up(clock: Clock) -> None:
    limit = Limit("requests", 10)
    assert taken(limit) == 20
    clock.now += 0.5
    assert taken(limit) == 5
    clock.now += 3_600
    assert taken(limit) == 20


def test_a_refusal_says_how_long_to_wait(clock: Clock) -> None:
    limit = Limit("requests", 10)
    taken(limit)
    with pytest.raises(RateLimited) as refused:
        limit.take("key 1")
    assert refused.value.wait == pytest.approx(0.1)
    assert refused.value.policy == '"requests";q=20;w=2'
    clock.now += refused.value.wait + 1e-6
    assert limit.take("key 1") == 0


def test_clients_have_buckets_of_their_own(clock: Clock) -> None:
    limit = Limit("requests", 10)
    taken(limit, "key 1")
    assert limit.take("key 2") == 19


def test_of_too_many_clients_the_one_not_heard_of_for_the_longest_is_forgotten(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate_limits, "_CLIENTS_MAX", 2)
    limit = Limit("requests", 10)
    for client in ("key 1", "key 2", "key 1", "key 3"):
        limit.take(client)
    assert list(limit._full_at) == ["key 1", "key 3"]
