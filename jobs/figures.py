"""Dashboards of very many alerts, and the yearly figures, are counted ahead, one transaction each; the counting is
outside of it."""

from __future__ import annotations

from ipreg import statisticsahead
from ipreg.db import Clock, transaction, utc_now
from ipreg.models import Account
from ipreg.runtime import Runtime
from ipreg.statistics import BEIJING, Asked, figures, last_full_month
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
    return len(waiting) + _yearly(runtime, clock)


def _yearly(runtime: Runtime, clock: Clock) -> int:
    """What was asked of late; in a large registry this year's figures and those for everybody, too."""
    now = clock()
    with transaction(runtime.sessions) as session:
        statisticsahead.forget(session, now=now)
        waiting = statisticsahead.due(session, now=now)
        year = now.astimezone(BEIJING).year
        usual = (Asked(year), Asked(year, until=last_full_month(now)))
        if statisticsahead.is_many(session):
            missing = [one for one in usual if statisticsahead.kept(session, asked=one, now=now) is None]
            waiting += [one for one in missing if one not in waiting]
    for asked in waiting:
        with runtime.sessions() as session:
            found = figures(session, asked=asked)
        with transaction(runtime.sessions) as session:
            statisticsahead.keep(session, asked=asked, found=found, now=clock())
    return len(waiting)
