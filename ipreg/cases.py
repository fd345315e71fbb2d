"""Cases: opened by an alert or a conflict of filings, found, and the officer's two usual steps.

All steps go through ``ipreg.casework.machine``; each is on the record and in the log.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, numbers, serials, workdays
from ipreg.casework import clocks, machine, repeats, table
from ipreg.casework.machine import REASON_MAX as REASON_MAX
from ipreg.casework.machine import REASON_MIN as REASON_MIN
from ipreg.casework.machine import event_statement as event_statement
from ipreg.casework.table import Part
from ipreg.errors import MissingError
from ipreg.models import Account, Alert, Case, CaseKind, CaseOutcome, CaseState, ClockKind, Match, Role


def open_case(session: Session, *, alert: Alert, account: Account, note: str, now: datetime) -> Case:
    """A case in the queue, opened by the confirmation of ``alert``; that of the same match, if there is one."""
    known = session.scalar(select(Case).where(Case.match_id == alert.match_id))
    if known is not None:
        known.alert = alert
        session.flush()
        return known
    return _open(session, alert.match, CaseKind.LISTING, account, Part.OWNER, note, now, alert=alert)


def open_conflict(session: Session, *, match: Match, now: datetime) -> Case:
    """A case between two owners: ``match`` is of a filing and somebody else's later one. Opened by a job."""
    return _open(session, match, CaseKind.CONFLICT, machine.SYSTEM, Part.SYSTEM, "", now)


def case_of_alert(session: Session, alert: Alert) -> Case:
    """The case that ``alert`` became."""
    case = session.scalar(select(Case).where(Case.alert_id == alert.id))
    if case is None:
        raise MissingError("case_missing")
    return case


def queue(session: Session, *, account: Account, state: CaseState | None = None) -> list[Case]:
    """For a regulator all cases, the most urgent first; for an owner those of his designs."""
    wanted = select(Case).order_by(Case.rank_at, Case.id)
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
    access.require_role(officer, Role.REGULATOR)
    machine.one_at_a_time(session, case.id)
    if case.officer_id == officer.id and case.state in table.OPEN:
        return case  # who presses twice has it once
    machine.require_current(case, row_version)
    given = machine.Given(officer=officer)
    machine.transition(
        session, case=case, action="assigned", actor=officer, given=given, row_version=row_version, now=now
    )
    return case


def decide(
    session: Session,
    *,
    case: Case,
    officer: Account,
    outcome: CaseOutcome,
    reason: str,
    unheard: str = "",
    row_version: int,
    now: datetime,
) -> Case:
    """The officer decides, with a reason that stays on the record; a grave case he puts up for approval.

    ``unheard``: why somebody is found to infringe who was not heard before.
    """
    action = "proposed" if case.severity >= table.FOUR_EYES_FROM else "decided"
    given = machine.Given(reason=reason, outcome=outcome, unheard=unheard)
    machine.transition(
        session, case=case, action=action, actor=officer, given=given, row_version=row_version, now=now
    )
    return case


def _open(
    session: Session,
    match: Match,
    kind: CaseKind,
    actor: machine.Actor,
    part: Part,
    note: str,
    now: datetime,
    alert: Alert | None = None,
) -> Case:
    listing = match.listing
    serial = serials.next_id(session, Case)
    case = Case(
        id=serial,
        number=numbers.make_number(numbers.CASE, year=workdays.shanghai_day(now).year, serial=serial),
        kind=kind,
        alert=alert,
        match=match,
        state=CaseState.FLAGGED,
        severity=repeats.severity_of(session, listing.seller_id if listing else None),
        industry=match.filing.industry,
        platform=listing.platform if listing else "",
        district=match.filing.district,
        right_kind=next(iter(match.filing.rights_wanted), ""),
        seller_id=listing.seller_id if listing else None,
        opened_at=now,
        changed_at=now,
        events=[],
        clocks=[],
    )
    clocks.start(case, ClockKind.ACCEPTANCE, now)
    clocks.rank(case, now, ended=False)
    session.add(case)
    session.flush()
    given = machine.Given(reason=note.strip())
    name = "conflict_found" if kind is CaseKind.CONFLICT else "opened"
    machine.record(session, case=case, actor=actor, part=part, action=name, given=given, now=now)
    return case
