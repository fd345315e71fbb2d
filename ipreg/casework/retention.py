"""Personal data of a case is erased when the time to keep it is over; digests, receipts and steps stay.

Erased are the names and contacts of respondents, the words and files that parties handed in, and the files' names.
What the log commits to are digests, so nothing in it has to change.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ipreg.casework import table
from ipreg.models import (
    Capture,
    CaptureFile,
    Case,
    CasePaper,
    LinkGuess,
    RespondentLink,
    StoredFile,
    Submission,
    SubmissionFile,
)
from ipreg.storage import Store

KEEP_FOR = timedelta(days=3 * 365)
"""After the end of a case: as long as the E-Commerce Law (art. 31) has platforms keep what they know of a sale."""
GUESSES_FOR = timedelta(days=1)
ERASED = "—"
_AT_ONCE = 50


def due(session: Session, *, now: datetime) -> list[int]:
    """Cases with something to erase."""
    old = select(Case.id).where(Case.state.in_(table.ENDED), Case.changed_at < now - KEEP_FOR)
    linked = select(RespondentLink.case_id).where(RespondentLink.erased_at.is_(None))
    handed = select(Submission.case_id).where(Submission.erased_at.is_(None))
    wanted = old.where(or_(Case.id.in_(linked), Case.id.in_(handed)))
    return list(session.scalars(wanted.order_by(Case.id).limit(_AT_ONCE)))


def erase(session: Session, *, case_id: int, now: datetime) -> list[str]:
    """Erases the case's personal data; gives the digests of files that nothing refers to any more.

    The caller removes those from the store once the transaction is done.
    """
    for link in session.scalars(select(RespondentLink).where(RespondentLink.case_id == case_id)).unique():
        link.name, link.contact, link.session_hash, link.erased_at = ERASED, "", None, now
    freed: list[str] = []
    for one in session.scalars(select(Submission).where(Submission.case_id == case_id)).unique():
        one.text, one.erased_at = "", now
        for file in one.files:
            file.given_name = ""
            freed.append(file.sha256)
    session.flush()
    return [digest for digest in dict.fromkeys(freed) if not _needed(session, digest)]


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
    )
    return any(session.scalar(one.limit(1)) is not None for one in held)
