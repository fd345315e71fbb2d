"""The schedule: which jobs there are, and how often each runs."""

from __future__ import annotations

import threading
import time

from ipreg import jobtable
from ipreg.db import transaction, utc_now
from ipreg.errors import UpstreamError
from ipreg.models import JobState
from ipreg.runtime import Runtime
from jobs import (
    alerts,
    audit,
    batches,
    caseclocks,
    checkpoints,
    conflicts,
    crawl,
    deliveries,
    evidence,
    exports,
    figures,
    fingerprints,
    goods,
    imports,
    learning,
    letters,
    matches,
    novelty,
    openings,
    papers,
    pictures,
    repeats,
    reports,
    responses,
    retention,
    rights,
    samepictures,
    sources,
    timestamps,
    witnesses,
)
from jobs.job import Job
from jobs.keeper import TICK, Keeper, held

SCHEDULE = (
    Job("sources", 5, sources.run),
    Job("imports", 2, imports.run),
    Job("crawl", 2, crawl.run),
    Job("reports", 2, reports.run),
    Job("pictures", 2, pictures.run),
    Job("audit", 60, audit.run),
    Job("papers", 5, papers.run),
    Job("retention", 3600, retention.run),
    Job("checkpoints", 5, checkpoints.run),
    Job("witnesses", 5, witnesses.run),
    Job("timestamps", 5, timestamps.run),
    Job("fingerprints", 3, fingerprints.run),
    Job("matches", 3, matches.run),
    Job("goods", 3, goods.run),
    Job("samepictures", 10, samepictures.run),
    Job("novelty", 2, novelty.run),
    Job("batches", 2, batches.run),
    Job("alerts", 3, alerts.run),
    Job("figures", 60, figures.run),
    Job("learning", 600, learning.run),
    Job("conflicts", 10, conflicts.run),
    Job("caseclocks", 60, caseclocks.run),
    Job("repeats", 60, repeats.run),
    Job("evidence", 5, evidence.run),
    Job("openings", 30, openings.run),
    Job("rights", 600, rights.run),
    Job("responses", 600, responses.run),
    Job("responses-finish", 60, responses.finish),
    Job("deliveries", 3, deliveries.mail, deliveries.keep_mailing),
    Job("deliveries-http", 3, deliveries.post, deliveries.keep_posting),
    Job("letters", 2, letters.run),
    Job("exports", 5, exports.run),
    Job("letters-over", 3600, letters.clean_up),
)


def run_once(runtime: Runtime, names: tuple[str, ...] = ()) -> None:
    """Every job once, in the order of the data's way; only those of ``names`` where some are given."""
    for job in SCHEDULE:
        if not names or job.name in names:
            job.run(runtime)


def run_apart(runtime: Runtime, names: tuple[str, ...] = ()) -> None:
    """As ``run_once``; where a scheduler leads, it is asked to do it, job by job, and waited for."""
    with held(runtime) as alone:
        if alone:
            run_once(runtime, names)
            return
    for job in SCHEDULE:
        if not names or job.name in names:
            _have_run(runtime, job.name)


def _have_run(runtime: Runtime, name: str) -> None:
    with transaction(runtime.sessions) as session:
        jobtable.ask(session, name=name, now=utc_now())
    while True:
        time.sleep(TICK / 4)
        with runtime.sessions() as session:
            state = session.get_one(JobState, name)
            if state.wanted_at is None and not state.running:
                return
            if jobtable.keeper(session, now=utc_now()) is None:
                raise UpstreamError("no_scheduler")


def keep(runtime: Runtime, stop: threading.Event) -> None:
    """Keeps the schedule until ``stop`` is set, and lets what is running finish."""
    Keeper(runtime, SCHEDULE).keep(stop)
