"""After another embedding was configured, every picture gets a fingerprint by it; then the old ones go."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta

from sqlalchemy import delete

from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import MissingError, ProofError
from ipreg.fingerprints import (
    keep_model,
    keep_seen,
    key_of,
    look_anew,
    outdated,
    serving_model,
    unreadable,
    unseen,
)
from ipreg.models import PictureFingerprint
from ipreg.runtime import Runtime
from jobs import progress
from jobs.alone import alone
from jobs.looks import looks
from similarity import embedding

_log = logging.getLogger(__name__)
_AT_ONCE = 200
_WAIT = timedelta(hours=1)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures got another fingerprint."""
    keep_model(runtime.embeddings)
    with alone(runtime.config.var / "fingerprints.lock") as mine:
        return _run(runtime, clock) if mine else 0


def _run(runtime: Runtime, clock: Clock) -> int:
    configured = embedding.model()
    with runtime.sessions() as session:
        serving = serving_model(session, runtime.embeddings)
        waiting = (
            [] if serving == configured else list(session.scalars(unseen(serving, configured).limit(_AT_ONCE)))
        )
    done = 0
    for digest, seen in looks(
        waiting, lambda digest: _read(runtime, digest), configured.path, cluster=runtime.config.dask_address
    ):
        with transaction(runtime.sessions) as session:
            keep_seen(session, runtime.store, digest=digest, seen=seen, model=configured, now=clock())
        done += 1
        progress.note(done, len(waiting))
    if serving == configured:
        with transaction(runtime.sessions) as session:
            old = outdated(session, _AT_ONCE)
            session.execute(delete(PictureFingerprint).where(PictureFingerprint.id.in_(old)))
        _try_again(runtime, clock())
    return done


def _try_again(runtime: Runtime, now: datetime) -> None:
    """Pictures whose file can be read again are as new ones."""
    with transaction(runtime.sessions) as session:
        tried = unreadable(session, now - _WAIT, _AT_ONCE)
        for row in tried:
            row.created_at = now
        lost = [row.sha256 for row in tried]
    for digest in lost:
        if _read(runtime, digest) is not None:
            with transaction(runtime.sessions) as session:
                look_anew(session, digest)


def _read(runtime: Runtime, digest: str) -> bytes | None:
    try:
        with runtime.sessions() as session:
            shelf = runtime.store.shelf(key_of(session, digest))
        return shelf.get(digest)
    except (ProofError, MissingError):
        _log.exception("no fingerprint of %s: its file can't be read", digest)
        return None
