"""Pictures that crawled listings show are fetched, each address once."""

from __future__ import annotations

from ipreg.db import Clock, utc_now
from ipreg.runtime import Runtime
from ipreg.sightings.remotes import fetch_pictures


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many pictures were dealt with."""
    return fetch_pictures(runtime, clock=clock)
