"""One-time links: how a respondent without an account comes to his case, and to nothing else.

A link is 256 random bits; of it only the digest is kept, so that nobody who reads the database has one. Opened, it
is exchanged for a session that knows this one case; it can't be opened again. A new link takes the place of the old
one, with its session. Guesses are counted by network.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, func, select, update
from sqlalchemy.orm import Session

from ipreg.casework import appeals, machine, table
from ipreg.casework.machine import Given, Outside
from ipreg.casework.table import Part
from ipreg.errors import CallerError, ConflictError, MissingError, PermissionDeniedError
from ipreg.models import Account, Case, CasePaper, CaseState, LinkGuess, RespondentLink

LINK_FOR = timedelta(days=30)
SESSION_FOR = timedelta(days=30)
MOST_GUESSES, GUESSES_WITHIN = 20, timedelta(minutes=15)
OPEN_FOR = table.IN_HAND | table.DECISIONS - {CaseState.CLOSED}
"""While a case is here the respondent has a say, or something to read; a closed one as ``is_open`` has it."""
_BY_LINK = "被投诉方已通过一次性链接打开通知。The respondent opened the one-time link."


def issue(
    session: Session, *, case: Case, officer: Account, name: str, contact: str = "", now: datetime
) -> tuple[RespondentLink, str]:
    """A new link, and its token, which is shown once. Those before it, and their sessions, end.

    Raises ``PermissionDeniedError`` for whoever does not have the case, ``ConflictError`` (``link_case_closed``).
    """
    part = _require_officer(session, case, officer, now)
    if not is_open(case, now):
        raise ConflictError("link_case_closed")
    name = " ".join(name.split())
    if not name:
        raise CallerError("field_empty", field="name")
    if max(len(name), len(contact)) > 200:
        raise CallerError("field_too_long", field="name", most=200)
    _end_all(session, case, now)
    token = secrets.token_urlsafe(32)
    link = RespondentLink(
        case=case,
        name=name,
        contact=contact.strip(),
        token_hash=digest(token),
        created_at=now,
        created_by_id=officer.id,
        expires_at=now + LINK_FOR,
    )
    session.add(link)
    machine.record(session, case=case, actor=officer, part=part, action="link_issued", now=now)
    return link, token


def revoke(session: Session, *, case: Case, officer: Account, now: datetime) -> None:
    """No link of the case opens anything any more, and nobody who opened one is let in."""
    part = _require_officer(session, case, officer, now)
    if _end_all(session, case, now):
        machine.record(session, case=case, actor=officer, part=part, action="link_revoked", now=now)


def look(session: Session, *, token: str, network: str, now: datetime) -> RespondentLink:
    """The link, if it may be opened; it stays unopened. What looks at links by itself (a mail filter) spends none.

    Raises ``MissingError`` (``link_missing``; the caller then counts it by ``guessed``), ``CallerError``
    (``link_too_many_tries``), ``PermissionDeniedError`` (used, expired, revoked, case closed).
    """
    recent = select(func.count()).where(LinkGuess.network == network, LinkGuess.at > now - GUESSES_WITHIN)
    if (session.scalar(recent) or 0) >= MOST_GUESSES:
        raise CallerError("link_too_many_tries", minutes=int(GUESSES_WITHIN.total_seconds() // 60))
    link = session.scalar(select(RespondentLink).where(RespondentLink.token_hash == digest(token)))
    if link is None:
        raise MissingError("link_missing")
    _require_live(link, now)
    if link.used_at is not None:
        raise PermissionDeniedError("link_used")
    if now >= link.expires_at:
        raise PermissionDeniedError("link_expired")
    return link


def guessed(session: Session, *, network: str, now: datetime) -> None:
    """Counts a link that led nowhere."""
    session.add(LinkGuess(network=network, at=now))
    session.flush()


def open_link(
    session: Session, *, token: str, secret: str | None = None, network: str, now: datetime
) -> tuple[RespondentLink, str]:
    """Exchanges the link for a session, once. Raises as ``look``. ``secret`` is that of the session, where the
    browser was given one already, by us and for this link.

    The notice counts as served by it where its paper is there; else when the paper is opened (``papers.serve``).
    """
    link = look(session, token=token, network=network, now=now)
    secret = secret or secrets.token_urlsafe(32)
    taken = session.execute(
        update(RespondentLink)
        .where(RespondentLink.id == link.id, RespondentLink.used_at.is_(None))
        .values(used_at=now, used_from=network, session_hash=digest(secret), session_until=now + SESSION_FOR)
    )
    if cast("CursorResult[Any]", taken).rowcount != 1:
        raise PermissionDeniedError("link_used")
    session.refresh(link)
    if _notice_is_there(session, link.case):
        notice_served(session, case=link.case, how=_BY_LINK, now=now)
    return link, secret


def notice_served(session: Session, *, case: Case, how: str, now: datetime) -> None:
    """The other side has the notice, and its time to answer begins; nothing where that was so before."""
    if case.state is CaseState.NOTICE_ISSUED:
        given = Given(reason=how)
        machine.transition(session, case=case, action="served", actor=machine.SYSTEM, given=given, now=now)


def of_session(session: Session, *, secret: str | None, now: datetime) -> RespondentLink:
    """The link whose session this is. Raises ``PermissionDeniedError`` (``link_session_missing``, ...)."""
    link = None
    if secret:
        link = session.scalar(select(RespondentLink).where(RespondentLink.session_hash == digest(secret)))
    if link is None or link.session_until is None or now >= link.session_until:
        raise PermissionDeniedError("link_session_missing")
    _require_live(link, now)
    return link


def is_session_of(session: Session, *, token: str, secret: str, now: datetime) -> bool:
    """Whether the session was exchanged for this link, and still holds."""
    try:
        return of_session(session, secret=secret, now=now).token_hash == digest(token)
    except PermissionDeniedError:
        return False


def is_open(case: Case, now: datetime) -> bool:
    """Whether links lead to the case. After it was closed they do until the time to appeal is over."""
    if case.state is CaseState.CLOSED:
        return appeals.decision(case) is not None and not appeals.is_over(case, Part.RESPONDENT, now)
    return case.state in OPEN_FOR


def links_of(session: Session, case: Case) -> list[RespondentLink]:
    """All links that the case ever had, the newest first."""
    return list(
        session.scalars(
            select(RespondentLink).where(RespondentLink.case_id == case.id).order_by(RespondentLink.id.desc())
        )
    )


def actor_of(link: RespondentLink) -> Outside:
    """Who acts by the link, as the history has it: the shop's name, which is public, or nothing more."""
    listing = link.case.match.listing
    return Outside(Part.RESPONDENT, (listing.seller if listing else "") or "respondent")


