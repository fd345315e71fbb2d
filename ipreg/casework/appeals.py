"""The time to appeal: it begins for each side when the decision reaches that side, as the history has it.

The Administrative Reconsideration Law (art. 20) counts from the day somebody knows of the decision. A side has it
where it opened the signed paper (``paper_served``) or where an officer recorded how it was delivered
(``delivered``). The case's clock shows the time of the side that was served last.
"""

from __future__ import annotations

from datetime import date, datetime

from ipreg import workdays
from ipreg.casework import clocks
from ipreg.casework.table import Part
from ipreg.errors import ConflictError
from ipreg.models import Case, CaseEvent, ClockKind, PaperKind

SIDES = (Part.OWNER, Part.RESPONDENT)
"""Who gets the decision, and may appeal against it once."""
_BEGAN_ANEW = ("appeal_granted", "reopened")


def decision(case: Case) -> CaseEvent | None:
    """The decision that stands; None where there is none, or the case began anew since."""
    for event in reversed(case.events):
        if event.action.startswith("decided_"):
            return event
        if event.action in _BEGAN_ANEW:
            return None
    return None


def served_at(case: Case, side: Part) -> datetime | None:
    """When the decision reached the side; None where it has not, or where there is none."""
    since = _since_decided(case)
    issued = [_first_document(one) for one in since if one.action == "paper_issued"]
    digest = next((one["sha256"] for one in reversed(issued) if one["kind"] == PaperKind.DECISION.value), None)
    for event in since:
        if event.action == "delivered" and event.details.get("side") == side.value:
            return event.at
        opened = event.action == "paper_served" and event.part == side.value
        if opened and _first_document(event)["sha256"] == digest:
            return event.at
    return None


def unserved(case: Case) -> list[Part]:
    """The sides that the decision has not reached."""
    return [side for side in SIDES if served_at(case, side) is None] if decision(case) is not None else []


def last_day(case: Case, side: Part) -> date | None:
    """The side's last day to appeal, of Shanghai; None while the decision has not reached it."""
    served = served_at(case, side)
    return clocks.last_day(ClockKind.APPEAL.value, served) if served is not None else None


def is_over(case: Case, side: Part, now: datetime) -> bool:
    """Whether the side's time to appeal is over. It has not begun before the decision reached the side."""
    day = last_day(case, side)
    return day is not None and now >= workdays.end_of(day)


def has_appealed(case: Case, side: Part) -> bool:
    """Whether the side appealed against the decision that stands."""
    return any(
        one.action == "appealed" and one.details.get("side", one.part) == side.value for one in _since_decided(case)
    )


def may_appeal(case: Case, side: Part, now: datetime) -> bool:
    """Whether ``require`` would let the side itself appeal."""
    return decision(case) is not None and not has_appealed(case, side) and not is_over(case, side, now)


def require(case: Case, *, side: Part, by_officer: bool, now: datetime) -> None:
    """Raises ``ConflictError`` for a second appeal (``case_appealed_before``), a late one (``case_appeal_late``).

    An officer may record a late one, with his reason: it came by post in time, or what kept the side from it counts
    (art. 20: force majeure or another proper reason).
    """
    if has_appealed(case, side):
        raise ConflictError("case_appealed_before")
    if is_over(case, side, now) and not by_officer:
        raise ConflictError("case_appeal_late", day=str(last_day(case, side)))


def begin_time(case: Case, now: datetime) -> None:
    """The decision has reached one more side: the clock counts that side's time, which ends last."""
    clocks.stop(case, ClockKind.APPEAL, now)
    clocks.start(case, ClockKind.APPEAL, now)


def concerned(case: Case) -> set[int | None]:
    """Ids of the accounts that have the case, or proposed or made the decision that stands."""
    begun = max((one.position for one in case.events if one.action in _BEGAN_ANEW), default=-1)
    made = [
        one for one in case.events[begun + 1 :] if one.action == "proposed" or one.action.startswith("decided_")
    ]
    return {case.officer_id, *(one.actor_id for one in made)} - {None}


def _since_decided(case: Case) -> list[CaseEvent]:
    decided = decision(case)
    return [one for one in case.events if one.position > decided.position] if decided is not None else []


def _first_document(event: CaseEvent) -> dict[str, str]:
    return dict(event.details["documents"][0])
