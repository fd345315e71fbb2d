"""Many pictures are looked at in processes of their own, and a killed one loses nothing."""

from __future__ import annotations

import multiprocessing
import os
import select
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import pytest
from scenery import draw_picture

from jobs import workers
from jobs.looks import looks
from similarity import embedding

COUNT = workers.WORTH_PROCESSES + 4


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    yield
    workers.rest()


def test_all_are_seen_in_order_though_processes_are_killed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    killed = []

    def read(number: int) -> bytes | None:
        if number == 10:
            for one in multiprocessing.active_children():
                one.kill()
                killed.append(one)
        return b"no picture" if number == 3 else None if number == 5 else draw_picture(number % 3, (120, 150))

    found = list(looks(list(range(COUNT)), read, embedding.model().path))
    assert killed
    assert [number for number, _ in found] == list(range(COUNT))
    assert [number for number, seen in found if seen.fingerprint is None] == [3, 5]
    assert dict(found)[3].fault == "picture_not_a_picture" and dict(found)[5].fault == "picture_unreadable"


def test_a_process_that_died_while_it_handed_over_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Half of a result is left in the pool's queue, and its other half never comes."""
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    give_up, given_up = workers._give_up, []

    def patient_again() -> None:
        given_up.append(workers._pool)
        give_up()
        monkeypatch.setattr(workers, "_LONGEST", 180.0)

    def read(number: int) -> bytes:
        if number == 10:
            assert isinstance(workers._pool, ProcessPoolExecutor)
            os.write(workers._pool._result_queue._writer.fileno(), struct.pack("!i", 1 << 30))
            monkeypatch.setattr(workers, "_LONGEST", 1.0)
        return draw_picture(number % 3, (120, 150))

    monkeypatch.setattr(workers, "_give_up", patient_again)
    found = list(looks(list(range(COUNT)), read, embedding.model().path))
    assert given_up
    assert [number for number, _ in found] == list(range(COUNT))
    assert all(seen.fingerprint is not None for _, seen in found)


def test_few_are_looked_at_here() -> None:
    ((number, seen),) = looks([7], lambda _: draw_picture(7, (120, 150)), embedding.model().path)
    assert number == 7 and seen.fingerprint is not None
    assert workers._pool is None


def test_the_processes_end_with_the_one_that_started_them() -> None:
    script = "import os; from jobs import workers; pool = workers._processes(1); "
    script += "print(pool.submit(os.getpid).result(), flush=True); input()"
    command = [sys.executable, "-c", script]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        worker = os.pidfd_open(int(parent.stdout.readline()))
        parent.kill()
    try:
        assert select.select([worker], [], [], 60)[0], "it waits for work for ever"
    finally:
        os.close(worker)
