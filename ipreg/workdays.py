"""Days and periods as the procedure counts them: months by the calendar, working days with their make-up days.

Which days are free follows the State Council's yearly notice (国务院办公厅关于部分节假日安排的通知), which moves
weekends too; the ``holidays`` library carries it. A year's notice appears in the autumn before: for years without
one the statutory holidays (《全国年节及纪念日放假办法》, 2024) and weekends are taken; ``is_published`` says so.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

from dateutil.relativedelta import relativedelta
from holidays import HolidayBase, country_holidays

SHANGHAI = timezone(timedelta(hours=8), "Asia/Shanghai")  # no summer time since 1991
_LONGEST_REST = 31  # days; no rest is as long, so that a fault in the calendar can't make an endless search


def shanghai_day(moment: datetime) -> date:
    """The day on which ``moment`` (aware) falls in China, where the clocks of the law run."""
    if moment.tzinfo is None:
        raise ValueError("a time without a zone falls on no day")
    return moment.astimezone(SHANGHAI).date()


def end_of(day: date) -> datetime:
    """The moment, in UTC, at which ``day`` is over in China."""
    return datetime.combine(day + timedelta(days=1), time(), SHANGHAI).astimezone(UTC)


def add_months(day: date, months: int) -> date:
    """The same day of the month ``months`` later, or that month's last day where it has no such day.

    The first day is not counted (专利法实施细则 rule 5; 专利审查指南 part V chapter 7, 2.3): six months from
    31 August end on 28 or 29 February.
    """
    found: date = day + relativedelta(months=months)
    return found


def add_years(day: date, years: int) -> date:
    """As ``add_months``: 29 February becomes the 28th where the year has none."""
    return add_months(day, 12 * years)


def is_working_day(day: date) -> bool:
    """Whether offices in mainland China are open; make-up days on weekends are working days."""
    return bool(_year(day.year).is_working_day(day))


def next_working_day(day: date) -> date:
    """``day`` itself, or the first working day after it."""
    for one in (day + timedelta(days=ahead) for ahead in range(_LONGEST_REST)):
        if is_working_day(one):
            return one
    raise ValueError(f"no working day within {_LONGEST_REST} days from {day}")


def add_working_days(day: date, count: int) -> date:
    """The ``count``-th working day after ``day``; the first day is not counted."""
    for _ in range(count):
        day = next_working_day(day + timedelta(days=1))
    return day


def working_days_between(start: date, end: date) -> int:
    """How many working days lie after ``start`` up to and including ``end``; negative where ``end`` is earlier."""
    if end < start:
        return -working_days_between(end, start)
    return sum(is_working_day(start + timedelta(days=ahead)) for ahead in range(1, (end - start).days + 1))


@cache
def is_published(year: int) -> bool:
    """Whether the State Council's notice for ``year`` is in the calendar; every notice has make-up days."""
    return any(day.year == year for day in _year(year).weekend_workdays)


def first_provisional_day(today: date) -> date:
    """The first day of the first year from today's on of which no notice is known."""
    year = today.year
    while is_published(year):
        year += 1
    return date(year, 1, 1)


@cache
def _year(year: int) -> HolidayBase:
    # With its neighbours: a notice can make a day around New Year of another year free, or a working day.
    return country_holidays("CN", years=(year - 1, year, year + 1), expand=False)
