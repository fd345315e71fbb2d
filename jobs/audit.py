"""The newest digest of the audit trail, committed to the transparency log where the trail has grown."""

from __future__ import annotations

from ipreg.audit import commit_head
from ipreg.db import Clock, transaction, utc_now
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """1 where it was committed, 0 where nothing was new."""
    with transaction(runtime.sessions) as session:
        return 1 if commit_head(session, now=clock()) is not None else 0
