"""A seller who is found to infringe makes his other open cases more urgent, whenever they were opened."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, or_, select
from sqlalchemy.orm import Session

from ipreg.casework import machine, table
from ipreg.casework.machine import Given
from ipreg.models import Case, CaseEvent, CaseOutcome
from ipreg.sightings.sellerlinks import OFFICIALS, joined

GRAVE_FROM = 3
"""So many decisions against a seller make his cases grave."""
_AT_ONCE = 500
_WHY = "该卖家其间被认定侵权。The seller was found to infringe meanwhile."
"""Read by officials alone: what became of other cases is not for the parties of this one."""


def severity_of(session: Session, seller_id: int | None) -> int:
    """1, 2 for a seller who was found to infringe before, 3 for one who was so three times."""
    if seller_id is None:
        return 1
    his = Case.seller_id.in_(joined(session, seller_id, office=OFFICIALS))
    of_seller = select(func.count()).where(his, Case.outcome == CaseOutcome.INFRINGING)
    before = session.scalar(of_seller) or 0
    return 3 if before >= GRAVE_FROM else 2 if before else 1


def due(session: Session) -> list[int]:
    """Ids of open cases that are less grave than their seller's record since his last decision.

    What an officer set after that decision stands.
    """
    against = (
        select(Case.seller_id, func.count().label("times"), func.max(Case.decided_at).label("last"))
        .where(Case.outcome == CaseOutcome.INFRINGING, Case.seller_id.is_not(None))
        .group_by(Case.seller_id)
        .subquery()
    )
    set_since = (
        select(CaseEvent.id)
        .where(CaseEvent.case_id == Case.id, CaseEvent.action == "severity_set", CaseEvent.at >= against.c.last)
        .exists()
    )
    milder = or_(Case.severity < 2, and_(Case.severity < 3, against.c.times >= GRAVE_FROM))
    wanted = (
        select(Case.id)
        .join(against, against.c.seller_id == Case.seller_id)
        .where(Case.state.in_(sorted(table.OPEN)), milder, ~set_since)
    )
    return list(session.scalars(wanted.order_by(Case.id).limit(_AT_ONCE)))


def raise_one(session: Session, *, case: Case, now: datetime) -> None:
    """Takes the step, which says why; a case that was decided or raised meanwhile stays as it is."""
    severity = severity_of(session, case.seller_id)
    if case.state in table.OPEN and case.severity < severity:
        given = Given(severity=severity, reason=_WHY)
        machine.transition(session, case=case, action="severity_raised", actor=machine.SYSTEM, given=given, now=now)
