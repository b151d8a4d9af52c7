"""The overview's figures: differences of each process's own counters, added up."""

from datetime import UTC, datetime, timedelta
from typing import Any

from app.console.live import Look, _growth, _look
from app.metrics import SECONDS
from app.process_board import Told

START = datetime(2026, 1, 1, tzinfo=UTC)
NO_TIMES = [0] * (len(SECONDS) + 1)


def told(process: str = "A", seconds: float = 0.0, kind: Any = "api", **figures: Any) -> Told:
    of_kind = {"partitions": {}, "partitions_of_topic": 2} if kind == "worker" else {}
    whole = {
        "outcomes": {}, "dead_letters": {}, "end_to_end": NO_TIMES, "till": [], "unpublished_seconds": 0.0,
        **of_kind, **figures,
    }  # fmt: skip
    return Told(process, kind, "host", 1, "0", START, START + timedelta(seconds=seconds), 0.0, whole)


def look(before: list[Told], now: list[Told]) -> Look:
    return _look(now, [_growth({each.process: each for each in before}, now)])


def times(**within: int) -> list[int]:
    """So many in the bucket that ends at a bound, named `ms_10`; cumulative as a histogram has them."""
    bounds = [*SECONDS, float("inf")]
    return [sum(n for name, n in within.items() if int(name[3:]) / 1000 <= bound) for bound in bounds]


def test_rates_of_processes_add_up() -> None:
    before = [told("A", outcomes={"settled|ok": 100}), told("B", 1.0, outcomes={"settled|ok": 7, "held|ok": 1})]
    now = [told("A", 2.0, outcomes={"settled|ok": 120}), told("B", 5.0, outcomes={"settled|ok": 11, "held|ok": 5})]
    assert look(before, now).settled == 10.0 + 1.0 + 1.0


def test_a_process_that_starts_with_old_counters_makes_no_jump() -> None:
    seen = look([], [told("A", outcomes={"settled|ok": 1_000_000})])
    assert (seen.settled, seen.answered) == (0.0, 0)


def test_one_that_has_not_told_since_counts_once() -> None:
    same = told("A", outcomes={"settled|ok": 5})
    assert look([same], [same]).settled == 0.0


def test_declines_and_rejections_stand_by_code_and_the_most_frequent_first() -> None:
    before = [told(outcomes={"settled|ok": 1})]
    now = [told(seconds=2, outcomes={
        "settled|ok": 9, "declined|card_lost": 1, "declined|insufficient_funds": 3, "rejected|institution_unknown": 2,
        "replayed|ok": 4,
    })]  # fmt: skip
    seen = look(before, now)
    assert seen.codes == [
        ("declined", "insufficient_funds", 3), ("rejected", "institution_unknown", 2), ("declined", "card_lost", 1),
    ]  # fmt: skip
    assert seen.answered == 18


def test_latencies_are_of_all_processes_and_none_where_nothing_came() -> None:
    before = [told("A", till=NO_TIMES), told("B", till=[])]
    now = [told("A", 2, till=times(ms_10=98)), told("B", 2, till=times(ms_500=2))]
    seen = look(before, now)
    assert seen.till_p50 is not None
    assert seen.till_p99 is not None
    assert 0.005 < seen.till_p50 <= 0.01
    assert 0.25 < seen.till_p99 <= 0.5
    assert (seen.record_p50, seen.record_p99) == (None, None)


def test_lag_is_of_owned_partitions_and_the_rest_are_told_as_unowned() -> None:
    standing = {"lag": 12, "stalled_seconds": 4.0, "done_at": 0.0}
    seen = look([], [told("W", kind="worker", partitions={"1": standing})])
    assert (seen.lag, seen.unowned, seen.stalled_seconds, seen.workers) == (12, 1, 4.0, 1)


def test_truths_are_those_that_were_read_last() -> None:
    old, new = {"read_at": 1.0, "imbalance_fen": 0}, {"read_at": 2.0, "imbalance_fen": 5}
    seen = look([], [told("S", kind="scheduler", truths=new), told("T", kind="scheduler", truths=old)])
    assert seen.truths == new
    assert look([], [told("A")]).truths is None
