"""Open cases of sellers who were found to infringe meanwhile become more urgent, one transaction each."""

from __future__ import annotations

from ipreg import audit
from ipreg.casework import repeats
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import ConflictError
from ipreg.models import Case
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many were raised."""
    with runtime.sessions() as session:
        waiting = repeats.due(session)
    done = 0
    for case_id in waiting:
        try:
            with audit.acting("job:repeats", "repeats.raise_one") as work, transaction(runtime.sessions) as session:
                case = session.get_one(Case, case_id)
                work.subject = case.number
                repeats.raise_one(session, case=case, now=clock())
        except ConflictError:
            continue  # an officer was faster; the next run sees what he did
        done += 1
    return done
