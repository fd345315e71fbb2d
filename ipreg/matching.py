"""Each new picture against all others: a listing's against the filings, a filing's against listings and filings.

A view or listing picture is *compared* once ``compared_by`` names the algorithm that serves. No pair is missed: one
process at a time compares, and each picture is among what others are compared with from the moment it was compared.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, Select, func, select
from sqlalchemy.orm import Session, sessionmaker

import similarity
from ipreg.fingerprints import fingerprints_of
from ipreg.models import (
    Filing,
    FilingState,
    FilingView,
    ListingPicture,
    Match,
    MatchKind,
    MatchPair,
    PictureFingerprint,
)
from ipreg.pgindex import PgVectorIndex
from ipreg.storage import Shelf, Store
from similarity import Fingerprint, PictureIndex, Verdict, embedding, verdict, views
from similarity.embedding import Model
from similarity.index import MakeVectors, Question

Counted = PictureFingerprint | FilingView | ListingPicture
FLOOR = 0.5
"""Less probable pairs are not recorded."""
MOST = 20
"""So many counterparts of one picture are recorded at most."""
LOOK_BACK = 500
"""Where several write at once, a row with a lower id may become visible after one with a higher: ids are looked at
again that lie so far back."""
_READ_AT_ONCE = 200


def comparison(model: Model | None = None) -> str:
    """The id of what compares two pictures, as configured: fingerprint, embedding and verdict."""
    return f"{similarity.algorithm(model)}+{verdict.ALGORITHM}"


@dataclass(frozen=True)
class Pending:
    """A picture of a listing or view of a filing that is to be compared."""

    kind: type[FilingView] | type[ListingPicture]
    id: int
    sha256: str


class Indexes:
    """What is known of all filings and of all listings, by SHA-256 of the picture; kept by who compares and
    refreshed from the database, which alone says what is there. Fingerprints are read from it when needed. With
    ``vectors`` that PostgreSQL keeps the vectors."""

    def __init__(
        self,
        sessions: sessionmaker[Session],
        store: Store,
        model: Model | None = None,
        *,
        vectors: Engine | None = None,
    ) -> None:
        self.model = model or embedding.model()
        self.algorithm = similarity.algorithm(self.model)
        self.comparison = comparison(self.model)
        self._store = store
        self._newest: dict[type[Counted], int] = {PictureFingerprint: 0, FilingView: 0, ListingPicture: 0}
        self._lock = threading.Lock()

        def fetch(digests: Sequence[str]) -> dict[str, Fingerprint]:
            with sessions() as session:
                return fingerprints_of(session, store, digests, self.algorithm)

        dimensions = self.model.dimensions
        self.filings = PictureIndex(self.algorithm, dimensions, fetch=fetch, make=self._maker("filings", vectors))
        listed = self._maker("listings", vectors)
        self.listings = PictureIndex(self.algorithm, dimensions, fetch=fetch, views=views.MOST, make=listed)

    def _maker(self, held: str, vectors: Engine | None) -> MakeVectors | None:
        """None: in this process's memory."""
        if vectors is None:
            return None
        dimensions, engine = self.model.dimensions, vectors
        return lambda what: PgVectorIndex(engine, dimensions, space=f"{held}/{what}/{self.algorithm}")

    def refresh(self, session: Session) -> None:
        """Adds what came since the last time, and forgets the filings that were withdrawn."""
        with self._lock:
            newest = {kind: session.scalar(select(func.max(kind.id))) or 0 for kind in self._newest}
            for index, usage in ((self.filings, FilingView), (self.listings, ListingPicture)):
                for kind in (PictureFingerprint, usage):
                    self._add(session, index, session.scalars(self._since(kind, usage)).all())
            self._newest = newest
            self._forget_withdrawn(session)

    def _since(self, kind: type[Counted], usage: type[FilingView] | type[ListingPicture]) -> Select[str]:
        wanted = select(PictureFingerprint.sha256).join(usage, usage.sha256 == PictureFingerprint.sha256)
        if usage is FilingView:
            wanted = wanted.join(Filing).where(Filing.state != FilingState.WITHDRAWN)
        mine = PictureFingerprint.algorithm == self.algorithm, PictureFingerprint.data.is_not(None)
        return wanted.where(*mine, kind.id > self._newest[kind] - LOOK_BACK).distinct()

    def _add(self, session: Session, index: PictureIndex, digests: Sequence[str]) -> None:
        lacking = [one for one in digests if one not in index]
        for start in range(0, len(lacking), _READ_AT_ONCE):
            several = lacking[start : start + _READ_AT_ONCE]
            for digest, found in fingerprints_of(session, self._store, several, self.algorithm).items():
                index.add(digest, found)

    def _forget_withdrawn(self, session: Session) -> None:
        views = select(FilingView.sha256).join(Filing)
        watched = views.where(Filing.state != FilingState.WITHDRAWN)
        gone = views.where(Filing.state == FilingState.WITHDRAWN, FilingView.sha256.not_in(watched))
        for digest in session.scalars(gone.distinct()):
            if digest in self.filings:
                self.filings.remove(digest)