def digest(secret: str) -> str:
    """How a link or a session is kept."""
    return hashlib.sha256(secret.encode()).hexdigest()


def _notice_is_there(session: Session, case: Case) -> bool:
    """Whether the paper of the last notice was made: a job makes it, some time after the step."""
    issued = [event.id for event in case.events if event.action == "notice_issued"]
    return bool(issued) and session.scalar(select(CasePaper.id).where(CasePaper.event_id == issued[-1])) is not None


def _require_live(link: RespondentLink, now: datetime) -> None:
    if link.revoked_at is not None:
        raise PermissionDeniedError("link_revoked")
    if not is_open(link.case, now):
        raise PermissionDeniedError("link_case_closed")


def _require_officer(session: Session, case: Case, officer: Account, now: datetime) -> Part:
    mine = machine.parts_of(session, case=case, actor=officer, now=now)
    for part in (Part.OFFICER, Part.SUPERVISOR):
        if part in mine:
            return part
    raise PermissionDeniedError("case_not_assigned_to_you" if Part.REGULATOR in mine else "case_step_not_yours")


def _end_all(session: Session, case: Case, now: datetime) -> int:
    ended = session.execute(
        update(RespondentLink)
        .where(RespondentLink.case_id == case.id, RespondentLink.revoked_at.is_(None))
        .values(revoked_at=now)
    )
    return int(cast("CursorResult[Any]", ended).rowcount)
