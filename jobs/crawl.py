"""Crawl runs that are under way, each worked at for a while in turn. One process at a time."""

from __future__ import annotations

from sqlalchemy import select

from ipreg.db import Clock, transaction, utc_now
from ipreg.models import RunState, Source, SourceKind, SourceRun, SourceState
from ipreg.runtime import Runtime
from ipreg.sightings.crawl import work_through
from ipreg.sightings.faults import fault_of
from ipreg.sightings.sources import end_run
from jobs.alone import alone

SECONDS = 10.0


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many runs were worked at."""
    with alone(runtime.config.var / "crawl.lock") as mine:
        if not mine:
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
            try:
                work_through(runtime, run_id, clock=clock, seconds=SECONDS)
            except Exception as error:  # a source that can't be crawled ends its own run and no other
                fault = fault_of(error, f"crawl run {run_id}")
                with transaction(runtime.sessions) as session:
                    run = session.get_one(SourceRun, run_id)
                    end_run(session, run=run, now=clock(), fault=fault.code, values=dict(fault.values))
        return len(runs)