_held: dict[str, tuple[tuple[str, str], Indexes]] = {}


def held_indexes(
    keeper: str, sessions: sessionmaker[Session], store: Store, model: Model, *, vectors: Engine | None = None
) -> Indexes:
    """The indexes that this process keeps for ``keeper``, the last that he asked for: filling them takes a while.

    Each has his own: who compares what is filed changes them while he works. ``vectors``: the PostgreSQL that keeps
    the vectors, for all of them; None for this process's memory.
    """
    place = (str(sessions.kw["bind"].url), similarity.algorithm(model))
    held = _held.get(keeper)
    if held is None or held[0] != place:
        held = _held[keeper] = (place, Indexes(sessions, store, model, vectors=vectors))
    return held[1]


def pending(session: Session, model: Model, *, limit: int) -> list[Pending]:
    """What ``model`` has not compared with everything; first what nothing has compared, views of filings before."""
    found = [
        Pending(kind, row.id, row.sha256)
        for kind in (FilingView, ListingPicture)
        for row in session.execute(_undone(kind).where(kind.compared_by.is_(None)).limit(limit))
    ]
    for kind in (FilingView, ListingPicture):
        if len(found) < limit:
            again = _undone(kind).where(kind.compared_by != comparison(model)).limit(limit - len(found))
            found += [Pending(kind, row.id, row.sha256) for row in session.execute(again)]
    return found[:limit]


def _undone(kind: type[FilingView] | type[ListingPicture]) -> Select[int, str]:
    wanted = select(kind.id, kind.sha256).order_by(kind.id)
    if kind is FilingView:
        return wanted.join(Filing, FilingView.filing_id == Filing.id).where(Filing.state != FilingState.WITHDRAWN)
    return wanted


@dataclass(frozen=True)
class Known:
    """Digests of listings' pictures that were looked at and compared before: all, and those like no design."""

    compared: frozenset[str] = frozenset()
    unlike: frozenset[str] = frozenset()


def known_pictures(session: Session, indexes: Indexes, waiting: Sequence[Pending]) -> Known:
    """What is known already of the pictures that wait: resellers show the same ones again and again.

    One that is like no design need not be looked at again: what is filed later is compared with all that was seen.
    """
    digests = {one.sha256 for one in waiting if one.kind is ListingPicture}
    before = (
        select(ListingPicture.sha256)
        .join(PictureFingerprint, PictureFingerprint.sha256 == ListingPicture.sha256)
        .where(ListingPicture.sha256.in_(digests), ListingPicture.compared_by == indexes.comparison)
        .where(PictureFingerprint.algorithm == indexes.algorithm, PictureFingerprint.data.is_not(None))
    )
    compared = frozenset(session.scalars(before.distinct()))
    alike = (
        select(MatchPair.seen)
        .join(Match, MatchPair.match_id == Match.id)
        .join(ListingPicture, ListingPicture.listing_id == Match.listing_id)
        .where(ListingPicture.sha256.in_(compared), MatchPair.seen == ListingPicture.sha256)
    )
    return Known(compared, compared - set(session.scalars(alike.distinct())))


def shelf_of(session: Session, store: Store, one: Pending) -> Shelf:
    """Where the picture's file lies. Raises ``ProofError``, ``MissingError`` where its key can't be had."""
    if one.kind is ListingPicture:
        return store
    return store.shelf(session.get_one(FilingView, one.id).filing.vault_key)


@dataclass(frozen=True)
class Questions:
    """What a picture is compared with; by what (``comparison``), whose model lies where."""

    filings: Question
    listings: Question | None
    comparison: str
    model: Path

    def __bool__(self) -> bool:
        """Whether there is anything that deserves the closer look."""
        return bool(self.filings.keys or (self.listings and self.listings.keys))


