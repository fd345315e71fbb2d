"""The clocks of cases: warnings before and after their end, escalation, responses that did not come."""

from __future__ import annotations

from ipreg import audit
from ipreg.casework import watch
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import ConflictError
from ipreg.models import CaseClock
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """For how many clocks something was done, one transaction each."""
    with runtime.sessions() as session:
        waiting = watch.clocks_to_look_at(session, now=clock())
    done = 0
    for clock_id in waiting:
        try:
            with (
                audit.acting("job:caseclocks", "caseclocks.look_at") as work,
                transaction(runtime.sessions) as session,
            ):
                found = session.get_one(CaseClock, clock_id)
                work.subject = found.case.number
                done += watch.look_at(session, clock=found, now=clock())
        except ConflictError:
            continue  # an officer was faster; the next run sees what he did
    return done
