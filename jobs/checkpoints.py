"""A signed checkpoint over whatever entries have been added to the log."""

from __future__ import annotations

from ipreg import logkeys
from ipreg.db import Clock, transaction, utc_now
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """The size of the tree that the latest checkpoint covers."""
    with transaction(runtime.sessions) as session:
        made = logkeys.sign_newest(session, runtime, now=clock())
        return made.size if made else 0
