"""Each new picture against all others: a listing's against the filings, a filing's against listings and filings.

A view or listing picture is *compared* once ``compared_by`` names the present algorithm. No pair is missed: what is
pending is chosen first and the indexes are filled after, so of two new pictures the one compared later finds the
other in its index, whichever process added it.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Select, exists, or_, select
from sqlalchemy.orm import Session, sessionmaker

import similarity
from ipreg.errors import MissingError, ProofError
from ipreg.models import (
    Filing,
    FilingState,
    FilingView,
    ListingPicture,
    Match,
    MatchPair,
    PictureFingerprint,
    StoredFile,
    VaultKey,
)
from ipreg.storage import Shelf, Store
from similarity import Fingerprint, PictureIndex, Verdict, embedding, verdict, views

_log = logging.getLogger(__name__)
FLOOR = 0.5
"""Less probable pairs are not recorded."""
MOST = 20
"""So many counterparts of one picture are recorded at most."""


def comparison() -> str:
    """The id of what compares two pictures, as configured: fingerprint, embedding and verdict."""
    return f"{similarity.algorithm()}+{verdict.ALGORITHM}"


class Indexes:
    """What is known of all filings and of all listings, by SHA-256 of the picture; kept by who compares and
    refreshed from the database, which alone says what is there. Fingerprints are read from it when needed."""

    def __init__(self, sessions: sessionmaker[Session], store: Store) -> None:
        self._store = store
        self.algorithm = similarity.algorithm()
        dimensions = embedding.model().dimensions

        def fetch(digest: str) -> Fingerprint | None:
            with sessions() as session:
                return fingerprint_of(session, store, digest)

        self.filings = PictureIndex(self.algorithm, dimensions, fetch=fetch)
        self.listings = PictureIndex(self.algorithm, dimensions, fetch=fetch, views=views.MOST)

    def refresh(self, session: Session) -> None:
        """Adds what is not held yet and forgets what is no longer there."""
        for index, usage in ((self.filings, _watched()), (self.listings, select(ListingPicture.sha256))):
            wanted = select(PictureFingerprint.sha256).where(
                PictureFingerprint.algorithm == self.algorithm,
                PictureFingerprint.data.is_not(None),
                PictureFingerprint.sha256.in_(usage),
            )
            there = set(session.scalars(wanted))
            for digest in set(index) - there:
                index.remove(digest)
            for digest in sorted(there):
                if digest not in index:
                    found = fingerprint_of(session, self._store, digest)
                    if found is not None:
                        index.add(digest, found)


def _watched() -> Select[str]:
    """SHA-256 of the views of all filings but those withdrawn."""
    return select(FilingView.sha256).join(Filing).where(Filing.state != FilingState.WITHDRAWN)


def files_without_fingerprint(session: Session) -> list[str]:
    """SHA-256 of the pictures in use that the present algorithm has not seen."""
    done = exists().where(
        PictureFingerprint.sha256 == StoredFile.sha256, PictureFingerprint.algorithm == similarity.algorithm()
    )
    used = or_(
        StoredFile.sha256.in_(_watched()),
        exists().where(ListingPicture.sha256 == StoredFile.sha256),
    )
    return list(session.scalars(select(StoredFile.sha256).where(~done, used).order_by(StoredFile.created_at)))


def key_of(session: Session, digest: str) -> VaultKey | None:
    """The key under which the picture lies; None where a listing or an open filing shows it anyway."""
    if session.scalar(select(ListingPicture.id).where(ListingPicture.sha256 == digest).limit(1)) is not None:
        return None
    filings = select(Filing).join(FilingView, FilingView.filing_id == Filing.id)
    wanted = filings.where(FilingView.sha256 == digest, Filing.state != FilingState.WITHDRAWN)
    found = session.scalar(wanted.order_by(Filing.vault_key_id.is_not(None), Filing.id).limit(1))
    return found.vault_key if found is not None else None


def make_fingerprint(store: Store, digest: str, now: datetime, *, key: VaultKey | None) -> PictureFingerprint:
    """The row for one stored picture, not yet in any session: computing takes a while and needs no transaction.

    ``key`` is that of the picture (``key_of``): a fingerprint shows too much of it to lie open beside it.
    """
    algorithm = similarity.algorithm()
    try:
        data, fault = similarity.fingerprint(store.shelf(key).get(digest)).to_bytes(), None
    except similarity.PictureError as error:
        data, fault = None, error.code
    if key is not None and data is not None:
        data = store.encrypted(key, _fingerprint_name(digest, algorithm), data)
    return PictureFingerprint(
        sha256=digest,
        algorithm=algorithm,
        data=data,
        fault=fault,
        vault_key_id=None if key is None else key.id,
        created_at=now,
    )


def fingerprint_of(session: Session, store: Store, digest: str) -> similarity.Fingerprint | None:
    """The stored fingerprint; None where the picture has none (yet), or none that can be decrypted."""
    row = session.scalar(
        select(PictureFingerprint).where(
            PictureFingerprint.sha256 == digest, PictureFingerprint.algorithm == similarity.algorithm()
        )
    )
    if row is None or row.data is None:
        return None
    try:
        return similarity.Fingerprint.from_bytes(fingerprint_data(store, row))
    except (ProofError, MissingError) as fault:
        _log.error("the fingerprint of %s is not compared: %s", digest, fault)
        return None


def fingerprint_data(store: Store, row: PictureFingerprint) -> bytes:
    """The row's data in the clear; raises ``ProofError``."""
    data = row.data or b""
    if row.vault_key is None:
        return data
    return store.decrypted(row.vault_key, _fingerprint_name(row.sha256, row.algorithm), data)


