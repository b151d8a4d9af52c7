"""When business days begin and end, with cut-offs that change."""

from datetime import UTC, date, datetime, time, timedelta

from app.config import ZONE
from app.ledger.business_days import BusinessDays, CutOff
from hypothesis import given
from hypothesis import strategies as st

DAY = date(2026, 11, 24)
cut_offs = st.lists(
    st.builds(CutOff, st.dates(date(2026, 11, 20), date(2026, 11, 30)), st.times()),
    max_size=4,
    unique_by=lambda cut_off: cut_off.from_day,
)
moments = st.timedeltas(timedelta(0), timedelta(days=14))


def shanghai(year: int, month: int, day: int, hour: int = 0, minute: int = 0, second: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, second, tzinfo=ZONE)


def test_a_day_begins_at_the_cut_off_of_shanghai() -> None:
    days = BusinessDays(time(2, 30))
    assert days.begin(DAY) == datetime(2026, 11, 23, 18, 30, tzinfo=UTC)
    assert days.end(DAY) == days.begin(DAY + timedelta(days=1))
    assert days.by_clock(shanghai(2026, 11, 24, 2, 29, 59)) == date(2026, 11, 23)
    assert days.by_clock(shanghai(2026, 11, 24, 2, 30)) == DAY


def test_a_filed_cut_off_holds_from_its_day_on() -> None:
    days = BusinessDays(time(0), (CutOff(date(2026, 11, 26), time(1)), CutOff(DAY, time(4))))
    assert [days.begin(date(2026, 11, day)).time() for day in range(23, 28)] == [
        time(0), time(4), time(4), time(1), time(1),
    ]  # fmt: skip
    assert days.by_clock(shanghai(2026, 11, 24, 3)) == date(2026, 11, 23)


@given(filed=cut_offs, initial=st.times(), moment=moments)
def test_every_moment_lies_in_one_day_whatever_is_filed(filed: list[CutOff], initial: time, moment: timedelta) -> None:
    days = BusinessDays(initial, tuple(sorted(filed, reverse=True)))
    at = shanghai(2026, 11, 18) + moment
    holding = [
        day
        for day in (at.date() + timedelta(days=ahead) for ahead in range(-3, 4))
        if days.begin(day) <= at < days.end(day)
    ]
    assert holding == [days.by_clock(at)]


def test_what_comes_after_a_day_was_closed_falls_into_the_next_one() -> None:
    noon = shanghai(2026, 11, 24, 12)
    assert BusinessDays(time(0), closed=date(2026, 11, 23)).open_at(noon) == DAY
    assert BusinessDays(time(0), closed=DAY).open_at(noon) == date(2026, 11, 25)
