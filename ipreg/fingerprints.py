"""The stored fingerprints of pictures: by which model, in the clear or encrypted as the picture is.

After another embedding was configured, every picture gets a fingerprint by it, and that takes a while. Until the
last one has, the one before it goes on serving: new pictures are looked at with both, and compared by the old one.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Select, delete, exists, func, or_, select, update
from sqlalchemy.orm import Session, aliased

import similarity
from ipreg.errors import MissingError, ProofError
from ipreg.models import Filing, FilingState, FilingView, ListingPicture, PictureFingerprint, VaultKey
from ipreg.storage import Shelf, Store
from similarity import Fingerprint, designs, embedding
from similarity.embedding import Model, ModelError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Seen:
    """What a look at a picture gave: its fingerprint, or why it has none."""

    fingerprint: Fingerprint | None
    fault: str | None = None


LOST = Seen(None, "picture_unreadable")
"""A picture whose file was lost, or lies under a key that can't be had: tried again now and then."""


def see(data: bytes, model: Path) -> Seen:
    """A fresh fingerprint, which says more than a stored one. Pure: any process can do it."""
    try:
        return Seen(similarity.fingerprint(data, embedding.open_model(model)))
    except similarity.PictureError as fault:
        return Seen(None, fault.code)


@dataclass(frozen=True)
class Printed:
    """The stored form of a picture's design print, or why it has none."""

    data: bytes | None
    fault: str | None = None


def see_goods(data: bytes, model: Path) -> Printed:
    """What the design model in ``model`` sees in the picture. Pure, as ``see``."""
    try:
        return Printed(designs.design_print(data, embedding.open_model(model)).to_bytes())
    except similarity.PictureError as fault:
        return Printed(None, fault.code)


def look_at(shelf: Shelf, digest: str, model: Model | None = None) -> Fingerprint | None:
    """A fresh fingerprint of a stored picture; None where it has none. No transaction."""
    return see(shelf.get(digest), (model or embedding.model()).path).fingerprint


def keep_model(folder: Path) -> Path:
    """A copy of the configured model for the time when another is configured; made once."""
    model = embedding.model()
    place = folder / f"{model.id.replace('/', '-')}.onnx"
    if not place.exists():
        folder.mkdir(parents=True, exist_ok=True)
        crowd = model.path.with_suffix(".crowd.npy")
        for source, target in ((crowd, place.with_suffix(".crowd.npy")), (model.path, place)):
            if source.exists():
                part = target.with_suffix(".part")
                shutil.copyfile(source, part)
                part.replace(target)
    return place


def serving_model(session: Session, folder: Path) -> Model:
    """The model by which pictures are compared: the configured one, once it has seen all that one before it saw.

    ``folder`` is where ``keep_model`` kept those before it. One whose file is lost can't serve.
    """
    configured = embedding.model()
    if not outdated(session, 1):
        return configured
    for model in _kept_models(folder):
        if model.id != configured.id and session.scalar(unseen(model, configured).limit(1)) is not None:
            return model
    return configured


def unseen(before: Model, now: Model) -> Select[str]:
    """SHA-256 of the pictures that have a fingerprint by ``before`` and none by ``now``, newest first."""
    newer = aliased(PictureFingerprint)
    done = exists().where(newer.sha256 == PictureFingerprint.sha256, newer.algorithm == similarity.algorithm(now))
    wanted = select(PictureFingerprint.sha256).where(
        PictureFingerprint.algorithm == similarity.algorithm(before), ~done
    )
    return wanted.order_by(PictureFingerprint.id.desc())


def outdated(session: Session, limit: int) -> list[int]:
    """Ids of fingerprints that the configured model has not made, at most ``limit``."""
    now = similarity.algorithm()
    wanted = select(PictureFingerprint.id).where(
        or_(PictureFingerprint.algorithm < now, PictureFingerprint.algorithm > now)
    )
    prints = PictureFingerprint.algorithm.startswith(designs.FORM)  # those of goods have a model of their own
    return list(session.scalars(wanted.where(~prints).limit(limit)))


def unreadable(session: Session, before: datetime, limit: int) -> list[PictureFingerprint]:
    """Pictures whose files could not be read when it was last tried, before that time; the longest ago first."""
    wanted = select(PictureFingerprint).where(
        PictureFingerprint.fault == LOST.fault, PictureFingerprint.created_at < before
    )
    return list(session.scalars(wanted.order_by(PictureFingerprint.created_at).limit(limit)))


