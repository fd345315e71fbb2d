"""Time stamps on the newest checkpoint, from every authority."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.stamping import Stamped, authorities_of, stamp_newest


def run(runtime: Runtime, *, clock: Clock = utc_now) -> Stamped:
    """How many tokens came, and how many authorities will be asked again."""
    return stamp_newest(runtime, authorities_of(runtime, clock=clock), clock=clock)
