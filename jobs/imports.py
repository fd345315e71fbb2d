"""Feeds that were handed in on the page, worked through in the background."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.feeds import run_import, unfinished_imports


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many imports were worked through."""
    with runtime.sessions() as session:
        waiting = unfinished_imports(session)
    for import_id in waiting:
        run_import(runtime, import_id, clock=clock)
    return len(waiting)