def look_anew(session: Session, digest: str) -> None:
    """Nothing has looked at the picture from now on, so that the next run does."""
    session.execute(delete(PictureFingerprint).where(PictureFingerprint.sha256 == digest))
    for kind in (FilingView, ListingPicture):
        session.execute(update(kind).where(kind.sha256 == digest).values(compared_by=None, goods_by=None))


def _kept_models(folder: Path) -> list[Model]:
    """Newest first."""
    found = []
    for path in sorted(folder.glob("*.onnx"), key=lambda one: one.stat().st_mtime, reverse=True):
        try:
            found.append(embedding.open_model(path))
        except ModelError:
            _log.exception("a kept model can't be opened")
    return found


def key_of(session: Session, digest: str) -> VaultKey | None:
    """The key under which the picture lies; None where a listing or an open filing shows it anyway."""
    if session.scalar(select(ListingPicture.id).where(ListingPicture.sha256 == digest).limit(1)) is not None:
        return None
    filings = select(Filing).join(FilingView, FilingView.filing_id == Filing.id)
    wanted = filings.where(FilingView.sha256 == digest, Filing.state != FilingState.WITHDRAWN)
    found = session.scalar(wanted.order_by(Filing.vault_key_id.is_not(None), Filing.id).limit(1))
    return found.vault_key if found is not None else None


def keep_seen(
    session: Session, store: Store, *, digest: str, seen: Seen, model: Model, now: datetime
) -> PictureFingerprint:
    """The stored form of what was seen, once a picture and model.

    It is encrypted as the picture is: a fingerprint shows too much of it to lie open beside it. Raises
    ``ProofError``, ``MissingError`` where the key of the picture can't be had.
    """
    data = None if seen.fingerprint is None else seen.fingerprint.to_bytes()
    algorithm = similarity.algorithm(model)
    return _keep(session, store, digest=digest, algorithm=algorithm, data=data, fault=seen.fault, now=now)


def _keep(
    session: Session,
    store: Store,
    *,
    digest: str,
    algorithm: str,
    data: bytes | None,
    fault: str | None,
    now: datetime,
) -> PictureFingerprint:
    known = session.scalar(
        select(PictureFingerprint).where(
            PictureFingerprint.sha256 == digest, PictureFingerprint.algorithm == algorithm
        )
    )
    if known is not None:
        return known
    key = key_of(session, digest)
    if key is not None and data is not None:
        data = store.encrypted(key, _name(digest, algorithm), data)
    made = PictureFingerprint(
        sha256=digest,
        algorithm=algorithm,
        data=data,
        fault=fault,
        vault_key_id=None if key is None else key.id,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made


def keep_print(session: Session, store: Store, *, digest: str, seen: Printed, now: datetime) -> None:
    """As ``keep_seen``, of what the configured design model saw in the picture."""
    _keep(session, store, digest=digest, algorithm=designs.algorithm(), data=seen.data, fault=seen.fault, now=now)


def fingerprint_of(session: Session, store: Store, digest: str, algorithm: str | None = None) -> Fingerprint | None:
    """The stored fingerprint; None where the picture has none (yet), or none that can be decrypted."""
    return fingerprints_of(session, store, [digest], algorithm).get(digest)


def fingerprints_of(
    session: Session, store: Store, digests: Collection[str], algorithm: str | None = None
) -> dict[str, Fingerprint]:
    """The stored fingerprints that there are and that can be decrypted, by digest; some hundred at once."""
    rows = session.scalars(
        select(PictureFingerprint).where(
            PictureFingerprint.sha256.in_(digests),
            PictureFingerprint.algorithm == (algorithm or similarity.algorithm()),
            PictureFingerprint.data.is_not(None),
        )
    )
    found: dict[str, Fingerprint] = {}
    for row in rows:
        try:
            found[row.sha256] = Fingerprint.from_bytes(fingerprint_data(store, row))
        except (ProofError, MissingError) as fault:
            _log.error("the fingerprint of %s is not compared: %s", row.sha256, fault)
    return found


def fingerprint_data(store: Store, row: PictureFingerprint) -> bytes:
    """The row's data in the clear; raises ``ProofError``."""
    data = row.data or b""
    if row.vault_key is None:
        return data
    return store.decrypted(row.vault_key, _name(row.sha256, row.algorithm), data)


def count_new(session: Session) -> int:
    """How many pictures of listings and filings nothing has looked at yet."""
    kinds = (ListingPicture, FilingView)
    return sum(
        session.scalar(select(func.count()).select_from(kind).where(kind.compared_by.is_(None))) or 0
        for kind in kinds
    )


def _name(digest: str, algorithm: str) -> str:
    return f"fingerprint/{digest}/{algorithm}"