def _fingerprint_name(digest: str, algorithm: str) -> str:
    return f"fingerprint/{digest}/{algorithm}"


def pending_pictures(session: Session) -> list[int]:
    """Ids of the fingerprinted listing pictures that have not been compared."""
    return _pending(session, ListingPicture)


def pending_views(session: Session) -> list[int]:
    """Ids of the fingerprinted views of filings that have not been compared."""
    return _pending(session, FilingView)


def look_at(shelf: Shelf, digest: str) -> Fingerprint | None:
    """A fresh fingerprint, which says more than a stored one; None where the picture has none. No transaction."""
    try:
        return similarity.fingerprint(shelf.get(digest))
    except similarity.PictureError:
        return None


def compare_picture(
    session: Session, indexes: Indexes, *, picture: ListingPicture, asked: Fingerprint | None, now: datetime
) -> None:
    """A listing's picture, as ``look_at`` sees it, against all filings."""
    for digest, judged in _alike(indexes.filings, asked):
        for view in _views(session, digest):
            _record(session, view, {"listing_id": picture.listing_id}, {"picture_id": picture.id}, judged, now)
    picture.compared_by = comparison()
    session.flush()


def compare_view(
    session: Session, indexes: Indexes, *, view: FilingView, asked: Fingerprint | None, now: datetime
) -> None:
    """A filing's view against all listings, and against the filings of other people, whichever came first."""
    for digest, judged in _alike(indexes.listings, asked, asked_is_registered=True):
        for picture in session.scalars(select(ListingPicture).where(ListingPicture.sha256 == digest)).unique():
            _record(session, view, {"listing_id": picture.listing_id}, {"picture_id": picture.id}, judged, now)
    for digest, judged in _alike(indexes.filings, asked):
        for other in _views(session, digest):
            if not _same_owner(view, other):
                _record_filings(session, view, other, judged, now)
    view.compared_by = comparison()
    session.flush()


def _pending(session: Session, kind: type[FilingView] | type[ListingPicture]) -> list[int]:
    seen = exists().where(
        PictureFingerprint.sha256 == kind.sha256, PictureFingerprint.algorithm == similarity.algorithm()
    )
    undone = or_(kind.compared_by.is_(None), kind.compared_by != comparison())
    wanted = select(kind.id).where(seen, undone).order_by(kind.id)
    if kind is FilingView:
        wanted = wanted.join(Filing, FilingView.filing_id == Filing.id).where(Filing.state != FilingState.WITHDRAWN)
    return list(session.scalars(wanted))


def _alike(
    index: PictureIndex, asked: Fingerprint | None, *, asked_is_registered: bool = False
) -> Iterator[tuple[str, Verdict]]:
    if asked is not None:
        for found in index.search(asked, limit=MOST, asked_is_registered=asked_is_registered):
            if found.verdict.probability >= FLOOR:
                yield found.key, found.verdict


def _views(session: Session, digest: str) -> list[FilingView]:
    wanted = select(FilingView).join(Filing).where(FilingView.sha256 == digest)
    return list(session.scalars(wanted.where(Filing.state != FilingState.WITHDRAWN)).unique())


def _same_owner(one: FilingView, other: FilingView) -> bool:
    mine, theirs = one.filing, other.filing
    if mine.owner_id == theirs.owner_id:
        return True
    return mine.owner_organization_id is not None and mine.owner_organization_id == theirs.owner_organization_id


def _record_filings(session: Session, view: FilingView, other: FilingView, judged: Verdict, now: datetime) -> None:
    earlier, later = sorted((view, other), key=lambda one: one.filing.id)
    _record(session, earlier, {"later_filing_id": later.filing_id}, {"later_view_id": later.id}, judged, now)


def _record(
    session: Session,
    view: FilingView,
    counterpart: dict[str, int],
    picture: dict[str, int],
    judged: Verdict,
    now: datetime,
) -> None:
    """One row a pair; a better pair of pictures takes the place of a worse one. All pairs are kept beside it."""
    match = session.scalar(select(Match).filter_by(filing_id=view.filing_id, **counterpart))
    if match is None or match.probability < judged.probability:
        evidence: dict[str, Any] = {
            "view_id": view.id,
            **picture,
            "probability": judged.probability,
            "reason": judged.reason.to_dict(),
            "algorithm": comparison(),
            "considered": False,
        }
        if match is None:
            match = Match(filing_id=view.filing_id, found_at=now, **counterpart)
            session.add(match)
        for name, value in evidence.items():
            setattr(match, name, value)
        session.flush()
    _record_pair(session, match, view, picture, judged, now)


def _record_pair(
    session: Session, match: Match, view: FilingView, picture: dict[str, int], judged: Verdict, now: datetime
) -> None:
    shown_id = next(iter(picture.values()))
    shown = session.get_one(ListingPicture, shown_id) if "picture_id" in picture else None
    seen = (shown or session.get_one(FilingView, shown_id)).sha256
    pair = session.scalar(select(MatchPair).filter_by(match_id=match.id, view_id=view.id, seen=seen))
    if pair is None:
        session.add(
            MatchPair(match_id=match.id, view_id=view.id, seen=seen, probability=judged.probability, found_at=now)
        )
        match.considered = False
    else:
        pair.probability = judged.probability
    session.flush()
