"""Alerts for new matches above the threshold, one transaction each."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy.exc import IntegrityError

from ipreg.alerts import matches_without_alert, raise_alert
from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Match
from ipreg.runtime import Runtime


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many alerts were raised."""
    with runtime.sessions() as session:
        waiting = matches_without_alert(
            session,
            threshold=runtime.config.alert_threshold,
            old_after=timedelta(days=runtime.config.old_listing_days),
        )
    raised = 0
    for match_id in waiting:
        try:
            with transaction(runtime.sessions) as session:
                match = session.get_one(Match, match_id)
                raise_alert(session, match=match, now=clock())
        except IntegrityError:
            continue  # another run of this job was faster
        raised += 1
    return raised
