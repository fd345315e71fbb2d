"""Two owners, near-identical designs: a case between them, of which both are told."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import cases
from ipreg.casework import telling
from ipreg.casework.owners import filings_of, owners_of
from ipreg.models import Case, Match

THRESHOLD = 0.95
"""Filings at least as probably the same design are a conflict; below it they are an alert to the earlier owner."""


def matches_in_conflict(session: Session, *, threshold: float = THRESHOLD) -> list[int]:
    """Ids of the matches of two filings that are a conflict and no case yet, oldest first."""
    known = select(Case.id).where(Case.match_id == Match.id).exists()
    wanted = select(Match.id).where(Match.later_filing_id.is_not(None), Match.probability >= threshold, ~known)
    return list(session.scalars(wanted.order_by(Match.id)))


def open_and_tell(session: Session, *, match: Match, now: datetime) -> Case:
    """Opens the case and tells the owners of both filings, each by the title of his own."""
    case = cases.open_conflict(session, match=match, now=now)
    for filing in filings_of(case):
        telling.conflict(session, case=case, owners=owners_of(session, filing), own=filing, now=now)
    return case
