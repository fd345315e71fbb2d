"""Addresses that people reported are fetched and kept as listings."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.reports import follow_report, waiting_reports


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many reports were followed."""
    with runtime.sessions() as session:
        waiting = waiting_reports(session)
    for report_id in waiting:
        follow_report(runtime, report_id, clock=clock)
    return len(waiting)
