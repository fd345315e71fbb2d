"""Personal data whose time to be kept is over is erased, one case a transaction; each erasure has its audit row."""

from __future__ import annotations

from ipreg import audit
from ipreg.casework import retention
from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Case
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many cases were dealt with."""
    with transaction(runtime.sessions) as session:
        retention.forget_guesses(session, now=clock())
        waiting = retention.due(session, now=clock())
    for case_id in waiting:
        with audit.acting("job:retention", "retention.erase") as work, transaction(runtime.sessions) as session:
            work.subject = session.get_one(Case, case_id).number
            freed = retention.erase(session, case_id=case_id, now=clock())
        retention.remove(runtime.store, freed)
    return len(waiting)
