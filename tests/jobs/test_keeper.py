"""The schedule: kept by one process at a time, watched and steered on a page, made up for after a stop."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

import pytest
from databases import Databases
from scenery import HandClock
from site_of_tests import Site
from sqlalchemy import select

from ipreg import jobtable
from ipreg.db import transaction, utc_now
from ipreg.lease import PATIENCE, Candidate, here
from ipreg.models import JobResult, JobState, Lease
from ipreg.runtime import Runtime
from ipreg.web.words import JOBS
from jobs import progress, schedule
from jobs.job import Job
from jobs.keeper import Keeper


@contextmanager
def kept(runtime: Runtime, *jobs: Job) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=Keeper(runtime, jobs, tick=0.02).keep, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def state(runtime: Runtime, name: str) -> JobState:
    with runtime.sessions() as session:
        return session.get_one(JobState, name)


def until(seen: Callable[[], object], most: float = 20) -> None:
    """Waits for what another thread or process is about to do."""
    turn = threading.Event()
    for _ in range(int(most / 0.02)):
        if seen():
            return
        turn.wait(0.02)
    raise AssertionError("it did not come")


def leader(runtime: Runtime) -> str:
    with runtime.sessions() as session:
        return session.scalar(select(Lease.holder)) or ""


def hour(name: str, run: Callable[[Runtime], object]) -> Job:
    return Job(name, 3600, run)


def test_a_failing_job_is_told_in_words_and_the_others_go_on(runtime: Runtime) -> None:
    def fail(_: Runtime) -> None:
        raise ValueError("the shop's certificate has expired")

    ran = threading.Event()
    with kept(runtime, hour("bad", fail), hour("good", lambda _: ran.set())):
        assert ran.wait(20)
    bad, good = state(runtime, "bad"), state(runtime, "good")
    assert bad.result is JobResult.FAILED and "certificate has expired" in bad.fault and bad.failed_at
    assert good.result is JobResult.DONE and good.fault == "" and good.took is not None
    assert leader(runtime) == "", "nobody has to wait for a scheduler that ended by itself"


def test_a_long_job_shows_how_far_it_is_and_is_never_run_twice_at_once(site: Site) -> None:
    begun, go = threading.Semaphore(0), threading.Event()
    admin = site.sign_in("administrator")

    def long(_: Runtime) -> None:
        progress.note(34, 500)
        begun.release()
        go.wait(20)

    with kept(site.runtime, hour("matches", long)):
        assert begun.acquire(timeout=20)
        until(lambda: "34/500" in admin.get("/administration/jobs").text)
        admin.post("/administration/jobs/matches", data={"do": "run"})
        until(lambda: "34/500" in admin.get("/administration/jobs").text)
        assert not begun.acquire(timeout=0.2), "it runs already"
        go.set()
        assert begun.acquire(timeout=20), "asked for meanwhile, it runs after that"
        until(lambda: state(site.runtime, "matches").wanted_at is None)


def test_a_paused_job_rests_but_may_be_asked_to_run(site: Site) -> None:
    ran = threading.Semaphore(0)
    admin = site.sign_in("administrator")
    job = Job("alerts", 1, lambda _: ran.release())
    with kept(site.runtime, job):
        assert ran.acquire(timeout=20)
        admin.post("/administration/jobs/alerts", data={"do": "pause"})
        until(lambda: state(site.runtime, "alerts").next_at is None)
        while ran.acquire(timeout=0.01):
            pass
        assert not ran.acquire(timeout=1.2)
        admin.post("/administration/jobs/alerts", data={"do": "run"})
        assert ran.acquire(timeout=20)
    with kept(site.runtime, job):  # a new scheduler knows that it is paused
        until(lambda: leader(site.runtime))
        assert not ran.acquire(timeout=1.2)
        admin.post("/administration/jobs/alerts", data={"do": "resume"})
        assert ran.acquire(timeout=20)


def test_what_was_missed_is_made_up_once(runtime: Runtime) -> None:
    ran = threading.Semaphore(0)
    job = hour("retention", lambda _: ran.release())
    with kept(runtime, job):
        assert ran.acquire(timeout=20)
    with kept(runtime, job):
        until(lambda: state(runtime, "retention").next_at)
        assert not ran.acquire(timeout=0.2), "it ran within the hour"
    with transaction(runtime.sessions) as session:
        row = session.get_one(JobState, "retention")
        row.begun_at = row.ended_at = utc_now() - timedelta(days=3)
    with kept(runtime, job):
        assert ran.acquire(timeout=20), "72 runs were missed"
        assert not ran.acquire(timeout=0.2), "and made up by one"


def test_a_clock_that_went_back_keeps_no_job_waiting_longer_than_its_span(clock: HandClock) -> None:
    row = JobState(name="x", seconds=600, begun_at=clock() + timedelta(days=2), paused=False)
    assert jobtable.next_run(row, now=clock()) == clock() + timedelta(seconds=600)


def test_a_silent_holder_is_relieved_by_the_waiters_own_clock(runtime: Runtime, clock: HandClock) -> None:
    """Its own word for the time counts for nothing: it may be an hour ahead."""
    seconds = [0.0]
    first = Candidate("x", "elsewhere/1:7:aa", lambda: seconds[0])
    second = Candidate("x", "elsewhere/2:7:bb", lambda: seconds[0])

    def holds(one: Candidate) -> bool:
        with transaction(runtime.sessions) as session:
            return one.hold(session, now=clock.move(hours=-1))

    assert holds(first) and not holds(second)
    seconds[0] += PATIENCE - 1
    assert holds(first) and not holds(second), "it still beats"
    seconds[0] += PATIENCE
    assert holds(second) and not holds(first), "now the first has to know that it is deposed"
    with transaction(runtime.sessions) as session:
        second.release(session)
    assert holds(first)


def test_a_holder_of_this_machine_that_is_gone_is_relieved_at_once(runtime: Runtime, clock: HandClock) -> None:
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    place = here().partition(":")[0]
    with transaction(runtime.sessions) as session:
        assert Candidate("x", f"{place}:{dead.pid}:aa").hold(session, now=clock())
        assert Candidate("x", here()).hold(session, now=clock())


@pytest.mark.network
def test_another_scheduler_takes_over_from_one_that_is_killed(runtime: Runtime, databases: Databases) -> None:
    """Two real processes with the real schedule."""
    environ = {**os.environ, **databases.environ(runtime.config.var)}
    program = [sys.executable, "-m", "ipreg", "scheduler"]

    def ended(name: str) -> datetime:
        return state(runtime, name).ended_at or datetime.min.replace(tzinfo=UTC)

    running = [subprocess.Popen(program, env=environ, stderr=subprocess.DEVNULL) for _ in range(2)]
    try:
        until(lambda: leader(runtime) and state(runtime, "matches").ended_at, 60)
        first = leader(runtime)
        killed = next(one for one in running if one.pid == int(first.split(":")[1]))
        killed.send_signal(signal.SIGKILL)
        killed.wait()
        at = utc_now()
        until(lambda: leader(runtime) not in ("", first) and ended("alerts") > at, 60)
    finally:
        for one in running:
            one.terminate()
            assert one.wait(60) in (0, -signal.SIGKILL)


def test_who_looks_on_sees_the_jobs_and_no_buttons(site: Site) -> None:
    with transaction(site.runtime.sessions) as session:
        jobtable.declare(session, jobs={job.name: job.seconds for job in schedule.SCHEDULE}, now=utc_now())
    page = site.sign_in("auditor").get("/administration/jobs")
    assert page.status_code == 200 and "比对新图片" in page.text and "立即运行" not in page.text
    assert "没有调度程序在运行" in page.text
    admin = site.sign_in("administrator")
    assert "立即运行" in admin.get("/administration/jobs").text
    assert admin.post("/administration/jobs/nonsense", data={"do": "run"}).status_code == 404
    assert admin.post("/administration/jobs/matches", data={"do": "dance"}).status_code == 400


def test_every_job_has_words() -> None:
    assert {job.name for job in schedule.SCHEDULE} == set(JOBS)
