"""Who is told what of a case: by ``ipreg.notify.notices``, once each."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg.casework import deputies, words
from ipreg.casework.owners import filings_of, owners_of
from ipreg.casework.table import Part
from ipreg.models import (
    Absence,
    Account,
    Case,
    CaseClock,
    CaseEvent,
    CaseNote,
    CasePaper,
    CaseTask,
    Filing,
    Role,
    Submission,
)
from ipreg.notify import notices

OWNERS_HEAR = frozenset(
    ("not_accepted", "responded", "hearing_called", "hearing_moved", "hearing_held", "hearing_cancelled",
     "remedies_ordered", "closed", "appealed", "appeal_refused", "appeal_granted", "merged", "reopened")
)  # fmt: skip
"""The steps of others that an owner is told of; accepting, the notice and the decision reach him as papers."""


def stepped(session: Session, *, case: Case, event: CaseEvent, now: datetime) -> None:
    """The officer and his deputy; the supervisors of what waits for them; the owners of what they have to know.

    Nobody is told of what he did himself. The other side hears by papers and on the page of its link.
    """
    key, what = f"case-{case.id}-event-{event.position}", {"say": words.EVENTS[event.action]}
    told = {event.actor_id}
    for account in _of_interest(session, case, event, now):
        if account.id not in told:
            told.add(account.id)
            _tell(session, account, "case_step", case, key, now, what=what, who=event.name)
    if event.action in OWNERS_HEAR:
        _tell_owners(session, case, "case_step", key, now, told, what=what, who=event.name)


def received(session: Session, *, case: Case, submission: Submission, by: str, now: datetime) -> None:
    """Of what came in the officer and his deputy; the owners where it is the seller's and not confidential."""
    key, told = f"case-received-{submission.id}", {submission.account_id}
    for account in in_charge(session, case, now):
        if account.id not in told:
            told.add(account.id)
            _tell(session, account, "case_received", case, key, now, who=by, receipt=submission.receipt)
    if submission.part == Part.RESPONDENT.value and not submission.confidential and case.match.later_filing is None:
        _tell_owners(session, case, "case_received", key, now, told, who=by, receipt=submission.receipt)


def noted(session: Session, *, case: Case, note: CaseNote, knowing: set[int], now: datetime) -> None:
    """A message to the officer from an owner, or from him to the owners; ``knowing`` are told of it already."""
    key = f"case-message-{note.id}"
    told: set[int | None] = {note.author_id, *knowing}
    if note.author.role is Role.REGULATOR:
        side = Part(note.side) if note.side else None
        _tell_owners(
            session, case, "case_message", key, now, told, side=side, who=note.author.name, text=note.text[:300]
        )
        return
    for account in in_charge(session, case, now):
        if account.id not in told:
            _tell(session, account, "case_message", case, key, now, who=note.author.name, text=note.text[:300])


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
        values = {"number": case.number, "title": own.told_title}
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


def in_charge(session: Session, case: Case, now: datetime) -> list[Account]:
    """The officer and his deputy; the supervisors where nobody has the case."""
    if case.officer is None:
        return supervisors(session)
    deputy = deputies.deputy_of(session, account_id=case.officer.id, now=now)
    return [case.officer, *([deputy] if deputy else [])]


def _of_interest(session: Session, case: Case, event: CaseEvent, now: datetime) -> list[Account]:
    found = in_charge(session, case, now) if case.officer else []
    if event.action in ("proposed", "extension_asked", "appealed"):
        found += supervisors(session)
    return found


def _tell_owners(
    session: Session,
    case: Case,
    kind: str,
    key: str,
    now: datetime,
    told: set[int | None],
    side: Part | None = None,
    **values: Any,
) -> None:
    """Each by the title of his own design: nobody learns here how somebody else's is called. ``side`` names the one
    side of a conflict that it is for."""
    for part, filing in zip((Part.OWNER, Part.RESPONDENT), filings_of(case), strict=False):
        if side not in (None, part):
            continue
        for account in owners_of(session, filing):
            if account.id not in told:
                told.add(account.id)
                said = {"number": case.number, "title": filing.told_title, **values}
                path = f"/cases/{case.number}"
                notices.tell(session, account=account, kind=kind, values=said, path=path, key=key, now=now)


def _tell(
    session: Session, account: Account, kind: str, case: Case, key: str, now: datetime, **values: Any
) -> None:
    said = {"number": case.number, "title": case.match.filing.told_title, **values}
    notices.tell(session, account=account, kind=kind, values=said, path=f"/cases/{case.number}", key=key, now=now)
