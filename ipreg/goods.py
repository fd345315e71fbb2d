"""Whose goods a listing's picture shows: each new picture's print against all filed designs, and the other way
round.

A print is kept as a fingerprint is, in the clear or encrypted as the picture is. A view or picture is *compared*
once ``goods_by`` names the model; after another model was configured all are looked at anew, and the matches found
before stay. What is found is for a person to look at: it takes the place of no copy that alerts or is sure, and a
copy takes its place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import delete, or_, select
from sqlalchemy.orm import Session

from ipreg.errors import MissingError, ProofError
from ipreg.fingerprints import fingerprint_data
from ipreg.matching import Pending, record_pair
from ipreg.models import (
    AlertMatch,
    Filing,
    FilingState,
    FilingView,
    ListingPicture,
    Match,
    MatchKind,
    PictureFingerprint,
)
from ipreg.storage import Store
from similarity import DesignPrint, DesignVerdict, Reason, designs, tell_apart
from similarity.designindex import DesignIndex
from similarity.vectors import VectorIndex

MOST = 3
"""So many designs are recorded for a picture at most."""
_CANDIDATES = 50
_SURE = 0.8
"""A copy less probable than this that raises no alert must not hide whose goods it shows."""
_RANKS = {MatchKind.SIMILAR: 0, MatchKind.NEW_PHOTOGRAPH: 1, MatchKind.COPY: 2}


def pending(session: Session, *, limit: int) -> list[Pending]:
    """Views and pictures whose goods the configured model has not compared, views of filings first.

    A listing's picture is searched for copies before: who is shown a copy as goods to look at decides too lightly.
    """
    found: list[Pending] = []
    for kind in (FilingView, ListingPicture):
        wanted = select(kind.id, kind.sha256).where(or_(kind.goods_by.is_(None), kind.goods_by != comparison()))
        if kind is ListingPicture:
            wanted = wanted.where(ListingPicture.compared_by.is_not(None))
        if kind is FilingView:
            wanted = wanted.join(Filing, FilingView.filing_id == Filing.id).where(
                Filing.state != FilingState.WITHDRAWN
            )
        rows = session.execute(wanted.order_by(kind.id).limit(limit - len(found)))
        found += [Pending(kind, row.id, row.sha256) for row in rows]
    return found


def comparison() -> str:
    """The id of what compares goods, as configured: print, model and verdict."""
    return f"{designs.algorithm()}+{designs.ALGORITHM}"


def forget_old(session: Session) -> None:
    """Prints by another model than the configured one go, once nothing waits to be looked at."""
    old = PictureFingerprint.algorithm.startswith(designs.FORM), PictureFingerprint.algorithm != designs.algorithm()
    session.execute(delete(PictureFingerprint).where(*old))


def print_of(session: Session, store: Store, digest: str) -> DesignPrint | None:
    """The stored print; None where the picture has none, or none that can be decrypted."""
    row = session.scalar(
        select(PictureFingerprint).where(
            PictureFingerprint.sha256 == digest, PictureFingerprint.algorithm == designs.algorithm()
        )
    )
    if row is None or row.data is None:
        return None
    try:
        return DesignPrint.from_bytes(fingerprint_data(store, row))
    except (ProofError, MissingError):
        return None


class Goods:
    """All filed designs and all pictures of listings by their prints, read from the database, which alone says what
    is there. Designs are held by the filing's id, views by theirs, pictures by SHA-256."""

    def __init__(self, store: Store) -> None:
        model = designs.model()
        self.model, self._store = model.id, store
        self.filings = DesignIndex(model.id, model.dimensions)
        self.listings = VectorIndex(model.dimensions, model=model.id)
        self._views: dict[str, list[int]] = {}

    def refresh(self, session: Session) -> None:
        """Takes up what came, and forgets the filings that were withdrawn."""
        printed = select(PictureFingerprint.sha256).where(
            PictureFingerprint.algorithm == designs.algorithm(), PictureFingerprint.data.is_not(None)
        )
        shown = select(FilingView.filing_id, FilingView.id, FilingView.sha256).join(Filing)
        shown = shown.where(Filing.state != FilingState.WITHDRAWN, FilingView.sha256.in_(printed))
        rows = session.execute(shown.order_by(FilingView.filing_id, FilingView.id)).all()
        present = {str(key): list(views) for key, views in groupby(rows, key=lambda row: row.filing_id)}
        for key, views in present.items():
            if self._views.get(key) != [one.id for one in views]:
                prints = [(str(one.id), print_of(session, self._store, one.sha256)) for one in views]
                self.filings.add(key, [(name, one) for name, one in prints if one is not None])
                self._views[key] = [one.id for one in views]
        for key in set(self._views) - set(present):
            self.filings.remove(key)
            del self._views[key]
        pictures = select(ListingPicture.sha256).where(ListingPicture.sha256.in_(printed)).distinct()
        for digest in session.scalars(pictures):
            seen = None if digest in self.listings else print_of(session, self._store, digest)
            if seen is not None and not seen.blank:
                self.listings.add(digest, seen.vector[None])


