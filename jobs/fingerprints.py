"""Fingerprints for new pictures, one transaction each; the computing happens outside of it."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from ipreg.db import Clock, transaction, utc_now
from ipreg.matching import files_without_fingerprint, make_fingerprint
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were fingerprinted."""
    with runtime.sessions() as session:
        waiting = files_without_fingerprint(session)
    done = 0
    for digest in waiting:
        made = make_fingerprint(runtime.store, digest, clock())
        try:
            with transaction(runtime.sessions) as session:
                session.add(made)
        except IntegrityError:
            continue  # another run of this job was faster
        done += 1
    return done