@dataclass(frozen=True)
class Alike:
    """What a picture looks like, among filings and (asked for a filing's view only) among listings."""

    filings: tuple[tuple[str, Verdict], ...] = ()
    listings: tuple[tuple[str, Verdict], ...] = ()


def questions(indexes: Indexes, *, one: Pending, asked: Fingerprint) -> Questions:
    """What the picture is to be compared with: a listing's with filings, a filing's view with listings as well.

    ``asked``: the picture as it looks to the model of ``indexes``.
    """
    filings = indexes.filings.question(asked, limit=MOST)
    listings = None
    if one.kind is FilingView:
        listings = indexes.listings.question(asked, limit=MOST, asked_is_registered=True)
    return Questions(filings, listings, indexes.comparison, indexes.model.path)


def find_alike(asked: Questions) -> Alike:
    """The costly step of comparing. Pure, so any process can do it; and done before the transaction that keeps
    what it found: while one writes to SQLite nobody else can."""
    embedding.open_model(asked.model)  # the verdict asks for what comes with it
    return Alike(_alike(asked.filings, asked.comparison), _alike(asked.listings, asked.comparison))


def keep_alike(
    session: Session, indexes: Indexes, *, one: Pending, asked: Fingerprint | None, found: Alike, now: datetime
) -> None:
    """Records what was found; from now on the picture is among what others are compared with."""
    kept: FilingView | ListingPicture
    if one.kind is FilingView:
        kept = session.get_one(FilingView, one.id)
        _keep_view(session, kept, found, now)
    else:
        kept = session.get_one(ListingPicture, one.id)
        _keep_picture(session, kept, found, now)
    kept.compared_by = indexes.comparison
    session.flush()
    if asked is not None:
        (indexes.filings if one.kind is FilingView else indexes.listings).add(one.sha256, asked)


def _keep_picture(session: Session, picture: ListingPicture, found: Alike, now: datetime) -> None:
    """A listing's picture, with filings."""
    for digest, judged in found.filings:
        for view in _views(session, digest):
            _record(session, view, {"listing_id": picture.listing_id}, {"picture_id": picture.id}, judged, now)


def _keep_view(session: Session, view: FilingView, found: Alike, now: datetime) -> None:
    """A filing's view, with listings, and with the filings of other people, whichever came first."""
    for digest, judged in found.listings:
        for picture in session.scalars(select(ListingPicture).where(ListingPicture.sha256 == digest)).unique():
            _record(session, view, {"listing_id": picture.listing_id}, {"picture_id": picture.id}, judged, now)
    for digest, judged in found.filings:
        for other in _views(session, digest):
            if not _same_owner(view, other):
                _record_filings(session, view, other, judged, now)


def record_seen(
    session: Session, *, view: FilingView, picture: ListingPicture, judged: Verdict, now: datetime
) -> Match:
    """The match of a view with a listing's picture that somebody brought, however probable it is."""
    _record(session, view, {"listing_id": picture.listing_id}, {"picture_id": picture.id}, judged, now)
    wanted = select(Match).filter_by(filing_id=view.filing_id, listing_id=picture.listing_id)
    return session.scalars(wanted).unique().one()


def _alike(asked: Question | None, comparison: str) -> tuple[tuple[str, Verdict], ...]:
    return tuple(
        (found.key, replace(found.verdict, algorithm=comparison))
        for found in (asked.compare() if asked else ())
        if found.verdict.probability >= FLOOR
    )


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
    if match is None or match.kind is not MatchKind.COPY or match.probability < judged.probability:
        evidence: dict[str, Any] = {
            "view_id": view.id,
            **picture,
            "kind": MatchKind.COPY,
            "probability": judged.probability,
            "reason": judged.reason.to_dict(),
            "algorithm": judged.algorithm,
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
    record_pair(session, match, view=view, seen=seen, probability=judged.probability, now=now)


def record_pair(
    session: Session, match: Match, *, view: FilingView, seen: str, probability: float, now: datetime
) -> None:
    """That a view and a picture (its SHA-256) belong to the match, and how probable it is by these two."""
    pair = session.scalar(select(MatchPair).filter_by(match_id=match.id, view_id=view.id, seen=seen))
    if pair is None:
        session.add(MatchPair(match_id=match.id, view_id=view.id, seen=seen, probability=probability, found_at=now))
        match.considered = False
    else:
        pair.probability = probability
    session.flush()
