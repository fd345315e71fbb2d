"""Officers together at a case: notes with mentions, tasks, deputies for days away, saved views of the queue."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access, workdays
from ipreg.casework import machine, submissions, telling
from ipreg.casework.table import Part
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Absence, Account, Case, CaseNote, CaseTask, Role, SavedView

MAX_NOTE, MAX_TASK, MAX_NAME, MAX_VIEWS = 5000, 200, 60, 50
TWICE_WITHIN = timedelta(minutes=1)
"""The same words again so soon are a form that was sent twice."""
_WITHIN_A_WORD = r"(?![A-Za-z0-9_-])"
"""Behind a name in Latin letters; Chinese names are followed by whatever comes next."""


def add_note(
    session: Session,
    *,
    case: Case,
    author: Account,
    text: str,
    shared: bool,
    side: Part | None = None,
    now: datetime,
) -> CaseNote:
    """A remark; whom it mentions is told. ``side`` narrows a shared one to the owners of one side.

    What an owner writes is between the authority and his own side, never for the other one.
    """
    text = _text(text, MAX_NOTE, "note")
    if author.role is not Role.REGULATOR:
        shared, side = True, submissions.side_of(case, author)
        if side is None:
            raise PermissionDeniedError("case_step_not_yours")
    for_whom = side.value if shared and side is not None else ""
    machine.one_at_a_time(session, case.id)
    said = {"case_id": case.id, "author": author, "text": text, "shared": shared, "side": for_whom}
    same = select(CaseNote).filter_by(**said).where(CaseNote.at > now - TWICE_WITHIN)
    if (known := session.scalars(same).first()) is not None:
        return known
    note = CaseNote(**said, at=now)
    session.add(note)
    session.flush()
    named = {one.id: one for one in mentioned(session, text) if one.id != author.id}
    for told in named.values():
        telling.mentioned(session, case=case, note=note, account=told, now=now)
    if shared:
        telling.noted(session, case=case, note=note, knowing=set(named), now=now)
    return note


def notes(session: Session, *, case: Case, account: Account) -> list[CaseNote]:
    """The notes that the account may read, oldest first."""
    wanted = select(CaseNote).where(CaseNote.case_id == case.id).order_by(CaseNote.id)
    if account.role not in access.OFFICIALS:
        side = submissions.side_of(case, account)
        if side is None:
            return []
        wanted = wanted.where(CaseNote.shared.is_(True), CaseNote.side.in_(("", side.value)))
    return list(session.scalars(wanted))


def mentioned(session: Session, text: str) -> list[Account]:
    """The officers whom the text names by ``@`` and a name with its spaces, an address, or an address up to its @.
    Where one name begins with another the longer one is meant."""
    if "@" not in text:
        return []
    officers = session.scalars(select(Account).where(Account.role == Role.REGULATOR))
    called: dict[str, list[Account]] = {}
    for one in officers:
        for name in {one.name, one.email, one.email.partition("@")[0]}:
            called.setdefault(_folded(name), []).append(one)
    names = sorted(called, key=len, reverse=True)
    any_of_them = (
        re.compile("(?<![a-z0-9._-])@(" + "|".join(_pattern(name) for name in names) + ")") if names else None
    )
    found = any_of_them.findall(_folded(text)) if any_of_them else []
    named = {one.id: one for name in found for one in called[name]}
    return [named[one] for one in sorted(named)]


def _folded(text: str) -> str:
    return " ".join(text.split()).casefold()


def _pattern(name: str) -> str:
    return re.escape(name) + (_WITHIN_A_WORD if name[-1:].isascii() else "")


def add_task(
    session: Session,
    *,
    case: Case,
    author: Account,
    assignee: Account,
    text: str,
    due_on: date | None,
    now: datetime,
) -> CaseTask:
    """Something to do, by an officer, until a day that is not over."""
    access.require_role(author, Role.REGULATOR)
    text = _text(text, MAX_TASK, "task")
    if assignee.role is not Role.REGULATOR:
        raise CallerError("choice_wrong", field="assignee")
    if due_on is not None and due_on < workdays.shanghai_day(now):
        raise CallerError("case_day_past", field="due_on")
    machine.one_at_a_time(session, case.id)
    said = {"case_id": case.id, "author_id": author.id, "assignee": assignee, "text": text, "due_on": due_on}
    same = select(CaseTask).filter_by(**said).where(CaseTask.created_at > now - TWICE_WITHIN)
    if (known := session.scalars(same).first()) is not None:
        return known
    task = CaseTask(**said, created_at=now)
    session.add(task)
    session.flush()
    if assignee.id != author.id:
        telling.task_given(session, case=case, task=task, now=now)
    return task


def tasks(session: Session, *, case: Case) -> list[CaseTask]:
    """The case's tasks, open ones first, by day."""
    wanted = select(CaseTask).where(CaseTask.case_id == case.id)
    return list(session.scalars(wanted.order_by(CaseTask.done_at.is_not(None), CaseTask.due_on, CaseTask.id)))


