"""The banking day on which a business day's money moves."""

from datetime import date, timedelta

import pytest
from app.clearing.filing import next_banking_day
from app.errors import UsageError

FRIDAY = date(2026, 11, 27)


def test_money_moves_on_the_next_weekday() -> None:
    assert next_banking_day(FRIDAY - timedelta(days=1), {}) == FRIDAY
    assert next_banking_day(FRIDAY, {}) == date(2026, 11, 30)


def test_a_holiday_is_passed_over_and_a_worked_weekend_is_not() -> None:
    closed = {date(2026, 10, day): False for day in range(1, 9)}
    assert next_banking_day(date(2026, 9, 30), closed) == date(2026, 10, 9)
    assert next_banking_day(date(2026, 9, 30), {**closed, date(2026, 10, 4): True}) == date(2026, 10, 4)


def test_a_calendar_without_banking_days_is_said() -> None:
    with pytest.raises(UsageError, match="No banking day"):
        next_banking_day(FRIDAY, {FRIDAY + timedelta(days=ahead): False for ahead in range(1, 61)})
