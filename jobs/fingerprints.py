"""Fingerprints for new pictures, one transaction each; the computing happens outside of it."""

from __future__ import annotations

import logging

from sqlalchemy.exc import IntegrityError

from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import MissingError, ProofError
from ipreg.matching import files_without_fingerprint, key_of, make_fingerprint
from ipreg.runtime import Runtime

_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were fingerprinted."""
    with runtime.sessions() as session:
        waiting = [(digest, key_of(session, digest)) for digest in files_without_fingerprint(session)]
    done = 0
    for digest, key in waiting:
        try:
            made = make_fingerprint(runtime.store, digest, clock(), key=key)
        except (ProofError, MissingError):
            _log.exception("no fingerprint of %s: its file can't be read", digest)
            continue  # the others must not wait for it
        try:
            with transaction(runtime.sessions) as session:
                session.add(made)
        except IntegrityError:
            continue  # another run of this job was faster
        done += 1
    return done
