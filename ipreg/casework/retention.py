"""Personal data of a case is erased when the time to keep it is over; digests, receipts and steps stay.

Erased are the names and contacts of respondents, the words and files that parties handed in, the files' names, and
what was written in notes and tasks. The documents of steps (minutes, proofs of service) belong to the file of the
procedure and go later. What the log commits to are digests, so nothing in it has to change.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import String, and_, cast, delete, or_, select, update
from sqlalchemy.orm import Session

from ipreg.casework import machine, table
from ipreg.models import (
    Account,
    Capture,
    CaptureFile,
    Case,
    CaseEvent,
    CaseNote,
    CasePaper,
    CaseTask,
    LinkGuess,
    Notice,
    RespondentLink,
    StoredFile,
    Submission,
    SubmissionFile,
)
from ipreg.storage import Store

KEEP_FOR = timedelta(days=3 * 365)
"""After the end of a case: as long as the E-Commerce Law (art. 31) has platforms keep what they know of a sale."""
DOCUMENTS_FOR = timedelta(days=10 * 365 + 3)
"""After the end of a case: the shorter of the terms for which authorities keep what they don't keep for ever (State
Archives Administration, order 8 of 2006: 10 or 30 years)."""
GUESSES_FOR = timedelta(days=1)
ERASED = "—"
_WORDED = ("case_message", "case_mention", "case_task")
_AT_ONCE = 50


def due(session: Session, *, now: datetime) -> list[int]:
    """Cases with something to erase."""
    ended = select(Case.id).where(Case.state.in_(table.ENDED))
    linked = select(RespondentLink.case_id).where(RespondentLink.erased_at.is_(None))
    handed = select(Submission.case_id).where(Submission.erased_at.is_(None))
    noted = select(CaseNote.case_id).where(CaseNote.text != ERASED)
    given = select(CaseTask.case_id).where(CaseTask.text != ERASED)
    held = or_(*(Case.id.in_(one) for one in (linked, handed, noted, given)))
    wanted = ended.where(
        or_(
            and_(Case.changed_at < now - KEEP_FOR, held),
            and_(Case.changed_at < now - DOCUMENTS_FOR, Case.documents_erased_at.is_(None)),
        )
    )
    return list(session.scalars(wanted.order_by(Case.id).limit(_AT_ONCE)))


def erase(session: Session, *, case_id: int, now: datetime) -> list[str]:
    """Erases the case's personal data; gives the digests of files that nothing refers to any more.

    The caller removes those from the store once the transaction is done.
    """
    case = session.get_one(Case, case_id)
    freed = [*_erase_words(session, case_id, now)]
    _erase_notices(session, case)
    if case.changed_at < now - DOCUMENTS_FOR:
        case.documents_erased_at = now
        freed += [one["sha256"] for event in case.events for one in documents_of(event)]
    session.flush()
    return [digest for digest in dict.fromkeys(freed) if not _needed(session, digest)]


def documents_of(event: CaseEvent) -> list[dict[str, str]]:
    """What was attached to the step; letters have rows of their own."""
    return [] if event.action == "letters_attached" else machine.attached(event)


def _erase_words(session: Session, case_id: int, now: datetime) -> Iterator[str]:
    """Names, contacts, words; the digests of the files that were handed in."""
    for link in session.scalars(select(RespondentLink).where(RespondentLink.case_id == case_id)).unique():
        link.name, link.contact, link.session_hash, link.erased_at = ERASED, "", None, now
    for kind in (CaseNote, CaseTask):
        session.execute(update(kind).where(kind.case_id == case_id).values(text=ERASED))
    for one in session.scalars(select(Submission).where(Submission.case_id == case_id)).unique():
        one.text, one.erased_at = "", now
        for file in one.files:
            file.given_name = ""
            yield file.sha256


def _erase_notices(session: Session, case: Case) -> None:
    """Notices of messages, mentions and tasks begin with their words."""
    of_case = (Notice.path == f"/cases/{case.number}") & Notice.kind.in_(_WORDED)
    everybody = Notice.account_id.in_(select(Account.id))  # through the index by account and path
    for one in session.scalars(select(Notice).where(of_case, everybody)).unique():
        one.values = {**one.values, "text": ERASED}


def forget_guesses(session: Session, *, now: datetime) -> None:
    """Networks that guessed links are kept for a day."""
    session.execute(delete(LinkGuess).where(LinkGuess.at < now - GUESSES_FOR))


def remove(store: Store, digests: list[str]) -> None:
    """Removes erased files from the store; one that is gone already is no fault."""
    for digest in digests:
        store.remove(digest)


def _needed(session: Session, digest: str) -> bool:
    """Whether another row, of a case that is still kept or of anything else, has the same file."""
    held = (
        select(StoredFile.sha256).where(StoredFile.sha256 == digest),
        select(CasePaper.id).where(CasePaper.sha256 == digest),
        select(CaptureFile.id).join(Capture).where(CaptureFile.sha256 == digest),
        select(SubmissionFile.id)
        .join(Submission, SubmissionFile.submission_id == Submission.id)
        .where(SubmissionFile.sha256 == digest, Submission.erased_at.is_(None)),
        select(CaseEvent.id)
        .join(Case)
        .outerjoin(Submission, Submission.log_index == CaseEvent.log_index)
        .where(cast(CaseEvent.details, String).contains(digest), Case.documents_erased_at.is_(None))
        .where(Submission.id.is_(None)),
    )
    return any(session.scalar(one.limit(1)) is not None for one in held)
