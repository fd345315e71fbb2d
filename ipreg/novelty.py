"""What is alike to a draft: its views against all filings and recent listings, before anything is filed."""

from __future__ import annotations

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
    FilingView,
    ListingPicture,
    StoredFile,
)
from similarity import Fingerprint

SHOWN = 12
"""So many are shown at most, the likeliest first."""
TOUCHED = timedelta(days=7)
"""Drafts that nobody has touched for so long are not compared until they are touched again."""


@dataclass(frozen=True)
class Alike:
    """A finding as the account may see it: ``file`` None where only that it exists, and since when, is told."""

    finding: DraftFinding
    since: datetime
    file: StoredFile | None
    filing: Filing | None
    mine: bool = False


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


def compare(session: Session, indexes: Indexes, *, file: DraftFile, asked: Fingerprint | None) -> None:
    """Writes what is alike to ``file``, as ``matching.look_at`` sees it, in place of what was found before."""
    session.execute(delete(DraftFinding).where(DraftFinding.draft_file_id == file.id))
    for index, kind, column in (
        (indexes.filings, FilingView, "view_id"),
        (indexes.listings, ListingPicture, "picture_id"),
    ):
        if asked is None:
            continue
        for found in index.search(asked, limit=MOST, asked_is_registered=kind is ListingPicture):
            one = session.scalar(select(kind.id).where(kind.sha256 == found.key).order_by(kind.id).limit(1))
            if one is not None and found.verdict.probability >= FLOOR:
                session.add(
                    DraftFinding(
                        draft_file_id=file.id,
                        probability=found.verdict.probability,
                        reason=found.verdict.reason.to_dict(),
                        **{column: one},
                    )
                )
    file.looked_by = comparison()
    session.flush()


def alike(session: Session, config: Config, *, draft: Draft, account: Account, now: datetime) -> list[Alike]:
    """What the account is told: the best finding of each filing and listing, the likeliest first."""
    wanted = select(DraftFinding).join(DraftFile).where(DraftFile.draft_id == draft.id, DraftFile.kind.is_not(None))
    best: dict[tuple[str, int], Alike] = {}
    for finding in session.scalars(wanted.order_by(DraftFinding.probability.desc(), DraftFinding.id)):
        if finding.view is not None:
            filing = finding.view.filing
            one = Alike(
                finding,
                filing.filed_at,
                finding.view.file if access.can_see_files(session, account, filing) else None,
                filing if access.can_see_filing(session, account, filing) else None,
                access.owns_filing(account, filing),
            )
            best.setdefault(("filing", filing.id), one)
        elif finding.picture is not None:
            listing = finding.picture.listing
            if listing.last_seen_at >= now - timedelta(days=config.old_listing_days):
                shown = Alike(finding, listing.first_seen_at, finding.picture.file, None)
                best.setdefault(("listing", listing.id), shown)
    return list(best.values())[:SHOWN]
