"""New pictures are looked at and compared with all others, one transaction each.

Looking and comparing are outside of it: they take most of the time, and write nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby

from ipreg.db import Clock, transaction, utc_now
from ipreg.fingerprints import Seen, keep_seen, serving_model
from ipreg.matching import (
    Alike,
    Indexes,
    Known,
    Pending,
    find_alike,
    held_indexes,
    keep_alike,
    known_pictures,
    pending,
    questions,
)
from ipreg.models import FilingView, ListingPicture
from ipreg.runtime import Runtime
from jobs import progress
from jobs.alone import alone
from jobs.looks import looks, picture_of
from jobs.workers import WORTH_PROCESSES, answers, rest

_AT_ONCE = 500
"""After so many it is asked again what is the most urgent."""


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were compared."""
    with alone(runtime.config.var / "matches.lock") as mine:
        return _run(runtime, clock) if mine else 0


def _run(runtime: Runtime, clock: Clock) -> int:
    with runtime.sessions() as session:
        model = serving_model(session, runtime.embeddings)
        waiting = pending(session, model, limit=_AT_ONCE)
        if not waiting:
            rest()
            return 0
        indexes = held_indexes("matches", runtime.sessions, runtime.store, model, vectors=runtime.vectors)
        indexes.refresh(session)
    done, total = 0, len(waiting)
    while waiting:
        with runtime.sessions() as session:
            known = known_pictures(session, indexes, waiting)
        settled, asked, waiting = _parted(waiting, known)
        for one in settled:
            with transaction(runtime.sessions) as session:
                keep_alike(session, indexes, one=one, asked=None, found=Alike(), now=clock())
        for one, seen, found in _compared(runtime, indexes, asked):
            with transaction(runtime.sessions) as session:
                keep_seen(session, runtime.store, digest=one.sha256, seen=seen, model=model, now=clock())
                keep_alike(session, indexes, one=one, asked=seen.fingerprint, found=found, now=clock())
            done += 1
            progress.note(done, total)
        done += len(settled)
    return done


def _compared(runtime: Runtime, indexes: Indexes, asked: list[Pending]) -> Iterator[tuple[Pending, Seen, Alike]]:
    """Pictures of listings are compared several at a time; a filing's view once those before it are kept, for it is
    compared with them."""
    far = runtime.config.dask_address
    for kind, group in groupby(asked, key=lambda one: one.kind):
        several = list(group)
        looked = looks(several, lambda one: picture_of(runtime, one), indexes.model.path, cluster=far)
        by_turns = kind is FilingView
        calls = (((one, seen), _question(indexes, one, seen)) for one, seen in looked)
        few = by_turns or len(several) < WORTH_PROCESSES
        compared = answers(calls, none=Alike(), died=Alike(), few=few, cluster="" if by_turns else far)
        yield from ((one, seen, found) for (one, seen), found in compared)


def _question(indexes: Indexes, one: Pending, seen: Seen) -> partial[Alike] | None:
    """None where the picture shows nothing to compare, or is like nothing at first sight."""
    if seen.fingerprint is None:
        return None
    asked = questions(indexes, one=one, asked=seen.fingerprint)
    return partial(find_alike, asked) if asked else None


def _parted(waiting: list[Pending], known: Known) -> tuple[list[Pending], list[Pending], list[Pending]]:
    """Which are like nothing, as is known already; which are to be looked at; and which, the same picture as one of
    those, are better asked about once that was."""
    settled, asked, later = [], [], []
    first: set[str] = set()
    for one in waiting:
        if one.kind is not ListingPicture:
            asked.append(one)
        elif one.sha256 in known.unlike:
            settled.append(one)
        elif one.sha256 in known.compared or one.sha256 not in first:
            first.add(one.sha256)
            asked.append(one)
        else:
            later.append(one)
    return settled, asked, later
