"""What the clocks do by themselves: warn before the end, tell after it, escalate, note that no response came."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from ipreg import workdays
from ipreg.casework import clocks, machine, table, telling
from ipreg.casework.law import PERIODS
from ipreg.models import Account, Case, CaseClock, CaseState, ClockKind

LONGEST_WARNING = timedelta(days=30)
ESCALATE_AFTER = 2
"""So many working days after its end a clock is brought before the supervisors."""


def clocks_to_look_at(session: Session, *, now: datetime) -> list[int]:
    """Ids of the running clocks whose end is near or past and of which not all has been said, and of those whose
    last day lies in a year of which the calendar came out since, however far off it is."""
    # The end of the time to appeal is nobody's failing: it is brought before no supervisor.
    escalates = CaseClock.escalated_at.is_(None) & (CaseClock.kind != ClockKind.APPEAL)
    said = or_(CaseClock.warned_at.is_(None), CaseClock.expired_told_at.is_(None), escalates)
    near = CaseClock.due_at <= now + LONGEST_WARNING
    came_out = CaseClock.due_on < workdays.first_provisional_day(workdays.shanghai_day(now))
    wanted = or_(near & said, CaseClock.provisional & came_out)
    found = select(CaseClock.id).where(CaseClock.stopped_at.is_(None), wanted)
    return list(session.scalars(found.order_by(CaseClock.due_at)))


def look_at(session: Session, *, clock: CaseClock, now: datetime) -> bool:
    """Does what is due for the clock, once; whether there was anything."""
    case = clock.case
    if clock.due_at is None or clock.due_on is None or clock.stopped_at is not None:
        return False
    _count_anew(session, case, clock, now)
    if now < clock.due_at:
        return _warn(session, case, clock, now)
    if clock.kind is ClockKind.RESPONSE and case.state is CaseState.AWAITING_RESPONSE:
        machine.transition(session, case=case, action="no_response", actor=machine.SYSTEM, now=now)
        return True
    return _tell_expired(session, case, clock, now)


def _count_anew(session: Session, case: Case, clock: CaseClock, now: datetime) -> None:
    """A deadline in a year whose calendar came out since."""
    if not clock.provisional:
        return
    before = (clock.due_on, clock.provisional)
    clocks.set_due(clock)
    if (clock.due_on, clock.provisional) != before:
        clocks.rank(case, now, ended=case.state in table.ENDED or case.state is CaseState.DECIDED)
        session.flush()


def _warn(session: Session, case: Case, clock: CaseClock, now: datetime) -> bool:
    if clock.warned_at is not None or clocks.days_left(clock, now) > PERIODS[clock.rule].warn:
        return False
    clock.warned_at = now
    told = _told(session, clock, now)
    telling.clock(session, case=case, clock=clock, kind="case_clock_near", accounts=told, now=now)
    session.flush()
    return True


def _tell_expired(session: Session, case: Case, clock: CaseClock, now: datetime) -> bool:
    done = False
    if clock.expired_told_at is None:
        clock.expired_told_at, clock.warned_at, done = now, clock.warned_at or now, True
        told = _told(session, clock, now)
        telling.clock(session, case=case, clock=clock, kind="case_clock_over", accounts=told, now=now)
    late = workdays.working_days_between(clock.due_on or workdays.shanghai_day(now), workdays.shanghai_day(now))
    if clock.escalated_at is None and late > ESCALATE_AFTER and clock.kind is not ClockKind.APPEAL:
        clock.escalated_at, done = now, True
        chiefs = telling.supervisors(session)
        telling.clock(session, case=case, clock=clock, kind="case_clock_escalated", accounts=chiefs, now=now)
    session.flush()
    return done


def _told(session: Session, clock: CaseClock, now: datetime) -> list[Account]:
    """Whose task it is: an appeal is judged by the supervisors."""
    if clock.kind is ClockKind.REVIEW:
        return telling.supervisors(session)
    return telling.in_charge(session, clock.case, now)
