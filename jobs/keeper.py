"""The process that keeps the schedule. Several may run; one leads, the others wait until it is gone.

Every ``TICK`` the leader renews its lease, writes down what its jobs did and reads what administrators ask for, in
one transaction: so a job that runs every two seconds costs no write of its own.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from ipreg import jobtable, metrics
from ipreg.db import transaction, utc_now
from ipreg.jobtable import Run
from ipreg.lease import GIVES_UP, Candidate, here
from ipreg.models import JobState
from ipreg.runtime import Runtime
from jobs import progress
from jobs.job import Job

_log = logging.getLogger(__name__)
TICK = 2.0
_JUMP = 20.0
"""The wall clock went so many seconds more or less than time did: it was set."""


class Keeper:
    """Leads or waits, until it is told to stop."""

    def __init__(self, runtime: Runtime, jobs: Sequence[Job], *, tick: float = TICK) -> None:
        self._runtime, self._jobs, self._tick = runtime, {job.name: job for job in jobs}, tick
        self._candidate = Candidate(jobtable.LEASE, here())
        self._runs: dict[str, Run] = {}
        self._busy = {name: threading.Lock() for name in self._jobs}
        self._scheduler: BackgroundScheduler | None = None
        self._renewed = time.monotonic()
        self._clocks = (time.monotonic(), utc_now())

    def keep(self, stop: threading.Event) -> None:
        """Returns once ``stop`` is set and what was running has ended."""
        while True:
            self._beat()
            if stop.wait(self._tick):
                break
        if self._scheduler is not None:
            self._scheduler.pause()
        while any(lock.locked() for lock in self._busy.values()):
            self._beat()
            time.sleep(min(self._tick, 0.1))
        self._beat()
        self._stand_down()
        with transaction(self._runtime.sessions) as session:
            self._candidate.release(session)

    def _beat(self) -> None:
        try:
            with transaction(self._runtime.sessions) as session:
                leads = self._candidate.hold(session, now=utc_now())
                wanted = self._exchange(session) if leads else {}
        except SQLAlchemyError:
            # Two that make the first row at once, or a database that is away: the next beat knows more.
            _log.warning("the lease of the schedule could not be renewed", exc_info=True)
            leads, wanted = time.monotonic() - self._renewed < GIVES_UP and self._scheduler is not None, {}
        else:
            self._renewed = time.monotonic()
        if not leads:
            self._stand_down()
        elif self._scheduler is None:
            # Only now, when lease and table are kept: before, no job may run, and nobody else could see it run.
            self._lead(wanted)
        else:
            self._obey(wanted)
            self._follow_clock()

    def _exchange(self, session: Session) -> Mapping[str, JobState]:
        """Tells what was done, and returns what the table asks for."""
        if self._scheduler is None:
            jobtable.declare(session, jobs={job.name: job.seconds for job in self._jobs.values()}, now=utc_now())
        else:
            jobtable.write(session, runs=self._runs, upcoming=self._upcoming())
        return {one.name: one for one in session.scalars(select(JobState))}

    def _lead(self, states: Mapping[str, JobState]) -> None:
        # A run that is late is run late, and once: by default it would be left out.
        defaults = {"max_instances": 1, "coalesce": True, "misfire_grace_time": None}
        pool = ThreadPoolExecutor(len(self._jobs) * 2)
        scheduler = BackgroundScheduler(timezone="UTC", job_defaults=defaults, executors={"default": pool})
        now = utc_now()
        for name, state in states.items():
            job = self._jobs[name]
            scheduler.add_job(
                self._run, "interval", seconds=job.seconds, args=(job,), id=job.name,
                next_run_time=None if state.paused else jobtable.next_run(state, now=now),
            )  # fmt: skip
        self._scheduler, self._runs = scheduler, {}
        self._clocks = (time.monotonic(), now)
        scheduler.start()
        _log.info("this process keeps the schedule")

    def _stand_down(self) -> None:
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None

    def _upcoming(self) -> dict[str, datetime | None]:
        found = self._scheduler.get_jobs() if self._scheduler is not None else []
        return {one.id: one.next_run_time for one in found}

    def _obey(self, asked: Mapping[str, JobState]) -> None:
        assert self._scheduler is not None
        for name, state in asked.items():
            standing = self._scheduler.get_job(name)
            if state.paused and standing.next_run_time is not None:
                standing.pause()
            elif not state.paused and standing.next_run_time is None:
                standing.modify(next_run_time=utc_now())
            if state.wanted_at is not None and not self._busy[name].locked():
                job = self._jobs[name]
                self._scheduler.add_job(self._run, args=(job,), id=f"{name} now", replace_existing=True)

    def _follow_clock(self) -> None:
        """A wall clock that was set back must not keep the jobs waiting until it is there again."""
        assert self._scheduler is not None
        (counted, told), now = self._clocks, (time.monotonic(), utc_now())
        self._clocks = now
        if abs((now[1] - told).total_seconds() - (now[0] - counted)) < _JUMP:
            return
        _log.warning("the clock was set from %s to %s", told.isoformat(), now[1].isoformat())
        for number, standing in enumerate(self._scheduler.get_jobs()):
            if standing.next_run_time is not None:
                standing.modify(next_run_time=now[1] + timedelta(seconds=number * 0.1))

    def _run(self, job: Job) -> None:
        """One failing run is written down and must not end the schedule; the rows are still there next time."""
        if not self._busy[job.name].acquire(blocking=False):
            return
        try:
            run = self._runs[job.name] = Run(utc_now())
            run_job(self._runtime, job, run)
        finally:
            self._busy[job.name].release()


@contextmanager
def held(runtime: Runtime) -> Iterator[bool]:
    """Whether nobody keeps the schedule; nobody begins to meanwhile."""
    candidate, over = Candidate(jobtable.LEASE, here()), threading.Event()

    def renew() -> bool:
        with transaction(runtime.sessions) as session:
            return candidate.hold(session, now=utc_now())

    def go_on() -> None:
        while not over.wait(TICK):
            with suppress(SQLAlchemyError):
                renew()

    beating = threading.Thread(target=go_on, daemon=True)
    mine = renew()
    if mine:
        beating.start()
    try:
        yield mine
    finally:
        over.set()
        if mine:
            beating.join()
            with transaction(runtime.sessions) as session:
                candidate.release(session)


def run_job(runtime: Runtime, job: Job, run: Run) -> None:
    """Runs it as the schedule does, and tells ``run`` how it went."""
    begun, busy, fault = time.perf_counter(), time.thread_time(), ""
    try:
        with progress.followed(run):
            (job.kept or job.run)(runtime)
    except Exception as caught:
        fault = f"{type(caught).__name__}: {caught}"
        _log.exception("job %s failed; it will be tried again", job.name)
    run.took, run.fault = time.perf_counter() - begun, fault
    run.ended_at = max(utc_now(), run.begun_at)
    metrics.count(metrics.jobs(), run.took, job.name, "failed" if fault else "done")
    metrics.count(metrics.processor(), time.thread_time() - busy, job.name)
