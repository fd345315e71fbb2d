"""Feeds that were handed in on the page, worked through in the background: a slice for each account in turn."""

from __future__ import annotations

import time

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.faults import fault_of
from ipreg.sightings.feeds import Turn, fail_import, next_imports, run_import

SECONDS = 60.0
SLICE = 10.0


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many imports were worked through. It takes about a minute at most; the next call goes on."""
    until, done = time.monotonic() + SECONDS, 0
    resting: set[int] = set()
    while time.monotonic() < until:
        with runtime.sessions() as session:
            waiting = next_imports(session, resting=resting)
        if not waiting:
            break
        for import_id in waiting:
            turn = _work(runtime, import_id, SLICE if len(waiting) > 1 else until - time.monotonic(), clock)
            done += turn is Turn.OVER
            if turn is Turn.LATER:
                resting.add(import_id)
    return done


def _work(runtime: Runtime, import_id: int, seconds: float, clock: Clock) -> Turn:
    try:
        return run_import(runtime, import_id, clock=clock, seconds=seconds)
    except Exception as error:  # the other imports go on
        fail_import(runtime, import_id, fault_of(error, f"import {import_id}"), clock())
        return Turn.OVER
