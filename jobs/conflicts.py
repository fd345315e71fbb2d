"""Cases between the owners of near-identical filings, from matches of a filing and a later one; one case each."""

from __future__ import annotations

from sqlalchemy.exc import IntegrityError

from ipreg import audit
from ipreg.casework import conflicts
from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Match
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many were opened."""
    with runtime.sessions() as session:
        waiting = conflicts.matches_in_conflict(session)
    opened = 0
    for match_id in waiting:
        try:
            with audit.acting("job:conflicts", "conflicts.open") as work, transaction(runtime.sessions) as session:
                match = session.get_one(Match, match_id)
                work.subject = conflicts.open_and_tell(session, match=match, now=clock()).number
        except IntegrityError:
            continue  # another run of this job was faster
        opened += 1
    return opened
