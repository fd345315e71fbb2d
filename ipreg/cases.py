"""Cases: from a confirmed alert to the regulator's decision, each step on the record and in the log."""

from __future__ import annotations

import secrets
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg import access, log, numbers
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Alert, Case, CaseEvent, CaseOutcome, CaseState, Role

EVENT_FORMAT = "ipreg-case-event/1"
REASON_MIN, REASON_MAX = 10, 5000


def open_case(session: Session, *, alert: Alert, account: Account, note: str, now: datetime) -> Case:
    """A new case in the queue, opened by the confirmation of ``alert``."""
    case = Case(
        number=f"new-{secrets.token_hex(8)}", alert=alert, state=CaseState.FLAGGED, opened_at=now, events=[]
    )
    session.add(case)
    session.flush()
    case.number = numbers.make_number(numbers.CASE, year=now.year, serial=case.id)
    _record(session, case, account, "opened", note, now)
    return case


def case_of_alert(session: Session, alert: Alert) -> Case:
    """The case that ``alert`` became."""
    case = session.scalar(select(Case).where(Case.alert_id == alert.id))
    if case is None:
        raise MissingError("case_missing")
    return case


def queue(session: Session, *, account: Account, state: CaseState | None = None) -> list[Case]:
    """For a regulator all cases, oldest first, undecided before decided; for an owner those of his designs."""
    wanted = select(Case).order_by(Case.state == CaseState.DECIDED, Case.opened_at, Case.id)
    if state is not None:
        wanted = wanted.where(Case.state == state)
    found = session.scalars(wanted).unique()
    return [case for case in found if access.can_see_case(account, case)]


def get_case(session: Session, *, number: str, account: Account) -> Case:
    """The case, if the account may see it; ``MissingError`` otherwise."""
    case = session.scalar(select(Case).where(Case.number == number.strip().upper()))
    if case is None or not access.can_see_case(account, case):
        raise MissingError("case_missing", number=number)
    return case


def assign(session: Session, *, case: Case, officer: Account, row_version: int, now: datetime) -> Case:
    """The regulator takes the case on himself. ``row_version`` is that of the page he saw."""
    _require_current(case, officer, row_version)
    if case.state is CaseState.DECIDED:
        raise ConflictError("case_already_decided")
    if case.officer_id == officer.id:
        return case
    case.officer, case.state = officer, CaseState.UNDER_REVIEW
    _record(session, case, officer, "assigned", "", now)
    return case


def decide(
    session: Session,
    *,
    case: Case,
    officer: Account,
    outcome: CaseOutcome,
    reason: str,
    row_version: int,
    now: datetime,
) -> Case:
    """The assigned regulator decides, with a reason that stays on the record."""
    _require_current(case, officer, row_version)
    if case.state is CaseState.DECIDED:
        raise ConflictError("case_already_decided")
    if case.officer_id != officer.id:
        raise PermissionDeniedError("case_not_assigned_to_you")
    reason = reason.strip()
    if not REASON_MIN <= len(reason) <= REASON_MAX:
        raise CallerError("reason_length", field="reason", least=REASON_MIN, most=REASON_MAX)
    case.state, case.outcome, case.decision_reason, case.decided_at = CaseState.DECIDED, outcome, reason, now
    _record(session, case, officer, f"decided_{outcome.value}", reason, now)
    return case


def event_statement(case: Case, event: CaseEvent) -> dict[str, object]:
    """What the event's log entry commits to."""
    return {
        "format": EVENT_FORMAT,
        "case": case.number,
        "position": event.position,
        "at": event.at.isoformat(),
        "actor": event.actor.known_as(event.at)[1],
        "action": event.action,
        "note": event.note,
        "filing": case.alert.match.filing.number,
    }


def _require_current(case: Case, officer: Account, row_version: int) -> None:
    access.require_role(officer, Role.REGULATOR)
    if case.row_version != row_version:
        raise ConflictError("changed_meanwhile")


def _record(session: Session, case: Case, actor: Account, action: str, note: str, now: datetime) -> None:
    event = CaseEvent(position=len(case.events), at=now, actor=actor, action=action, note=note.strip()[:REASON_MAX])
    case.events.append(event)
    try:
        session.flush()
    except StaleDataError as fault:
        raise ConflictError("changed_meanwhile") from fault
    entry = log.append_entry(
        session, kind="case_event", subject=case.number, statement=event_statement(case, event), now=now
    )
    event.log_index = entry.index
    session.flush()