def finish_task(session: Session, *, case: Case, task_id: int, account: Account, now: datetime) -> CaseTask:
    """The task is done; done again it stays done."""
    access.require_role(account, Role.REGULATOR)
    task = session.get(CaseTask, task_id)
    if task is None or task.case_id != case.id:
        raise MissingError("case_task_missing")
    task.done_at = task.done_at or now
    session.flush()
    return task


def set_absence(
    session: Session, *, account: Account, deputy: Account, from_on: date, until_on: date, now: datetime
) -> Absence:
    """The deputy acts in the account's cases on these days. Overlapping days are refused."""
    access.require_role(account, Role.REGULATOR)
    if deputy.role is not Role.REGULATOR or deputy.id == account.id:
        raise CallerError("choice_wrong", field="deputy")
    if until_on < from_on or until_on < workdays.shanghai_day(now):
        raise CallerError("case_days_out_of_order", field="until_on")
    if any(one.from_on <= until_on and from_on <= one.until_on for one in absences(session, account=account)):
        raise ConflictError("case_days_taken")
    made = Absence(account=account, deputy=deputy, from_on=from_on, until_on=until_on, created_at=now)
    session.add(made)
    session.flush()
    telling.deputy_named(session, absence=made, now=now)
    return made


def absences(session: Session, *, account: Account) -> list[Absence]:
    """The account's days away, in order."""
    return list(session.scalars(select(Absence).where(Absence.account_id == account.id).order_by(Absence.from_on)))


def end_absence(session: Session, *, account: Account, absence_id: int) -> None:
    """Takes the days back."""
    found = session.get(Absence, absence_id)
    if found is None or found.account_id != account.id:
        raise MissingError("case_absence_missing")
    session.delete(found)
    session.flush()


def save_view(session: Session, *, account: Account, name: str, query: str, now: datetime) -> SavedView:
    """Keeps the filters under a name; the same name again takes the new filters."""
    name = _text(name, MAX_NAME, "name")
    views = saved_views(session, account=account)
    view = next((one for one in views if one.name == name), None)
    if view is None:
        if len(views) >= MAX_VIEWS:
            raise ConflictError("case_views_too_many")
        view = SavedView(account_id=account.id, name=name, query="", created_at=now)
        session.add(view)
    view.query = query[:1000]
    session.flush()
    return view


def saved_views(session: Session, *, account: Account) -> list[SavedView]:
    """The account's own, by name."""
    return list(
        session.scalars(select(SavedView).where(SavedView.account_id == account.id).order_by(SavedView.name))
    )


def forget_view(session: Session, *, account: Account, view_id: int) -> None:
    """Removes one of the account's own views."""
    view = session.get(SavedView, view_id)
    if view is None or view.account_id != account.id:
        raise MissingError("case_view_missing")
    session.delete(view)
    session.flush()


def set_supervisor(session: Session, *, account: Account, supervisor: bool) -> None:
    """Only a regulator can be one."""
    if account.role is not Role.REGULATOR:
        raise CallerError("choice_wrong", field="account")
    account.supervisor = supervisor
    session.flush()


def require_regulator(session: Session, account_id: int | None, field: str) -> Account:
    """The officer with this id; raises ``CallerError`` beside ``field`` where it is nobody's."""
    can_be = account_id is not None and 0 < account_id < 2**31  # no database looks for larger ones
    found = session.get(Account, account_id) if can_be else None
    if found is None or found.role is not Role.REGULATOR:
        raise CallerError("choice_wrong", field=field)
    return found


def _text(text: str, most: int, field: str) -> str:
    text = text.strip()
    if not text:
        raise CallerError("field_empty", field=field)
    if len(text) > most:
        raise CallerError("field_too_long", field=field, most=most)
    return text
