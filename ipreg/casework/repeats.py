"""A seller who is found to infringe makes his other open cases more urgent, whenever they were opened.

So does a shop that turns out to be his: what was decided against one of the shops that officials joined counts for
all of them, from the day on which they were joined.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Row, and_, func, or_, select
from sqlalchemy.orm import Session

from ipreg.casework import machine, table
from ipreg.casework.machine import Given
from ipreg.models import Case, CaseEvent, CaseOutcome, Seller
from ipreg.sightings.sellerlinks import OFFICIALS, joined, joined_since

GRAVE_FROM = 3
"""So many decisions against a seller make his cases grave."""
_AT_ONCE = 500
_WHY = "该卖家其间被认定侵权。The seller was found to infringe meanwhile."
_JOINED = "该卖家的另一店铺（%s）曾被认定侵权。Another shop of the same seller (%s) was found to infringe."
"""Both are read by officials alone: what became of other cases is not for the parties of this one."""


def severity_of(session: Session, seller_id: int | None) -> int:
    """1, 2 for a seller who was found to infringe before, 3 for one who was so three times."""
    if seller_id is None:
        return 1
    shops = joined(session, seller_id, office=OFFICIALS)
    return _severity(sum(one.times for one in _records(session, shops)))


def due(session: Session) -> list[int]:
    """Ids of open cases that are less grave than their seller's record since his last decision, or since his shops
    were joined.

    What an officer set after that stands.
    """
    return sorted({*_by_own_record(session), *_by_joined_record(session)})[:_AT_ONCE]


def raise_one(session: Session, *, case: Case, now: datetime) -> None:
    """Takes the step, which says why; a case that was decided or raised meanwhile stays as it is."""
    severity = severity_of(session, case.seller_id)
    if case.state in table.OPEN and case.severity < severity:
        given = Given(severity=severity, reason=_reason(session, case, severity))
        machine.transition(session, case=case, action="severity_raised", actor=machine.SYSTEM, given=given, now=now)


def _severity(times: int) -> int:
    return 3 if times >= GRAVE_FROM else 2 if times else 1


def _reason(session: Session, case: Case, severity: int) -> str:
    """The seller's own record where that is enough; else the shops that his was joined with."""
    assert case.seller_id is not None
    records = _records(session, joined(session, case.seller_id, office=OFFICIALS))
    own = sum(one.times for one in records if one.seller_id == case.seller_id)
    if _severity(own) >= severity:
        return _WHY
    others = [session.get_one(Seller, one.seller_id) for one in records if one.seller_id != case.seller_id]
    names = [(one.name or one.shop_id or one.address)[:40] for one in others]
    return _JOINED % ("、".join(names[:3]), ", ".join(names[:3]))


def _records(session: Session, shops: list[int]) -> list[Row[tuple[int | None, int, datetime]]]:
    """How often each of them was found to infringe, and when last; those who never were are not there."""
    found = (
        select(Case.seller_id, func.count().label("times"), func.max(Case.decided_at).label("last"))
        .where(Case.outcome == CaseOutcome.INFRINGING, Case.seller_id.in_(shops))
        .group_by(Case.seller_id)
        .order_by(Case.seller_id)
    )
    return list(session.execute(found))


def _by_own_record(session: Session) -> list[int]:
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


def _by_joined_record(session: Session) -> list[int]:
    since = joined_since(session, office=OFFICIALS)
    records = {one.seller_id: one for one in _in_parts(session, sorted(since))}
    found: list[int] = []
    for shop, others in since.items():
        told = [(records[one].times, max(records[one].last, at)) for one, at in others.items() if one in records]
        own = [(records[shop].times, records[shop].last)] if shop in records else []
        if told and len(found) < _AT_ONCE:
            severity = _severity(sum(times for times, _at in told + own))
            found += _milder_than(session, shop, severity, max(at for _times, at in told + own))
    return found


def _in_parts(session: Session, shops: list[int]) -> list[Row[tuple[int | None, int, datetime]]]:
    return [one for at in range(0, len(shops), 500) for one in _records(session, shops[at : at + 500])]


def _milder_than(session: Session, shop: int, severity: int, since: datetime) -> list[int]:
    """The shop's open cases below it, but those that an officer set since."""
    is_set = (
        select(CaseEvent.id)
        .where(CaseEvent.case_id == Case.id, CaseEvent.action == "severity_set", CaseEvent.at >= since)
        .exists()
    )
    wanted = select(Case.id).where(
        Case.seller_id == shop, Case.state.in_(sorted(table.OPEN)), Case.severity < severity, ~is_set
    )
    return list(session.scalars(wanted.order_by(Case.id)))
