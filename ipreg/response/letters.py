"""Letters found: one of them, those of an alert, all of an owner's, their clocks; and the way to the regulator."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, and_, func, or_, select
from sqlalchemy.orm import Session

from ipreg import access, alerts, workdays
from ipreg.casework import machine
from ipreg.casework.machine import Document, Given
from ipreg.casework.table import Part
from ipreg.errors import ConflictError, MissingError
from ipreg.models import (
    Account,
    Alert,
    AlertState,
    Case,
    LegalLetter,
    LegalLetterKind,
    LegalLetterState,
    LegalOutcome,
)
from ipreg.response import steps, table
from ipreg.storage import Store

PAGE = 30
_ATTACHED = "权利人已发出的函件及其经过，见本案页面。Letters of the right holder: see the page of the case."


@dataclass(frozen=True)
class Asked:
    """Which letters: ``state`` is ``running``, ``ended`` or ``all``; ``kind`` empty for both."""

    state: str = "running"
    kind: str = ""
    page: int = 1


@dataclass(frozen=True)
class Found:
    """A page of letters, those with the nearest day first; whether there are more."""

    letters: list[LegalLetter]
    more: bool


def get(session: Session, *, number: str, account: Account) -> LegalLetter:
    """The letter, for who sees its alert, and for officials once it went with the alert into a case.

    Raises ``MissingError`` otherwise. What it shows of a sealed filing, ``can_open`` says.
    """
    found = session.scalar(select(LegalLetter).where(LegalLetter.number == number.strip().upper()))
    if found is None or not _may_see(session, account, found):
        raise MissingError("letter_missing")
    return found


def can_open(session: Session, account: Account, letter: LegalLetter) -> bool:
    """Whether the account may read its papers: they show the design."""
    return access.can_see_alert(account, letter.alert) or access.can_see_files(session, account, letter.filing)


def of_alert(session: Session, alert: Alert) -> list[LegalLetter]:
    """The alert's letters, the newest first, without those thrown away."""
    wanted = select(LegalLetter).where(LegalLetter.alert_id == alert.id, LegalLetter.state != LegalLetterState.VOID)
    return list(session.scalars(wanted.order_by(LegalLetter.id.desc())).unique())


def of_case(session: Session, case: Case) -> list[LegalLetter]:
    """The letters that went along to the case."""
    if case.alert_id is None:
        return []
    sent = LegalLetter.state.not_in([LegalLetterState.MAKING, LegalLetterState.VOID])
    wanted = select(LegalLetter).where(LegalLetter.alert_id == case.alert_id, sent)
    return list(session.scalars(wanted.order_by(LegalLetter.id)).unique())


def page(session: Session, *, account: Account, asked: Asked) -> Found:
    """The account's letters: what is due first, then the newest."""
    return Found(*listed(session, account=account, asked=asked, start=PAGE * (max(1, asked.page) - 1), limit=PAGE))


def listed(
    session: Session, *, account: Account, asked: Asked, start: int, limit: int
) -> tuple[list[LegalLetter], bool]:
    """So many from ``start`` on, and whether there are more."""
    wanted = select(LegalLetter).where(_seen_by(session, account))
    if asked.state in ("running", "ended"):
        wanted = wanted.where(LegalLetter.running.is_(asked.state == "running"))
    if asked.kind in list(LegalLetterKind):
        wanted = wanted.where(LegalLetter.kind == LegalLetterKind(asked.kind))
    wanted = wanted.order_by(LegalLetter.next_on.is_(None), LegalLetter.next_on, LegalLetter.id.desc())
    found = list(session.scalars(wanted.limit(limit + 1).offset(start)).unique())
    return found[:limit], len(found) > limit


def running(session: Session, account: Account, *, most: int = 5) -> list[LegalLetter]:
    """Those under way with a day to keep, the nearest first."""
    mine = and_(_seen_by(session, account), LegalLetter.running, LegalLetter.next_on.is_not(None))
    return list(
        session.scalars(
            select(LegalLetter).where(mine).order_by(LegalLetter.next_on, LegalLetter.id).limit(most)
        ).unique()
    )


