"""A signed checkpoint over whatever entries have been added to the log."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.log import sign_checkpoint
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """The size of the tree that the latest checkpoint covers."""
    with transaction(runtime.sessions) as session:
        made = sign_checkpoint(session, signer=runtime.log_key, now=clock())
        return made.size if made else 0
