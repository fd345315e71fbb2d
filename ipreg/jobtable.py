"""The table of jobs: what each did last, when it runs next, and what administrators ask of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from ipreg import access
from ipreg.errors import MissingError
from ipreg.models import Account, JobResult, JobState, Lease, Role

LEASE = "scheduler"
READERS = (Role.ADMINISTRATOR, Role.AUDITOR)
LONGEST_FAULT = 2000
SILENT = timedelta(seconds=60)
"""After so long without a beat nobody keeps the schedule."""


@dataclass
class Run:
    """A run as its process knows it; ``ended_at`` is None while it goes on, ``done`` where it does not tell."""

    begun_at: datetime
    ended_at: datetime | None = None
    took: float | None = None
    fault: str = ""
    done: int | None = None
    total: int | None = None


def declare(session: Session, *, jobs: Mapping[str, int], now: datetime) -> None:
    """The table holds exactly ``jobs`` (name and seconds between runs); what a dead process began was cut."""
    there = {one.name: one for one in session.scalars(select(JobState))}
    for name, seconds in jobs.items():
        if name not in there:
            session.add(JobState(name=name, seconds=seconds))
            continue
        state = there.pop(name)
        state.seconds = seconds
        if state.running:
            state.result, state.ended_at, state.took = JobResult.CUT, max(now, state.begun_at or now), None
    for gone in there.values():
        session.delete(gone)
    session.flush()


def states(session: Session) -> list[JobState]:
    """All jobs: those that failed last come first, then by name."""
    found = session.scalars(select(JobState).order_by(JobState.name)).all()
    return sorted(found, key=lambda one: one.result is not JobResult.FAILED)


def failing(session: Session) -> list[str]:
    """Names of the jobs whose last run failed."""
    found = select(JobState.name).where(JobState.result == JobResult.FAILED)
    return list(session.scalars(found.order_by(JobState.name)))


def keeper(session: Session, *, now: datetime) -> Lease | None:
    """The scheduler that leads; None where none does."""
    lease = session.get(Lease, LEASE)
    alive = lease is not None and lease.holder and abs(now - lease.seen_at) < SILENT
    return lease if alive else None


def next_run(state: JobState, *, now: datetime) -> datetime:
    """When it is due again: at once, and once, where that time went by while nobody kept the schedule.

    A job that never ran is due at once; one that ran in the future (the clock went back) in one interval at most.
    """
    if state.begun_at is None:
        return now
    span = timedelta(seconds=state.seconds)
    return min(max(state.begun_at + span, now), now + span)


def write(session: Session, *, runs: Mapping[str, Run], upcoming: Mapping[str, datetime | None]) -> None:
    """Keeps what became of ``runs``; who asked for a run before one of them began has had it."""
    for state in session.scalars(select(JobState)):
        state.next_at = upcoming.get(state.name)
        run = runs.get(state.name)
        if run is None:
            continue
        state.begun_at, state.ended_at, state.done, state.total = run.begun_at, run.ended_at, run.done, run.total
        if state.wanted_at is not None and state.wanted_at <= run.begun_at:
            state.wanted_at = None
        if run.ended_at is not None:
            state.took, state.fault = run.took, run.fault[:LONGEST_FAULT]
            state.result = JobResult.FAILED if run.fault else JobResult.DONE
            state.failed_at = run.ended_at if run.fault else state.failed_at


def run_now(session: Session, *, account: Account, name: str, now: datetime) -> None:
    """Asks for a run as soon as may be, of a paused job too. Raises ``MissingError``."""
    access.require_role(account, Role.ADMINISTRATOR)
    ask(session, name=name, now=now)


def ask(session: Session, *, name: str, now: datetime) -> None:
    """As ``run_now``, for the command line."""
    _state(session, name).wanted_at = now


def set_paused(session: Session, *, account: Account, name: str, paused: bool) -> None:
    """A paused job begins no run by itself; one under way ends as it would. Raises ``MissingError``."""
    access.require_role(account, Role.ADMINISTRATOR)
    _state(session, name).paused = paused


def _state(session: Session, name: str) -> JobState:
    state = session.get(JobState, name)
    if state is None:
        raise MissingError("job_missing", name=name)
    return state
