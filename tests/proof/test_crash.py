"""Killed at every step: nothing is lost, there are never two heads, and the next run goes on from there."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import crash_child
import pytest
from scenery import HandClock
from sqlalchemy import Result, event, func, select
from sqlalchemy.orm import ORMExecuteState

from ipreg import log
from ipreg.db import Clock, transaction, utc_now
from ipreg.errors import ConflictError
from ipreg.logcheck import check_log
from ipreg.models import LogCheckpoint, LogEntry, LogHead, LogTimeStamp, StampState
from ipreg.runtime import Runtime
from ipreg.stamping import CLAIM
from jobs import checkpoints, timestamps

CHILD = Path(crash_child.__file__)
COMMITTED = crash_child.STEPS.index("after the entry's commit")
SIGNED = crash_child.STEPS.index("after the checkpoint's commit")
STAMPED = crash_child.STEPS.index("after the stamp's commit")


def run_child(runtime: Runtime, *words: str) -> int:
    place = {"IPREG_VAR": str(runtime.config.var), "IPREG_DATABASE_URL": runtime.config.database_url}
    environ = {**os.environ, **place, "PYTHONPATH": str(CHILD.parent)}
    return subprocess.run([sys.executable, str(CHILD), *words], env=environ, timeout=60).returncode


def counts(runtime: Runtime) -> tuple[int, int, int]:
    """Entries, checkpoints, tokens."""
    with runtime.sessions() as session:
        stamped = select(func.count()).where(LogTimeStamp.state == StampState.STAMPED)
        return (
            session.scalar(select(func.count()).select_from(LogEntry)) or 0,
            session.scalar(select(func.count()).select_from(LogCheckpoint)) or 0,
            session.scalar(stamped) or 0,
        )


def everything_holds(runtime: Runtime) -> bool:
    with runtime.sessions() as session:
        return check_log(session, runtime.store, verifiers=[runtime.log_key.verifier]).differences == ()


@pytest.mark.parametrize("step", crash_child.STEPS)
def test_killed_at_each_step(runtime: Runtime, step: str) -> None:
    crash_child.append(runtime, "before")
    checkpoints.run(runtime)
    timestamps.run(runtime)
    assert counts(runtime) == (1, 1, 1)
    assert run_child(runtime, step) == crash_child.DIED
    at = crash_child.STEPS.index(step)
    assert counts(runtime) == (1 + (at >= COMMITTED), 1 + (at >= SIGNED), 1 + (at >= STAMPED))
    assert everything_holds(runtime)
    # The next run: what was not there yet is made, nothing twice.
    crash_child.append(runtime, "after")
    later: Clock = lambda: utc_now() + CLAIM  # noqa: E731 - a claim of the killed one has run out
    size = checkpoints.run(runtime, clock=later)
    timestamps.run(runtime, clock=later)
    with runtime.sessions() as session:
        notes = session.scalars(select(LogEntry.statement).order_by(LogEntry.index)).all()
        assert [note.split('"')[3] for note in notes] == (
            ["before", "killed", "after"] if at >= COMMITTED else ["before", "after"]
        )
        newest = session.scalars(select(LogTimeStamp.state).order_by(LogTimeStamp.size.desc())).first()
        assert (size, newest) == (len(notes), StampState.STAMPED)
        assert session.scalar(select(func.count()).select_from(LogHead)) == 1
        for index in range(len(notes)):
            log.prove_inclusion(session, index=index).verify(runtime.log_key.verifier)
    assert everything_holds(runtime)


def test_a_child_that_is_not_killed_finishes(runtime: Runtime) -> None:
    assert run_child(runtime, "never") == 0
    assert counts(runtime) == (1, 1, 1)


def in_threads(work: Callable[[int], None], count: int) -> None:
    faults: list[BaseException] = []
    start = threading.Barrier(count)

    def guarded(number: int) -> None:
        try:
            start.wait()
            work(number)
        except BaseException as fault:
            faults.append(fault)

    threads = [threading.Thread(target=guarded, args=(number,)) for number in range(count)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert faults == []


def test_writers_in_threads_wait_for_each_other(runtime: Runtime) -> None:
    def work(number: int) -> None:
        for turn in range(10):
            crash_child.append(runtime, f"{number}-{turn}")
            checkpoints.run(runtime)

    in_threads(work, 4)
    assert counts(runtime)[0] == 40 and everything_holds(runtime)
    with runtime.sessions() as session:
        assert len(set(session.scalars(select(LogEntry.statement)))) == 40


def test_writers_in_processes_wait_for_each_other(runtime: Runtime) -> None:
    in_threads(lambda _number: [run_child(runtime, "never") for _ in range(2)] and None, 3)
    assert counts(runtime)[0] == 6 and everything_holds(runtime)


def test_a_head_that_moved_meanwhile_is_no_place_to_append(runtime: Runtime, clock: HandClock) -> None:
    """Where a database lets two writers in at once, the slower one is told to try again and leaves nothing."""
    crash_child.append(runtime, "first")

    def meddle(state: ORMExecuteState) -> Result[Any] | None:
        """Right after the head was read, another writer moves it."""
        if not state.is_select:
            return None
        event.remove(state.session, "do_orm_execute", meddle)
        read = state.invoke_statement().freeze()
        state.session.connection().exec_driver_sql("update log_head set size = size + 1")
        return read()

    with pytest.raises(ConflictError, match="log_busy"), transaction(runtime.sessions) as session:
        event.listen(session, "do_orm_execute", meddle)
        log.append_entry(session, kind="test", subject="s", statement={}, now=utc_now())
    crash_child.append(runtime, "second")
    assert counts(runtime)[0] == 2
    checkpoints.run(runtime)
    assert everything_holds(runtime)


def test_a_clock_that_went_back_is_refused_and_nothing_is_written(runtime: Runtime, clock: HandClock) -> None:
    def append(note: str) -> None:
        with transaction(runtime.sessions) as session:
            log.append_entry(session, kind="test", subject="s", statement={"note": note}, now=clock())

    append("now")
    clock.move(minutes=-1)
    append("requests reach the log in another order")
    clock.move(minutes=-1, seconds=-1)
    with pytest.raises(ConflictError, match="clock_went_back"):
        append("the clock was set back")
    assert counts(runtime)[0] == 2
    with runtime.sessions() as session:
        assert session.get_one(LogHead, 1).last_at == clock() + timedelta(minutes=2, seconds=1)
    clock.move(minutes=5)
    append("later")
    checkpoints.run(runtime, clock=clock)
    assert counts(runtime)[0] == 3 and everything_holds(runtime)