@dataclass(frozen=True)
class Shown:
    """A picture of a listing (its SHA-256) shows the goods of a filing: the verdict, and the view nearest to it."""

    picture: str
    filing_id: int
    view_id: int
    verdict: DesignVerdict


def find(session: Session, goods: Goods, store: Store, one: Pending) -> list[Shown]:
    """What is recognised: of a listing's picture in which designs, of a view in which pictures. Reads only."""
    seen = print_of(session, store, one.sha256)
    if seen is None or seen.blank:
        return []
    if one.kind is ListingPicture:
        return _recognised(goods, one.sha256, seen)
    filing_id = session.get_one(FilingView, one.id).filing_id
    found: list[Shown] = []
    for hit in goods.listings.query(seen.vector[None], _CANDIDATES):
        other = print_of(session, store, hit.key)
        found += [] if other is None else _recognised(goods, hit.key, other)
    return [shown for shown in found if shown.filing_id == filing_id]


def _recognised(goods: Goods, digest: str, seen: DesignPrint) -> list[Shown]:
    return [
        Shown(digest, int(one.key), int(one.view), one.verdict)
        for one in goods.filings.search(seen, limit=MOST)
        if tell_apart(None, one.verdict).kind.value in _RANKS
    ]


def keep(session: Session, *, one: Pending, found: list[Shown], now: datetime) -> None:
    """Records what was recognised; the view or picture counts as compared.

    Not yet where it is not known whether a copy that was found alerts: it is asked again.
    """
    settled = True
    for shown in found:
        view = session.get_one(FilingView, shown.view_id)
        seen = ListingPicture.sha256 == shown.picture, ListingPicture.compared_by.is_not(None)
        wanted = select(ListingPicture).where(*seen)
        for picture in session.scalars(wanted).unique().all():
            settled &= _record(session, view, picture, shown.verdict, now)
    compared = session.get_one(one.kind, one.id)
    if settled and isinstance(compared, FilingView | ListingPicture):
        compared.goods_by = comparison()
    session.flush()


def _record(
    session: Session, view: FilingView, picture: ListingPicture, judged: DesignVerdict, now: datetime
) -> bool:
    """One row a filing and listing; what is surer of its kind takes the place of the rest. False: not yet."""
    told = tell_apart(None, judged)
    kind = MatchKind(told.kind.value)
    match = session.scalar(select(Match).filter_by(filing_id=view.filing_id, listing_id=picture.listing_id))
    if match is not None and kind is MatchKind.NEW_PHOTOGRAPH and _is_idle(session, match):
        if not match.considered:
            return False
    elif match is not None and (_RANKS[match.kind], match.probability) >= (_RANKS[kind], told.probability):
        return True
    if match is None:
        match = Match(filing_id=view.filing_id, listing_id=picture.listing_id, found_at=now)
        session.add(match)
    evidence: dict[str, Any] = {
        "view_id": view.id,
        "picture_id": picture.id,
        "kind": kind,
        "probability": told.probability,
        "reason": Reason(likeness=judged.likeness).to_dict(),
        "algorithm": comparison(),
        "considered": False,
    }
    for name, value in evidence.items():
        setattr(match, name, value)
    session.flush()
    record_pair(session, match, view=view, seen=picture.sha256, probability=told.probability, now=now)
    return True


def _is_idle(session: Session, match: Match) -> bool:
    """A copy, but neither sure nor in an alert."""
    if match.kind is not MatchKind.COPY or match.probability >= _SURE:
        return False
    return session.scalar(select(AlertMatch.id).where(AlertMatch.match_id == match.id)) is None
