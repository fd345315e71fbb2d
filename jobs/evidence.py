"""Evidence for new alerts: each listing's page is captured once."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Capture
from ipreg.runtime import Runtime
from ipreg.sightings.capture import capture, due_captures, plan_captures
from ipreg.sightings.faults import fault_of
from ipreg.sightings.render import open_renderer


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many captures were worked at."""
    with transaction(runtime.sessions) as session:
        plan_captures(session, now=clock())
    with runtime.sessions() as session:
        waiting = due_captures(session, now=clock())
        pages = any(session.get_one(Capture, one).address for one in waiting)
    renderer = open_renderer(runtime.config.chromium) if pages else None
    try:
        for capture_id in waiting:
            try:
                capture(runtime, capture_id, clock=clock, renderer=renderer)
            except Exception as error:  # the others' evidence must not wait for this one
                fault_of(error, f"capture {capture_id}")
    finally:
        if renderer is not None:
            renderer.__exit__()
    return len(waiting)
