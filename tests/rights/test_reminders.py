"""Reminders: 60, 30 and 7 days before, once each, made up for, and none for what is done, over or not wanted."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from scenery import HandClock, People, design_form, one_picture
from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import registry
from ipreg.models import Account, Filing, Notice, ObtainedKind
from ipreg.rights import records, reminders
from ipreg.rights.records import RightForm
from ipreg.runtime import Runtime

APPLIED = date(2026, 3, 2)
END = date(2026, 9, 2)  # of priority; a Wednesday


@pytest.fixture
def filing(session: Session, runtime: Runtime, people: People, clock: HandClock) -> Filing:
    filing = registry.register_design(
        session,
        runtime.store,
        applicant=people.designer,
        form=design_form(),
        pictures=one_picture(1),
        request_key="r1",
        now=clock(),
    )
    form = RightForm(ObtainedKind.DESIGN_PATENT, "202630123456.0", APPLIED)
    records.record_right(
        session, runtime.store, filing=filing, account=people.designer, form=form, request_key="k", now=clock()
    )
    return filing


def at(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 2, tzinfo=UTC)


def told(session: Session, day: date, account: Account) -> list[int]:
    """The days left that the account was told about on this day, in one run of what is due."""
    before = set(session.scalars(select(Notice.id)))
    for filing_id in reminders.due_filings(session, now=at(day)):
        reminders.remind(session, filing_id=filing_id, now=at(day))
    new = session.scalars(select(Notice).where(Notice.account_id == account.id, Notice.id.not_in(before)))
    return sorted({one.values["days"] for one in new})


def test_each_step_is_told_once(session: Session, filing: Filing, people: People) -> None:
    days = (100, 61, 60, 59, 31, 30, 29, 8, 7, 6, 0, -1, -2)
    got = {left: told(session, END - timedelta(days=left), people.designer) for left in days}
    assert {left: found for left, found in got.items() if found} == {60: [60], 30: [30], 7: [7]}


def test_what_a_scheduler_that_was_down_missed_is_told_once_by_the_last_step(
    session: Session, filing: Filing, people: People
) -> None:
    assert told(session, END - timedelta(days=5), people.designer) == [5]
    assert told(session, END - timedelta(days=4), people.designer) == []


def test_nothing_is_told_of_what_is_done_or_not_wanted(
    session: Session, runtime: Runtime, filing: Filing, people: People, clock: HandClock
) -> None:
    told(session, END - timedelta(days=60), people.designer)
    clock.now = at(END - timedelta(days=40))
    form = RightForm(ObtainedKind.HAGUE, "DM/234567", date(2026, 7, 1))
    records.record_right(
        session, runtime.store, filing=filing, account=people.designer, form=form, request_key="h", now=clock()
    )
    told(session, END - timedelta(days=30), people.designer)
    kinds = {one.values["clock"]["say"] for one in session.scalars(select(Notice)) if one.values["days"] == 30}
    assert kinds == {"Priority in China", "Priority in other countries"}


def test_who_acts_for_the_enterprise_is_told_too_and_who_switched_it_off_is_not(
    session: Session, filing: Filing, people: People
) -> None:
    reminders.set_reminders(session, account=people.designer, wanted=False, now=at(APPLIED))
    day = END - timedelta(days=60)
    before = set(session.scalars(select(Notice.id)))
    assert told(session, day, people.designer) == []
    names = {one.account.name for one in session.scalars(select(Notice)) if one.id not in before}
    assert names == {"enterprise"}
    assert not reminders.wants_reminders(session, people.designer)
    reminders.set_reminders(session, account=people.designer, wanted=True, now=at(APPLIED))
    assert reminders.wants_reminders(session, people.designer)


def test_a_run_reads_only_what_is_due(session: Session, filing: Filing, people: People) -> None:
    assert reminders.due_filings(session, now=at(APPLIED)) == [filing.id]
    told(session, APPLIED, people.designer)
    assert reminders.due_filings(session, now=at(APPLIED)) == []
    assert reminders.due_filings(session, now=at(END - timedelta(days=60))) == [filing.id]
