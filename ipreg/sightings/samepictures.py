"""Which pictures of listings are one: the same photograph, recompressed or resized.

Each new picture is compared with the firsts of all seen before, by perceptual hash, all at once; the few that are
near are judged by what their fingerprints keep. So resellers' copies cost one pass over eight bytes a picture.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from ipreg.fingerprints import fingerprint_of
from ipreg.models import FirstPicture, ListingPicture
from ipreg.storage import Store
from similarity import Fingerprint, judge

NEAR = 6
JUDGED = 3
SURE = 0.9


def pending(session: Session, *, limit: int) -> list[str]:
    """Digests of pictures of which it is not known yet what they show, and that were looked at."""
    wanted = select(ListingPicture.sha256).where(
        ListingPicture.shows.is_(None), ListingPicture.compared_by.is_not(None)
    )
    return list(dict.fromkeys(session.scalars(wanted.order_by(ListingPicture.id).limit(limit))))


class Firsts:
    """The pictures that were the first to show what they show, with their hashes."""

    def __init__(self, known: Sequence[tuple[str, int]] = ()) -> None:
        self._digests = [digest for digest, _ in known]
        self._hashes = np.array([value for _, value in known], np.uint64)

    @classmethod
    def of(cls, session: Session) -> Firsts:
        """All that there are."""
        rows = session.execute(select(FirstPicture.sha256, FirstPicture.hash))
        return cls([(digest, unsigned(value)) for digest, value in rows])

    def add(self, digest: str, value: int) -> None:
        if len(self._digests) == len(self._hashes):
            self._hashes = np.append(self._hashes, np.zeros(len(self._hashes) + 1024, np.uint64))
        self._hashes[len(self._digests)] = value
        self._digests.append(digest)

    def near(self, asked: Fingerprint) -> list[str]:
        """The nearest few, upright or mirrored."""
        held = self._hashes[: len(self._digests)]
        upright, mirrored = (
            np.bitwise_count(held ^ np.uint64(value)) for value in (asked.phash, asked.phash_mirrored)
        )
        bits = np.minimum(upright, mirrored)
        close = np.flatnonzero(bits <= NEAR)
        return [self._digests[at] for at in close[np.argsort(bits[close], kind="stable")][:JUDGED]]


def find_first(
    session: Session, store: Store, firsts: Firsts, digest: str, algorithm: str
) -> tuple[str, int | None]:
    """What a picture shows: the first of its kind, and its own hash where it is that itself. It only reads."""
    known = session.scalar(
        select(ListingPicture.shows)
        .where(ListingPicture.sha256 == digest, ListingPicture.shows.is_not(None))
        .limit(1)
    )
    if known is not None:
        return known, None
    asked = fingerprint_of(session, store, digest, algorithm)
    if asked is None or asked.blank:
        return digest, None
    for other in firsts.near(asked):
        first = fingerprint_of(session, store, other, algorithm)
        if first is not None and judge(first, asked).probability >= SURE:
            return other, None
    return digest, asked.phash


def keep_firsts(session: Session, found: Sequence[tuple[str, str, int | None]]) -> None:
    """Writes down what each picture (its digest) shows, and those that are firsts with their hashes."""
    for digest, shows, value in found:
        if value is not None and session.get(FirstPicture, digest) is None:
            session.add(FirstPicture(sha256=digest, hash=signed(value)))
        mine = update(ListingPicture).where(ListingPicture.sha256 == digest, ListingPicture.shows.is_(None))
        session.execute(mine.values(shows=shows).execution_options(synchronize_session="fetch"))
    session.flush()


def signed(value: int) -> int:
    """64 bits as databases keep them."""
    return value - 2**64 if value >= 2**63 else value


def unsigned(value: int) -> int:
    """Inverse of ``signed``."""
    return value % 2**64
