"""Working days over Spring Festival, National Day and into a year whose calendar is not out yet."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from desk import Desk
from scenery import HandClock
from site_of_tests import Site

from ipreg import workdays
from ipreg.casework import clocks, law
from ipreg.errors import ConflictError
from ipreg.models import Case, CaseKind, ClockKind

# The State Council's notice for 2026: days off, and the weekends that are worked on instead.
OFF_2026 = """0101 0102 0103 0215 0216 0217 0218 0219 0220 0221 0222 0223 0404 0405 0406 0501 0502 0503 0504 0505
0619 0620 0621 0925 0926 0927 1001 1002 1003 1004 1005 1006 1007"""
WORKED_2026 = "0104 0214 0228 0509 0920 1010"


def days_of(year: int, text: str) -> list[date]:
    return [date(year, int(one[:2]), int(one[2:])) for one in text.split()]


def test_2026_is_as_the_state_council_gave_notice() -> None:
    assert [day for day in days_of(2026, OFF_2026) if workdays.is_working_day(day)] == []
    assert [day for day in days_of(2026, WORKED_2026) if not workdays.is_working_day(day)] == []
    year = [date.fromordinal(n) for n in range(date(2026, 1, 1).toordinal(), date(2027, 1, 1).toordinal())]
    wrong = [
        day
        for day in year
        if workdays.is_working_day(day)
        != (day not in days_of(2026, OFF_2026) and (day.weekday() < 5 or day in days_of(2026, WORKED_2026)))
    ]
    assert wrong == []


@pytest.mark.parametrize(
    ("start", "days", "due"),
    [
        ("2026-03-02", 7, "2026-03-11"),
        ("2026-02-13", 1, "2026-02-14"),  # a Saturday that is worked on before Spring Festival
        ("2026-02-13", 2, "2026-02-24"),
        ("2026-02-13", 7, "2026-03-02"),  # with the worked Saturday 28 February
        ("2026-09-18", 7, "2026-09-29"),  # with the worked Sunday 20 September; Mid-Autumn is off
        ("2026-09-30", 3, "2026-10-10"),  # all of National Day, and the worked Saturday
        ("2026-04-03", 1, "2026-04-07"),
        ("2025-01-24", 2, "2025-01-27"),  # the worked Sunday before Spring Festival 2025
    ],
)
def test_so_many_working_days_later(start: str, days: int, due: str) -> None:
    first, last = date.fromisoformat(start), date.fromisoformat(due)
    assert workdays.add_working_days(first, days) == last
    assert workdays.working_days_between(first, last) == days


def test_a_day_is_that_of_shanghai() -> None:
    assert workdays.shanghai_day(datetime(2026, 3, 2, 15, 59, tzinfo=UTC)) == date(2026, 3, 2)
    assert workdays.shanghai_day(datetime(2026, 3, 2, 16, 0, tzinfo=UTC)) == date(2026, 3, 3)
    assert workdays.end_of(date(2026, 3, 2)) == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    with pytest.raises(ValueError, match="zone"):
        workdays.shanghai_day(datetime(2026, 3, 2))  # noqa: DTZ001


def test_a_year_without_notice_keeps_the_holidays_of_the_law_and_says_that_it_is_provisional() -> None:
    assert workdays.is_published(2026) and not workdays.is_published(2090)
    assert not workdays.is_working_day(date(2090, 10, 2))
    assert workdays.is_working_day(date(2090, 9, 29)) and not workdays.is_working_day(date(2090, 9, 30))


def running(desk: Desk, case: Case, kind: ClockKind) -> tuple[str, int]:
    clock = clocks.running(case, kind)
    assert clock is not None
    return str(clock.due_on), clocks.days_left(clock, desk.clock())


def test_acceptance_then_handling(desk: Desk, clock: HandClock) -> None:
    clock.now = datetime(2026, 2, 13, 1, 0, tzinfo=UTC)
    case = desk.open()
    assert running(desk, case, ClockKind.ACCEPTANCE) == ("2026-03-02", 7)
    assert case.due_at == datetime(2026, 3, 2, 16, 0, tzinfo=UTC)
    clock.move(days=1)
    desk.step(case, "assigned", desk.officer, officer=desk.officer)
    assert clocks.running(case, ClockKind.ACCEPTANCE) is None
    assert running(desk, case, ClockKind.HANDLING) == ("2026-05-15", 90)


def test_a_period_of_days_that_ends_on_a_day_off_ends_on_the_next_working_day(desk: Desk, clock: HandClock) -> None:
    clock.now = datetime(2026, 7, 5, 1, 0, tzinfo=UTC)
    case = desk.taken()
    assert running(desk, case, ClockKind.HANDLING) == ("2026-10-08", 95)  # 3 October is National Day


def test_a_paused_clock_keeps_its_days(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()
    clock.move(days=10)
    desk.step(case, "clock_paused", clock=ClockKind.HANDLING)
    assert case.due_at is None
    with pytest.raises(ConflictError, match="case_clock_paused"):
        desk.step(case, "clock_paused", clock=ClockKind.HANDLING)
    clock.move(days=30)
    desk.step(case, "clock_resumed", clock=ClockKind.HANDLING)
    assert running(desk, case, ClockKind.HANDLING) == ("2026-06-30", 80)  # 90 days from 2 March, and 30 more
    with pytest.raises(ConflictError, match="case_clock_not_paused"):
        desk.step(case, "clock_resumed", clock=ClockKind.HANDLING)


def test_more_time_is_asked_for_and_granted_by_another_within_the_law(desk: Desk) -> None:
    case = desk.taken()
    more = {"clock": ClockKind.HANDLING, "days": 30}
    desk.step(case, "extension_asked", **more)
    assert running(desk, case, ClockKind.HANDLING)[0] == "2026-06-01"  # 31 May is a Sunday
    desk.step(case, "clock_extended", desk.supervisor, **more)
    assert running(desk, case, ClockKind.HANDLING)[0] == "2026-06-30"
    desk.step(case, "clock_extended", desk.supervisor, **more)
    with pytest.raises(ConflictError, match="case_clock_not_extendable"):
        desk.step(case, "clock_extended", desk.supervisor, **more)
    acceptance = desk.open()
    with pytest.raises(ConflictError, match="case_clock_not_extendable"):
        desk.step(acceptance, "clock_extended", desk.supervisor, clock=ClockKind.ACCEPTANCE, days=1)


def test_a_clock_that_ran_out_is_not_paused(desk: Desk, clock: HandClock) -> None:
    case = desk.taken()
    clock.move(days=120)
    with pytest.raises(ConflictError, match="case_clock_expired"):
        desk.step(case, "clock_paused", clock=ClockKind.HANDLING)
    assert running(desk, case, ClockKind.HANDLING)[1] < 0


def test_a_patent_case_has_never_more_than_three_months() -> None:
    days = [date(2027, 1, 1) + timedelta(days=one) for one in range(2 * 366)]
    ends = [(workdays.add_months(day, 3), day + timedelta(days=law.PERIODS["patent"].days)) for day in days]
    assert all(ours <= months for months, ours in ends) and any(ours == months for months, ours in ends)


def test_which_period_a_case_has() -> None:
    of = law.rule_for
    assert of(ClockKind.ACCEPTANCE, kind=CaseKind.LISTING, right="") == "complaint"
    assert of(ClockKind.ACCEPTANCE, kind=CaseKind.CONFLICT, right="") == "report"
    assert of(ClockKind.HANDLING, kind=CaseKind.LISTING, right=law.PATENT) == "patent"
    assert {of(kind, kind=CaseKind.LISTING, right="") for kind in ClockKind} <= set(law.PERIODS)
    assert {name for name, one in law.PERIODS.items() if not one.article} == {
        "appeal",
        "remedy",
        "response",
        "review",
    }


def test_a_grave_case_stands_before_one_that_is_due_a_little_sooner(desk: Desk, clock: HandClock) -> None:
    first = desk.open()
    clock.move(days=2)
    second = desk.open()
    assert first.rank_at < second.rank_at
    desk.step(second, "severity_set", desk.officer, severity=3)
    assert second.rank_at < first.rank_at
    ended = desk.step(first, "withdrawn", desk.people.enterprise)
    assert ended.due_at is None and ended.rank_at.year > 2900


def test_pages_say_where_a_day_may_still_move(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    officer = site.sign_in("regulator")
    assert all("provisional" not in officer.get(page).text for page in ("/cases?lang=en", "/?lang=en"))
    monkeypatch.setattr("ipreg.web.casewords.is_published", lambda _year: False)
    assert all("provisional" in officer.get(page).text for page in ("/cases?lang=en", "/?lang=en"))


def test_the_other_language_keeps_the_filters(site: Site) -> None:
    page = site.sign_in("regulator").get("/cases?tab=waiting&officer=none&lang=zh").text
    assert 'href="/language/en?next=/cases?tab%3Dwaiting%26officer%3Dnone"' in page
