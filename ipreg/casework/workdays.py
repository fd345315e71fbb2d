"""Working days in China: the State Council's holidays and make-up days, by the library ``holidays``.

Its calendar follows the yearly notice, which comes out in November for the year after. For a year whose notice it
does not know it still has the days that the law itself gives (weekends and the public holidays), without bridges
and make-up days: such days are *provisional*, and said to be so where they are shown.
"""

from __future__ import annotations

import functools
from datetime import UTC, date, datetime, time, timedelta, timezone

import holidays

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991
_DAY = timedelta(days=1)


def shanghai_day(moment: datetime) -> date:
    """The day that it is in China at ``moment`` (aware)."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone has no day")
    return moment.astimezone(SHANGHAI).date()


def end_of(day: date) -> datetime:
    """The moment, in UTC, at which ``day`` is over in China."""
    return datetime.combine(day + _DAY, time(), SHANGHAI).astimezone(UTC)


def is_working_day(day: date) -> bool:
    return bool(_calendar(day.year).is_working_day(day))


def is_published(year: int) -> bool:
    """Whether the year's bridges and make-up days are known: every notice has at least one make-up day."""
    return any(day.year == year for day in _calendar(year).weekend_workdays)


def add_working_days(start: date, days: int) -> date:
    """The day on which the ``days``-th working day after ``start`` falls; ``start`` is not counted."""
    day = start
    while days > 0:
        day += _DAY
        days -= is_working_day(day)
    return day


def next_working_day(day: date) -> date:
    """``day`` itself where it is one."""
    while not is_working_day(day):
        day += _DAY
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and including ``end``; negative where ``end`` is earlier."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + _DAY * n) for n in range(1, (end - start).days + 1))


@functools.cache
def _calendar(year: int) -> holidays.HolidayBase:
    return holidays.country_holidays("CN", years=year)
