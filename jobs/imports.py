"""Feeds that were handed in on the page, worked through in the background."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.feeds import fail_import, run_import, unfinished_imports


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many imports were worked through."""
    with runtime.sessions() as session:
        waiting = unfinished_imports(session)
    for import_id in waiting:
        try:
            run_import(runtime, import_id, clock=clock)
        except Exception as error:
            fail_import(runtime, import_id, fault_of(error, f"import {import_id}"), clock())
    return len(waiting)
