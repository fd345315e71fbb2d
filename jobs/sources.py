"""Runs of the sources that are due begin."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Source, SourceKind
from ipreg.runtime import Runtime
from ipreg.sightings.feedsource import collect, end_orphans
from ipreg.sightings.sources import begin_run, due_sources
from jobs.alone import alone


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many runs began. One process at a time."""
    with alone(runtime.config.var / "sources.lock") as mine:
        if not mine:
            return 0
        with transaction(runtime.sessions) as session:
            end_orphans(session, now=clock())
            waiting = [(one, session.get_one(Source, one).kind) for one in due_sources(session, now=clock())]
        for source_id, kind in waiting:
            if kind is SourceKind.FEED:
                collect(runtime, source_id, clock=clock)
                continue
            with transaction(runtime.sessions) as session:
                begin_run(session, source=session.get_one(Source, source_id), now=clock())
        return len(waiting)
