"""Matches and changed listings reach the alerts, sleeping ones wake, who is due is told: a transaction each."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from sqlalchemy.orm.exc import StaleDataError

from ipreg.db import Clock, transaction, utc_now
from ipreg.runtime import Runtime
from ipreg.warning.raising import Settings, consider, take_change, waiting_changes, waiting_matches, wake_due
from ipreg.warning.telling import due_recipients, tell
from jobs import progress


def run(runtime: Runtime, *, clock: Clock = utc_now) -> int:
    """How many matches were considered, changes taken up, alerts woken and people told."""
    config = runtime.config
    settings = Settings(config.alert_threshold, timedelta(days=config.old_listing_days), config.look_threshold)
    with runtime.sessions() as session:
        matches = waiting_matches(session)
    done = _each(
        runtime, matches, lambda session, one: consider(session, match_id=one, settings=settings, now=clock())
    )
    with transaction(runtime.sessions) as session:
        changes = waiting_changes(session)
        done += wake_due(session, settings=settings, now=clock())
    done += _each(
        runtime, changes, lambda session, one: take_change(session, change_id=one, settings=settings, now=clock())
    )
    with runtime.sessions() as session:
        due = due_recipients(session, now=clock())
    return done + _each(runtime, due, lambda session, one: tell(session, recipient_id=one, now=clock()))


def _each(runtime: Runtime, ids: list[int], work: Callable[[Session, int], object]) -> int:
    done = 0
    for one in ids:
        try:
            with transaction(runtime.sessions) as session:
                work(session, one)
        except (IntegrityError, StaleDataError):
            continue  # another run of this job, or somebody who decided, was faster; it waits for the next run
        done += 1
        progress.note(done, len(ids))
    return done
