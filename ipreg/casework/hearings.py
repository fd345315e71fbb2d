"""A hearing: when and where, told to both sides in time.

Who is heard is told at least seven days before (Administrative Penalty Law, art. 64 no. 2); these are working days
(art. 85).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from ipreg import workdays
from ipreg.errors import CallerError, ConflictError
from ipreg.models import Case, CaseEvent, CaseState

TOLD_BEFORE = 7
"""Working days between the day of the notice and that of the hearing."""
FURTHEST = timedelta(days=180)
MOST_PLACE = 200
CALLS = ("hearing_called", "hearing_moved")


@dataclass(frozen=True)
class Hearing:
    at: datetime
    place: str


def of_event(event: CaseEvent) -> Hearing | None:
    """What the step appointed; None for any other, and for one from before hearings had a time and a place."""
    if event.action not in CALLS or "at" not in event.details:
        return None
    return Hearing(datetime.fromisoformat(event.details["at"]), event.details["place"])


def appointed(case: Case) -> Hearing | None:
    """The hearing that is going to be; None where none is."""
    if case.state is not CaseState.HEARING:
        return None
    return next((of_event(one) for one in reversed(case.events) if one.action in CALLS), None)


def before(case: Case, event: CaseEvent) -> Hearing | None:
    """The hearing that stood when the step was taken."""
    calls = [one for one in case.events if one.action in CALLS and one.position < event.position]
    return of_event(calls[-1]) if calls else None


def require_begun(case: Case, now: datetime) -> None:
    """What was said is not written down before it was. Raises ``ConflictError``."""
    hearing = appointed(case)
    if hearing is not None and now < hearing.at:
        raise ConflictError("hearing_not_yet", time=f"{hearing.at.astimezone(workdays.SHANGHAI):%Y-%m-%d %H:%M}")


def require(at: datetime | None, place: str, now: datetime) -> None:
    """Raises ``CallerError`` beside ``time`` or ``place``."""
    if at is None:
        raise CallerError("hearing_time_missing", field="time")
    if at > now + FURTHEST:
        raise CallerError("hearing_too_far", field="time", days=FURTHEST.days)
    first = workdays.add_working_days(workdays.shanghai_day(now), TOLD_BEFORE)
    if at < now or workdays.shanghai_day(at) < first:  # the first moment of the calendar is on no day of Shanghai
        raise CallerError("hearing_too_soon", field="time", days=TOLD_BEFORE, day=str(first))
    if not place:
        raise CallerError("field_empty", field="place")
    if len(place) > MOST_PLACE:
        raise CallerError("field_too_long", field="place", most=MOST_PLACE)
