"""Deadlines that count themselves: started and stopped by the steps of a case, paused, resumed, lengthened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from ipreg import workdays
from ipreg.casework import law
from ipreg.casework.law import PERIODS, Period, Unit
from ipreg.errors import CallerError, ConflictError
from ipreg.models import Case, CaseClock, ClockKind

_AHEAD = {1: timedelta(0), 2: timedelta(days=3), 3: timedelta(days=7)}
_PAUSED_FOR = timedelta(days=365)
_EPOCH, _ENDED = datetime(2000, 1, 1, tzinfo=UTC), datetime(3000, 1, 1, tzinfo=UTC)


def running(case: Case, kind: ClockKind) -> CaseClock | None:
    """The clock of this kind that was started and not stopped; it may be paused."""
    return next((one for one in case.clocks if one.kind is kind and one.stopped_at is None), None)


def start(case: Case, kind: ClockKind, now: datetime) -> CaseClock:
    """Starts the clock; the day it starts on is not counted. One that runs already goes on."""
    known = running(case, kind)
    if known is not None:
        return known
    rule = law.rule_for(kind, kind=case.kind, right=case.right_kind)
    clock = CaseClock(
        kind=kind,
        rule=rule,
        started_at=now,
        counted_from=workdays.shanghai_day(now),
        days_left=PERIODS[rule].days,
        extended_days=0,
        pause_reason="",
    )
    set_due(clock)
    case.clocks.append(clock)
    return clock


def stop(case: Case, kind: ClockKind, now: datetime) -> None:
    """Stops the clock, if it runs."""
    clock = running(case, kind)
    if clock is not None:
        clock.stopped_at = now


def pause(case: Case, kind: ClockKind, reason: str, now: datetime) -> None:
    """Takes the time from now on out of the period. Raises ``ConflictError`` where that can't be."""
    clock = _require(case, kind)
    if not PERIODS[clock.rule].pausable:
        raise ConflictError("case_clock_not_pausable")
    if clock.due_on is None:
        raise ConflictError("case_clock_paused")
    if clock.due_at is not None and now >= clock.due_at:
        raise ConflictError("case_clock_expired")
    today = workdays.shanghai_day(now)
    clock.days_left = max(0, _days_between(PERIODS[clock.rule], today, _raw_due(clock)))
    clock.counted_from, clock.paused_at, clock.pause_reason = today, now, reason
    clock.due_on = clock.due_at = None


def resume(case: Case, kind: ClockKind, now: datetime) -> None:
    """Goes on with the days that were left."""
    clock = _require(case, kind)
    if clock.due_on is not None:
        raise ConflictError("case_clock_not_paused")
    clock.counted_from, clock.paused_at, clock.pause_reason = workdays.shanghai_day(now), None, ""
    set_due(clock)


def extend(case: Case, kind: ClockKind, days: int) -> None:
    """Lengthens the period by ``days`` of its unit, within what its rule allows."""
    clock = _require(case, kind)
    require_extendable(clock, days)
    clock.days_left += days
    clock.extended_days += days
    clock.warned_at = clock.expired_told_at = clock.escalated_at = None
    if clock.due_on is not None:
        set_due(clock)


def require_extendable(clock: CaseClock, days: int) -> None:
    """Raises ``CallerError`` or ``ConflictError`` where the rule does not allow so many days more."""
    period = PERIODS[clock.rule]
    most = period.extension * period.extensions - clock.extended_days
    if most <= 0:
        raise ConflictError("case_clock_not_extendable")
    if not 1 <= days <= min(most, period.extension):
        raise CallerError("case_days_wrong", field="days", most=min(most, period.extension))


def set_due(clock: CaseClock) -> None:
    """The last day, its end, and whether the calendar up to it is published."""
    period, raw = PERIODS[clock.rule], _raw_due(clock)
    clock.due_on = raw if period.unit is Unit.WORKING else workdays.next_working_day(raw)
    clock.due_at = workdays.end_of(clock.due_on)
    years = range(clock.counted_from.year, clock.due_on.year + 1)
    clock.provisional = not all(workdays.is_published(year) for year in years)


def last_day(rule: str, since: datetime) -> date:
    """The last day of a period that begins at ``since``, as a clock of that rule would have it."""
    period, begun = PERIODS[rule], workdays.shanghai_day(since)
    if period.unit is Unit.WORKING:
        return workdays.add_working_days(begun, period.days)
    return workdays.next_working_day(begun + timedelta(days=period.days))


def rank(case: Case, now: datetime, *, ended: bool) -> None:
    """Where the case stands in the queue: by its next deadline, earlier for a grave one; ended ones newest first.

    Time to appeal is the parties' and not the officer's: it does not count.
    """
    counted = [one for one in case.clocks if one.stopped_at is None and one.kind is not ClockKind.APPEAL]
    due = [one.due_at for one in counted if one.due_at is not None]
    case.due_at = min(due) if due and not ended else None
    if ended:
        case.rank_at = _ENDED - (now - _EPOCH)
    else:
        case.rank_at = (case.due_at or now + _PAUSED_FOR) - _AHEAD[case.severity]


def days_left(clock: CaseClock, now: datetime) -> int:
    """How many days (of the clock's unit) are left after today; negative since it expired."""
    if clock.due_on is None:
        return clock.days_left
    return _days_between(PERIODS[clock.rule], workdays.shanghai_day(now), clock.due_on)


def _raw_due(clock: CaseClock) -> date:
    if PERIODS[clock.rule].unit is Unit.WORKING:
        return workdays.add_working_days(clock.counted_from, clock.days_left)
    return clock.counted_from + timedelta(days=clock.days_left)


def _days_between(period: Period, start: date, end: date) -> int:
    if period.unit is Unit.WORKING:
        return workdays.working_days_between(start, end)
    return (end - start).days


def _require(case: Case, kind: ClockKind) -> CaseClock:
    clock = running(case, kind)
    if clock is None:
        raise ConflictError("case_clock_not_running")
    return clock
