"""Crawl runs that are under way, each worked at for a while in turn. One process at a time."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import select

from ipreg.db import Clock, utc_now
from ipreg.models import RunState, Source, SourceKind, SourceRun, SourceState
from ipreg.runtime import Runtime
from ipreg.sightings.crawl import work_through

SECONDS = 10.0


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many runs were worked at."""
    with _alone(runtime.config.var / "crawl.lock") as alone:
        if not alone:
            return 0
        with runtime.sessions() as session:
            wanted = (
                select(SourceRun.id)
                .join(Source)
                .where(
                    SourceRun.state == RunState.RUNNING,
                    Source.kind == SourceKind.CRAWL,
                    Source.state == SourceState.ACTIVE,
                )
            )
            runs = list(session.scalars(wanted.order_by(SourceRun.id)))
        for run_id in runs:
            work_through(runtime, run_id, clock=clock, seconds=SECONDS)
        return len(runs)


@contextmanager
def _alone(place: Path) -> Iterator[bool]:
    """The system gives the lock back when its holder ends, however it ends."""
    with place.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
            return
        yield True
