"""Dashboards of very many alerts are counted ahead, one transaction each; the counting is outside of it."""

from __future__ import annotations

from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Account
from ipreg.runtime import Runtime
from ipreg.warning import aheadfigures


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many were counted."""
    with runtime.sessions() as session:
        waiting = aheadfigures.due(session, now=clock())
    for key in waiting:
        with runtime.sessions() as session:
            found = aheadfigures.count_again(session, key=key, now=clock())
        if found is not None:
            with transaction(runtime.sessions) as session:
                account = session.get_one(Account, found[0].id)
                aheadfigures.keep(session, account=account, found=found[1], looked=False, now=clock())
    return len(waiting)
