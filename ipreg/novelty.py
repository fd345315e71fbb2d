"""What is alike to a draft: its views against all filings and recent listings, before anything is filed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.config import Config
from ipreg.matching import FLOOR, MOST, Indexes, comparison
from ipreg.models import (
    Account,
    Draft,
    DraftFile,
    DraftFinding,
    Filing,
    FilingState,
    FilingView,
    ListingPicture,
    StoredFile,
)
from similarity import Fingerprint, Verdict
from similarity.index import Found

SHOWN = 12
"""So many are shown at most, the likeliest first."""
TOUCHED = timedelta(days=7)
"""Drafts that nobody has touched for so long are not compared until they are touched again."""


@dataclass(frozen=True)
class Alike:
    """A finding as the account may see it: ``file`` None where only that it exists, and since when, is told.

    ``filing`` is its own, or an open one; ``visits``: whether the account may open the filing's page.
    """

    finding: DraftFinding
    since: datetime
    file: StoredFile | None
    filing: Filing | None
    mine: bool = False
    visits: bool = False


def waiting(draft: Draft) -> bool:
    """Whether a view of the draft has not been compared yet."""
    return any(one.kind and one.looked_by is None for one in draft.files)


def pending(session: Session, *, now: datetime) -> list[int]:
    """Ids of the views of drafts that the present algorithm has not compared, the longest waiting first."""
    wanted = (
        select(DraftFile.id)
        .join(Draft)
        .where(
            DraftFile.kind.is_not(None),
            or_(DraftFile.looked_by.is_(None), DraftFile.looked_by != comparison()),
            Draft.filing_id.is_(None),
            Draft.updated_at >= now - TOUCHED,
        )
    )
    return list(session.scalars(wanted.order_by(Draft.updated_at, DraftFile.id).limit(20)))


def find_alike(indexes: Indexes, asked: Fingerprint | None) -> tuple[list[Found], list[Found]]:
    """What is alike among filings, and among listings. It only reads: done before what it found is kept."""
    if asked is None:
        return [], []
    filings = indexes.filings.search(asked, limit=MOST)
    return filings, indexes.listings.search(asked, limit=MOST, asked_is_registered=True)


def keep_alike(session: Session, *, file: DraftFile, found: tuple[list[Found], list[Found]]) -> None:
    """Writes what is alike to ``file`` in place of what was found before."""
    session.execute(delete(DraftFinding).where(DraftFinding.draft_file_id == file.id))
    filings, listings = found
    for one in filings:
        same = select(FilingView.id).join(Filing).where(FilingView.sha256 == one.key)
        shown = same.where(Filing.state != FilingState.WITHDRAWN).order_by(FilingView.id)
        _note(session, file, one.verdict, [{"view_id": view} for view in session.scalars(shown.limit(MOST))])
    for one in listings:
        seen = select(ListingPicture.id).where(ListingPicture.sha256 == one.key).order_by(ListingPicture.id)
        _note(session, file, one.verdict, [{"picture_id": known} for known in session.scalars(seen.limit(MOST))])
    file.looked_by = comparison()
    session.flush()


def _note(session: Session, file: DraftFile, judged: Verdict, places: Sequence[dict[str, int]]) -> None:
    """One picture may stand in several filings or listings: each is told."""
    if judged.probability < FLOOR:
        return
    reason = judged.reason.to_dict()
    for one in places:
        session.add(DraftFinding(draft_file_id=file.id, probability=judged.probability, reason=reason, **one))


def alike(session: Session, config: Config, *, draft: Draft, account: Account, now: datetime) -> list[Alike]:
    """What the account is told: the best finding of each filing and listing, the likeliest first."""
    wanted = select(DraftFinding).join(DraftFile).where(DraftFile.draft_id == draft.id, DraftFile.kind.is_not(None))
    best: dict[tuple[str, int], Alike] = {}
    for finding in session.scalars(wanted.order_by(DraftFinding.probability.desc(), DraftFinding.id)):
        if finding.view is not None:
            filing = finding.view.filing
            if filing.state is not FilingState.WITHDRAWN and ("filing", filing.id) not in best:
                best["filing", filing.id] = _of_filing(session, finding, finding.view, account)
        elif finding.picture is not None:
            listing = finding.picture.listing
            if listing.last_seen_at >= now - timedelta(days=config.old_listing_days):
                shown = Alike(finding, listing.first_seen_at, finding.picture.file, None)
                best.setdefault(("listing", listing.id), shown)
    return list(best.values())[:SHOWN]


def _of_filing(session: Session, finding: DraftFinding, view: FilingView, account: Account) -> Alike:
    """An open filing shows itself to whose design is alike; a sealed one only to whom it is not closed."""
    filing, opened = view.filing, view.filing.state is FilingState.OPEN
    visits = access.can_see_filing(session, account, filing)
    return Alike(
        finding,
        filing.filed_at,
        view.file if opened or access.can_see_files(session, account, filing) else None,
        filing if opened or visits else None,
        access.owns_filing(account, filing),
        visits,
    )