def count_running(session: Session, account: Account) -> int:
    wanted = select(LegalLetter.id).where(_seen_by(session, account), LegalLetter.running).limit(1000)
    return session.scalar(select(func.count()).select_from(wanted.subquery())) or 0


def days_left(letter: LegalLetter, now: datetime) -> int | None:
    """Days to the letter's next day, negative once it is over; None where no day is set."""
    day: date | None = letter.next_on
    return None if day is None else (day - workdays.shanghai_day(now)).days


def hand_over(
    session: Session, store: Store, *, alert: Alert, account: Account, note: str = "", now: datetime
) -> Case:
    """To the regulator, once, with the letters and their history."""
    if alert.state is AlertState.OPEN:
        case = alerts.confirm(session, alert=alert, account=account, note=note, now=now)
    else:
        case = alerts.hand_over(session, alert=alert, account=account, note=note, now=now)
    bring_along(session, store, case=case, alert=alert, account=account, now=now)
    return case


def bring_along(
    session: Session, store: Store, *, case: Case, alert: Alert, account: Account, now: datetime
) -> None:
    """The alert's letters go into the case's history by their digests; those under way are closed with it."""
    letters = [one for one in of_alert(session, alert) if one.state is not LegalLetterState.MAKING]
    going = [one for one in letters if one.state in table.OUT and not was_handed_over(one)]
    if going:
        papers = [file for one in letters for file in one.files if file.role == "pdf"]
        documents = tuple(Document("letter", file.name, file.sha256) for file in papers)
        machine.record(
            session, case=case, actor=account, part=Part.OWNER, action="letters_attached",
            given=Given(reason=_ATTACHED, documents=documents), now=now,
        )  # fmt: skip
    for letter in going:
        _hand_over_one(session, store, letter, case, account, now)


def was_handed_over(letter: LegalLetter) -> bool:
    """Whether it went with its alert to the regulator while its clock ran."""
    return any(one.action == "handed_over" for one in letter.events)


def _hand_over_one(
    session: Session, store: Store, letter: LegalLetter, case: Case, account: Account, now: datetime
) -> None:
    """Where the clock of a counter-notice runs it goes on: the platform does not hear of the case from us."""
    if letter.state is LegalLetterState.COUNTERED:
        action, given = "handed_over", steps.Given(values={"case": case.number})
    else:
        values = {"outcome": LegalOutcome.HANDED_OVER.value, "case": case.number}
        action, given = "closed", steps.Given(outcome=LegalOutcome.HANDED_OVER, values=values)
    steps.record(session, store, letter=letter, action=action, actor=account, given=given, now=now)


def require_open(session: Session, account: Account, letter: LegalLetter) -> None:
    """Raises ``MissingError`` where the papers are not for the account."""
    if not can_open(session, account, letter):
        raise MissingError("letter_missing")


def require_made(letter: LegalLetter) -> None:
    """Raises ``ConflictError`` before there are papers."""
    if letter.state is LegalLetterState.MAKING:
        raise ConflictError("letter_not_made")


def _may_see(session: Session, account: Account, letter: LegalLetter) -> bool:
    if access.can_see_alert(account, letter.alert):
        return True
    if account.role not in access.OFFICIALS or letter.state in (LegalLetterState.MAKING, LegalLetterState.VOID):
        return False
    return session.scalar(select(Case.id).where(Case.alert_id == letter.alert_id).limit(1)) is not None


def _seen_by(session: Session, account: Account) -> ColumnElement[bool]:
    """``can_see_alert`` as a condition on ``LegalLetter``."""
    own = LegalLetter.applicant_id == account.id
    if account.organization_id is None:
        return own
    theirs = LegalLetter.organization_id == account.organization_id
    if account.organization_role in access.FULL_MEMBERS:
        return or_(own, theirs)
    return LegalLetter.alert_id.in_(
        select(Alert.id).where(or_(own, theirs), access.alerts_seen_by(session, account))
    )
