"""The schedule, and the process that keeps it."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from apscheduler.schedulers.background import BackgroundScheduler

from ipreg import metrics
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
    fingerprints,
    imports,
    learning,
    letters,
    matches,
    novelty,
    openings,
    papers,
    pictures,
    reports,
    responses,
    retention,
    rights,
    sources,
    timestamps,
    witnesses,
)

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Job:
    """``run`` is called every ``seconds``, never twice at once, and says how much it did.

    Where there is a ``kept``, the schedule calls that instead: it may leave something for its next turn.
    """

    name: str
    seconds: int
    run: Callable[[Runtime], object]
    kept: Callable[[Runtime], object] | None = None


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
    Job("novelty", 2, novelty.run),
    Job("batches", 2, batches.run),
    Job("alerts", 3, alerts.run),
    Job("learning", 600, learning.run),
    Job("conflicts", 10, conflicts.run),
    Job("caseclocks", 60, caseclocks.run),
    Job("evidence", 5, evidence.run),
    Job("openings", 30, openings.run),
    Job("rights", 600, rights.run),
    Job("responses", 600, responses.run),
    Job("responses-finish", 60, responses.finish),
    Job("deliveries", 3, deliveries.run, deliveries.keep_running),
    Job("letters", 2, letters.run),
    Job("exports", 5, exports.run),
    Job("letters-over", 3600, letters.clean_up),
)


def run_once(runtime: Runtime, names: tuple[str, ...] = ()) -> None:
    """Every job once, in the order of the data's way; only those of ``names`` where some are given."""
    for job in SCHEDULE:
        if not names or job.name in names:
            job.run(runtime)


def keep(runtime: Runtime, stop: threading.Event) -> None:
    """Runs the schedule until ``stop`` is set, and lets what is running finish."""
    scheduler = BackgroundScheduler(timezone="UTC", job_defaults={"max_instances": 1, "coalesce": True})
    for job in SCHEDULE:
        scheduler.add_job(_guarded, "interval", seconds=job.seconds, args=(job, runtime), id=job.name)
    scheduler.start()
    stop.wait()
    scheduler.shutdown(wait=True)


def _guarded(job: Job, runtime: Runtime) -> None:
    """One failing run is written down and must not end the schedule; the rows are still there next time."""
    begun, result = time.perf_counter(), "done"
    try:
        (job.kept or job.run)(runtime)
    except Exception:
        result = "failed"
        _log.exception("job %s failed; it will be tried again", job.name)
    metrics.jobs().labels(job.name, result).observe(time.perf_counter() - begun)
