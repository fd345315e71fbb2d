"""New pictures of listings find those that show the same: how shops that copy each other's are told."""

from __future__ import annotations

import time

import similarity
from ipreg.db import transaction
from ipreg.fingerprints import serving_model
from ipreg.runtime import Runtime
from ipreg.sightings.samepictures import Firsts, find_first, keep_firsts, pending

SECONDS = 20.0
_AT_ONCE = 200


def run(runtime: Runtime) -> int:
    """How many pictures were looked for; after about ``SECONDS`` the next call goes on."""
    until, done = time.monotonic() + SECONDS, 0
    firsts: Firsts | None = None
    while time.monotonic() < until:
        with runtime.sessions() as session:
            waiting = pending(session, limit=_AT_ONCE)
            if not waiting:
                break
            firsts = firsts or Firsts.of(session)
            algorithm = similarity.algorithm(serving_model(session, runtime.embeddings))
            found = []
            for digest in waiting:
                shows, value = find_first(session, runtime.store, firsts, digest, algorithm)
                found.append((digest, shows, value))
                if value is not None:
                    firsts.add(digest, value)
        with transaction(runtime.sessions) as session:
            keep_firsts(session, found)
        done += len(found)
    return done
