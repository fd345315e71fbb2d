"""Months, free days and make-up days."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipreg import workdays

DAYS = st.dates(date(2000, 1, 1), date(2090, 12, 31))


@pytest.mark.parametrize(
    ("day", "months", "end"),
    [
        ("2026-01-15", 6, "2026-07-15"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2027-08-29", 6, "2028-02-29"),
        ("2028-02-29", 6, "2028-08-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-03-31", 6, "2026-09-30"),
        ("1998-06-01", 36, "2001-06-01"),  # the two examples of the Examination Guidelines, part V chapter 7, 2.3
        ("1999-12-31", 2, "2000-02-29"),
    ],
)
def test_months_end_on_the_same_day_or_on_the_last(day: str, months: int, end: str) -> None:
    assert workdays.add_months(date.fromisoformat(day), months) == date.fromisoformat(end)


@settings(deadline=None)
@given(DAYS, st.integers(0, 240))
def test_a_month_later_is_in_that_month_and_never_after_the_same_day(day: date, months: int) -> None:
    end = workdays.add_months(day, months)
    assert (end.year * 12 + end.month) - (day.year * 12 + day.month) == months
    last = calendar.monthrange(end.year, end.month)[1]
    assert end.day == min(day.day, last)


@settings(deadline=None)
@given(DAYS, st.integers(1, 60))
def test_a_later_start_never_ends_sooner(day: date, months: int) -> None:
    assert workdays.add_months(day, months) <= workdays.add_months(day + timedelta(days=1), months)


@settings(deadline=None)
@given(DAYS)
def test_the_next_working_day_is_one_and_none_lies_between(day: date) -> None:
    found = workdays.next_working_day(day)
    assert workdays.is_working_day(found)
    between = [day + timedelta(days=ahead) for ahead in range((found - day).days)]
    assert not any(workdays.is_working_day(one) for one in between) and (found - day).days <= 10


@pytest.mark.parametrize(
    ("day", "working"),
    [
        ("2007-12-31", "2008-01-02"),  # example of the Guidelines: free until 1 January
        ("2008-02-06", "2008-02-13"),  # and the other one: the Spring Festival of 2008
        ("2026-02-14", "2026-02-14"),  # a Saturday that is a make-up day
        ("2026-02-15", "2026-02-24"),
        ("2026-10-01", "2026-10-08"),
        ("2026-10-10", "2026-10-10"),
        ("2026-11-28", "2026-11-30"),
        ("2027-01-01", "2027-01-04"),
    ],
)
def test_free_days_and_make_up_days(day: str, working: str) -> None:
    assert workdays.next_working_day(date.fromisoformat(day)) == date.fromisoformat(working)


def test_working_days_are_counted_from_the_next_one() -> None:
    assert workdays.add_working_days(date(2026, 9, 18), 7) == date(
        2026, 9, 29
    )  # with Sunday the 20th, without the 25th


@settings(deadline=None)
@given(st.dates(date(2020, 1, 1), date(2028, 1, 1)), st.integers(0, 40))
def test_counting_back_gives_the_same_number(day: date, count: int) -> None:
    end = workdays.add_working_days(day, count)
    assert workdays.working_days_between(day, end) == count
    assert workdays.working_days_between(end, day) == -count


def test_a_day_ends_at_midnight_in_china() -> None:
    assert workdays.end_of(date(2026, 3, 1)) == datetime(2026, 3, 1, 16, 0, tzinfo=UTC)


def test_a_year_without_a_notice_is_told() -> None:
    assert workdays.is_published(2026) and not workdays.is_published(2040)


def test_the_day_is_that_of_china() -> None:
    assert workdays.shanghai_day(datetime(2026, 3, 1, 16, 0, tzinfo=UTC)) == date(2026, 3, 2)
    with pytest.raises(ValueError, match="zone"):
        workdays.shanghai_day(datetime(2026, 3, 1, 16, 0))  # noqa: DTZ001 - that is the point
