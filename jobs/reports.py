"""Addresses that people reported are fetched and kept as listings."""

from __future__ import annotations

import time

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.reports import follow_report, waiting_reports

SECONDS = 60.0


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many reports were followed, in about a minute at most."""
    until, done = time.monotonic() + SECONDS, 0
    with runtime.sessions() as session:
        waiting = waiting_reports(session)
    for report_id in waiting:
        if time.monotonic() > until:
            break  # whoever reported meanwhile has his turn too
        follow_report(runtime, report_id, clock=clock)
        done += 1
    return done
