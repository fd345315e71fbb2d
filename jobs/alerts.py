"""Matches and changed listings reach the alerts, sleeping ones wake, who is due is told: a transaction each."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError, InterfaceError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg.db import Clock, transaction, utc_now
from ipreg.runtime import Runtime
from ipreg.warning.raising import Settings, consider, take_change, waiting_changes, waiting_matches, wake_due
from ipreg.warning.telling import due_recipients, tell
from jobs import progress

_log = logging.getLogger(__name__)


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many matches were considered, changes taken up, alerts woken and people told.

    What fails is left for the next run and keeps nothing else waiting; the first fault is raised at the end.
    """
    config = runtime.config
    work = _Work(runtime)
    settings = Settings(config.alert_threshold, timedelta(days=config.old_listing_days), config.look_threshold)
    with runtime.sessions() as session:
        matches = waiting_matches(session)
    work.each(matches, lambda session, one: consider(session, match_id=one, settings=settings, now=clock()))
    with transaction(runtime.sessions) as session:
        changes = waiting_changes(session)
        work.done += wake_due(session, settings=settings, now=clock())
    work.each(changes, lambda session, one: take_change(session, change_id=one, settings=settings, now=clock()))
    with runtime.sessions() as session:
        due = due_recipients(session, now=clock())
    work.each(due, lambda session, one: tell(session, recipient_id=one, now=clock()))
    if work.faults:
        raise work.faults[0]
    return work.done


class _Work:
    """How much was done, and what failed."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime, self.done = runtime, 0
        self.faults: list[Exception] = []

    def each(self, ids: list[int], work: Callable[[Session, int], object]) -> None:
        """Each in a transaction of its own."""
        for at, one in enumerate(ids, start=1):
            try:
                with transaction(self._runtime.sessions) as session:
                    work(session, one)
                self.done += 1
            except (IntegrityError, StaleDataError):
                continue  # another run of this job, or somebody who decided, was faster; it waits for the next run
            except (OperationalError, InterfaceError):
                raise  # the database is away: nothing else would fare better
            except Exception as fault:
                _log.exception("%s is left for the next run", one)
                self.faults.append(fault)
            progress.note(at, len(ids))
