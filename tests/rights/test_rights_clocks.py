"""Which clocks a design's dates start, and how they stand."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ipreg.models import Disclosure, ObtainedKind, RightKind
from ipreg.rights.clocks import (
    Clock,
    ClockKind,
    Facts,
    Missing,
    Right,
    State,
    clocks_of,
)

FILED = date(2026, 3, 2)


def day(text: str) -> date:
    return date.fromisoformat(text)


def facts(shown: str | None = None, on: str | None = None, *rights: Right, **more: object) -> Facts:
    return Facts(
        FILED,
        date(2026, 2, 1),
        Disclosure(shown) if shown else None,
        day(on) if on else None,
        rights=rights,
        **more,  # type: ignore[arg-type]
    )


def right(kind: str, applied: str, granted: str | None = None) -> Right:
    return Right(ObtainedKind(kind), day(applied), day(granted) if granted else None)


def clock(kind: str, given: Facts, today: str) -> Clock:
    return next(one for one in clocks_of(given, day(today)) if one.kind == kind)


NOVELTY = [  # free days do not stretch the grace: 4 October 2026 is one
    # shown, on, applied, today, clock, state, due
    (None, None, None, "2026-03-02", "novelty", "unknown", None),
    (None, "2026-02-01", None, "2026-03-02", "novelty", "unknown", None),
    ("none", None, None, "2026-03-02", "novelty", "open", None),
    ("none", None, "2026-03-10", "2026-03-12", "novelty", "done", None),
    ("marketplace", "2026-02-01", None, "2026-03-02", "novelty", "over", "2026-01-31"),
    ("marketplace", "2026-04-01", None, "2026-03-02", "novelty", "soon", "2026-03-31"),
    ("marketplace", "2026-04-01", "2026-04-01", "2026-04-02", "novelty", "done", None),
    ("marketplace", "2026-04-01", "2026-04-02", "2026-04-02", "novelty", "over", "2026-03-31"),
    ("recognised_exhibition", "2026-02-28", None, "2026-03-02", "grace", "open", "2026-08-28"),
    ("recognised_exhibition", "2026-02-28", None, "2026-06-29", "grace", "soon", "2026-08-28"),
    ("prescribed_meeting", "2025-08-31", None, "2026-02-28", "grace", "soon", "2026-02-28"),
    ("against_will", "2025-08-31", None, "2026-03-01", "grace", "over", "2026-02-28"),
    ("emergency", "2027-08-31", None, "2028-02-29", "grace", "soon", "2028-02-29"),
    (
        "recognised_exhibition",
        "2026-04-04",
        None,
        "2026-10-05",
        "grace",
        "over",
        "2026-10-04",
    ),
    ("recognised_exhibition", "2026-02-28", "2026-08-28", "2026-09-01", "grace", "done", None),
    ("recognised_exhibition", "2026-02-28", "2026-08-29", "2026-09-01", "grace", "over", "2026-08-28"),
]


@pytest.mark.parametrize(("shown", "on", "applied", "today", "kind", "state", "due"), NOVELTY)
def test_novelty_and_its_grace(
    shown: str | None, on: str | None, applied: str | None, today: str, kind: str, state: str, due: str | None
) -> None:
    rights = (right("design_patent", applied),) if applied else ()
    found = clock(kind, facts(shown, on, *rights), today)
    assert (found.state, found.due_on) == (state, day(due) if due else None)
    assert {ClockKind.NOVELTY, ClockKind.GRACE} - {one.kind for one in clocks_of(facts(shown, on), day(today))}


def test_a_missing_date_is_named() -> None:
    assert clock("novelty", facts(), "2026-03-02").missing is Missing.DISCLOSURE
    assert clock("novelty", facts(None, "2026-02-01"), "2026-03-02").missing is Missing.DISCLOSURE_KIND
    assert clock("priority_abroad", facts(), "2026-03-02").missing is Missing.APPLICATION
    assert clock("copyright", Facts(FILED, None), "2026-03-02").missing is Missing.CREATION


def test_a_pre_registration_starts_no_priority() -> None:
    for kind in ("priority_in_china", "priority_abroad", "hague"):
        assert clock(kind, facts("none"), "2026-03-02").state is State.UNKNOWN


def test_priority_for_china_moves_off_free_days_and_abroad_does_not() -> None:
    given = facts("none", None, right("design_patent", "2026-04-01"))
    china, abroad = clock("priority_in_china", given, "2026-05-02"), clock("priority_abroad", given, "2026-05-02")
    assert (china.due_on, china.legal_end, china.moved) == (day("2026-10-08"), day("2026-10-01"), True)
    assert (abroad.due_on, abroad.moved, abroad.days_left) == (day("2026-10-01"), False, 152)


def test_a_year_without_a_calendar_is_provisional() -> None:
    found = clock("priority_in_china", facts("none", None, right("design_patent", "2040-07-01")), "2040-08-01")
    assert found.provisional and found.due_on == day("2041-01-02")


def test_abroad_is_done_by_another_application_in_time_only() -> None:
    first = right("design_patent", "2026-03-05")
    for later, state in (("2026-09-05", "done"), ("2026-09-06", "over")):
        given = facts("none", None, first, right("foreign_design", later))
        assert clock("priority_abroad", given, "2026-12-01").state == state
    given = facts("none", None, right("foreign_design", "2026-03-05"), right("design_patent", "2026-06-01"))
    assert clock("priority_in_china", given, "2026-06-02").state is State.DONE
    assert clock("priority_abroad", given, "2026-06-02").state is State.OPEN  # other countries are still to come


def test_priority_carries_the_day_that_counts_for_novelty() -> None:
    first = right("foreign_design", "2026-03-05")
    given = facts("marketplace", "2026-04-01", first, right("design_patent", "2026-09-07"))
    assert clock("novelty", given, "2026-10-01").state is State.DONE  # 5 September is a Saturday
    given = facts("marketplace", "2026-04-01", first, right("design_patent", "2026-09-08"))
    assert clock("novelty", given, "2026-10-01").state is State.OVER


def test_hague_is_there_since_may_2022() -> None:
    for applied, state in (("2021-11-04", "over"), ("2021-11-05", "over"), ("2026-01-05", "open")):
        given = facts("none", None, right("design_patent", applied))
        assert clock("hague", given, "2026-03-02").state == state
    given = facts("none", None, right("design_patent", "2021-11-04"))
    assert clock("hague", given, "2021-12-02").state is State.OVER  # its six months ended the day before


def test_what_was_shown_has_a_year_in_some_countries() -> None:
    found = clock("grace_abroad", facts("marketplace", "2026-02-28"), "2026-03-02")
    assert (found.state, found.due_on) == ("open", day("2027-02-28"))
    done = facts("marketplace", "2026-02-28", right("hague", "2027-02-28"))
    assert clock("grace_abroad", done, "2027-03-02").state is State.DONE


def test_exhibition_is_proved_within_two_months() -> None:
    given = facts("recognised_exhibition", "2026-03-05", right("design_patent", "2026-08-03"))
    found = clock("grace_proof", given, "2026-08-10")
    assert (found.state, found.due_on, found.legal_end) == ("soon", day("2026-10-08"), day("2026-10-03"))
    assert "grace_proof" not in [one.kind for one in clocks_of(facts("against_will", "2026-03-05"), FILED)]


@pytest.mark.parametrize(
    ("applied", "end"),
    [("2021-05-31", "2031-05-31"), ("2021-06-01", "2036-06-01"), ("2024-02-29", "2039-02-28")],
)
def test_the_term_is_fifteen_years_since_june_2021(applied: str, end: str) -> None:
    given = facts("none", None, right("design_patent", applied, "2024-09-01"))
    assert clock("patent_term", given, "2026-03-02").due_on == day(end)


def test_the_next_annual_fee_is_the_one_that_is_due() -> None:
    given = facts("none", None, right("design_patent", "2024-02-29", "2024-09-01"))
    assert clock("annual_fee", given, "2025-02-28").due_on == day("2025-02-28")
    found = clock("annual_fee", given, "2025-03-01")  # the make-up day and Saturday after it do not matter
    assert found.due_on == day("2026-02-28") and found.days_left == 364
    # 29 February 2028 is a Tuesday
    assert clock("annual_fee", given, "2027-03-02").due_on == day("2028-02-29")
    assert "annual_fee" not in [one.kind for one in clocks_of(given, day("2038-03-03"))]


def test_marks_run_ten_years_and_are_renewed() -> None:
    given = facts("none", None, right("trade_mark", "2015-01-05", "2016-03-21"), wanted={RightKind.TRADE_MARK})
    assert clock("mark_term", given, "2026-03-02").due_on == day("2026-03-20")
    assert clock("mark_term", given, "2026-03-21").due_on == day("2036-03-20")


def test_a_mark_shown_at_an_exhibition_has_six_months() -> None:
    given = facts("recognised_exhibition", "2026-04-01", wanted=frozenset({RightKind.TRADE_MARK}))
    assert clock("exhibition_mark", given, "2026-05-01").due_on == day("2026-10-08")


def test_a_secret_that_was_shown_is_none() -> None:
    wanted = frozenset({RightKind.TRADE_SECRET})
    assert clock("secret", facts("none", wanted=wanted), "2026-03-02").state is State.OPEN
    assert clock("secret", facts("marketplace", "2026-02-01", wanted=wanted), "2026-03-02").state is State.OVER


def test_what_is_not_wanted_comes_last() -> None:
    found = clocks_of(facts("none", wanted=frozenset({RightKind.COPYRIGHT})), FILED)
    wishes = [one.wanted for one in found]
    assert wishes == sorted(wishes, reverse=True) and False in wishes


DATES = st.dates(date(2019, 1, 1), date(2040, 12, 31))
RIGHTS = st.builds(Right, st.sampled_from(ObtainedKind), DATES, st.none() | DATES)


@settings(deadline=None)
@given(
    st.builds(
        Facts,
        DATES,
        st.none() | DATES,
        st.none() | st.sampled_from(Disclosure),
        st.none() | DATES,
        st.frozensets(st.sampled_from(RightKind)),
        st.lists(RIGHTS, max_size=4).map(tuple),
    ),
    DATES,
)
def test_every_clock_is_consistent(given_facts: Facts, today: date) -> None:
    found = clocks_of(given_facts, today)
    assert len({one.kind for one in found}) == len(found)
    assert ClockKind.PRE_REGISTRATION in {one.kind for one in found}
    for one in found:
        assert (one.missing is not None) == (one.state is State.UNKNOWN)
        assert (one.due_on is None) == (one.days_left is None)
        if one.due_on is not None and one.legal_end is not None:
            assert one.due_on >= one.legal_end and one.due_on - one.legal_end < timedelta(days=15)
        if one.state is State.SOON:
            assert one.days_left is not None and 0 <= one.days_left <= 60
