"""Who is told what of a case: by ``ipreg.notify.notices``, once each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.casework import words
from ipreg.models import Absence, Account, Case, CaseClock, CaseEvent, CaseNote, CasePaper, CaseTask, Filing, Role
from ipreg.notify import likeness, notices


def stepped(session: Session, *, case: Case, event: CaseEvent, now: datetime) -> None:
    """The officer, unless it was he; the supervisors of what waits for approval; he who is given a case."""
    told = {one.id: one for one in _of_interest(session, case, event)}
    for account in told.values():
        if account.id != event.actor_id:
            what = {"say": words.EVENTS[event.action]}
            key = f"case-{case.id}-event-{event.position}"
            _tell(session, account, "case_step", case, key, now, what=what, who=event.name)


def mentioned(session: Session, *, case: Case, note: CaseNote, account: Account, now: datetime) -> None:
    _tell(
        session,
        account,
        "case_mention",
        case,
        f"case-note-{note.id}",
        now,
        who=note.author.name,
        text=note.text[:300],
    )


def task_given(session: Session, *, case: Case, task: CaseTask, now: datetime) -> None:
    due = str(task.due_on) if task.due_on else "—"
    _tell(session, task.assignee, "case_task", case, f"case-task-{task.id}", now, text=task.text, due=due)


def deputy_named(session: Session, *, absence: Absence, now: datetime) -> None:
    values = {"who": absence.account.name, "from": str(absence.from_on), "until": str(absence.until_on)}
    key = f"absence-{absence.id}"
    notices.tell(
        session, account=absence.deputy, kind="case_deputy", values=values, path="/cases?tab=mine", key=key, now=now
    )


def clock(
    session: Session, *, case: Case, clock: CaseClock, kind: str, accounts: list[Account], now: datetime
) -> None:
    """``kind`` is ``case_clock_near``, ``case_clock_over`` or ``case_clock_escalated``."""
    key = f"{kind}-{clock.id}-{clock.due_on}"
    for account in accounts:
        what = {"say": words.CLOCKS[clock.kind]}
        _tell(session, account, kind, case, key, now, what=what, due=str(clock.due_on))


def conflict(session: Session, *, case: Case, owners: list[Account], own: Filing, now: datetime) -> None:
    """Both owners hear of the conflict; neither is shown or told the title of the other's design."""
    for account in owners:
        values = {"number": case.number, "title": likeness.title_of(own)}
        path, key = f"/cases/{case.number}", f"case-{case.id}-conflict"
        notices.tell(session, account=account, kind="case_conflict", values=values, path=path, key=key, now=now)


def paper_issued(session: Session, *, case: Case, paper: CasePaper, owners: list[Account], now: datetime) -> None:
    """The right holders; the other side is served by its own link."""
    path, key = f"/cases/{case.number}", f"case-paper-{paper.id}"
    for account in owners:
        values = {"number": case.number}
        notices.tell(session, account=account, kind="case_paper", values=values, path=path, key=key, now=now)


def supervisors(session: Session) -> list[Account]:
    """All of them."""
    wanted = select(Account).where(Account.role == Role.REGULATOR, Account.supervisor.is_(True))
    return list(session.scalars(wanted))


def _of_interest(session: Session, case: Case, event: CaseEvent) -> list[Account]:
    found = [case.officer] if case.officer else []
    if event.action in ("proposed", "extension_asked", "appealed"):
        found += supervisors(session)
    return found


def _tell(
    session: Session, account: Account, kind: str, case: Case, key: str, now: datetime, **values: Any
) -> None:
    said = {"number": case.number, "title": likeness.title_of(case.match.filing), **values}
    notices.tell(session, account=account, kind=kind, values=said, path=f"/cases/{case.number}", key=key, now=now)
