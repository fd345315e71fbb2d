"""Many pictures are looked at in processes of their own, and a killed one loses nothing."""

from __future__ import annotations

import multiprocessing
from collections.abc import Iterator

import pytest
from scenery import draw_picture

from jobs import looks
from similarity import embedding

COUNT = looks.WORTH_PROCESSES + 4


@pytest.fixture(autouse=True)
def rested() -> Iterator[None]:
    yield
    looks.rest()


def test_all_are_seen_in_order_though_processes_are_killed_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1})
    killed = []

    def read(number: int) -> bytes | None:
        if number == 10:
            for one in multiprocessing.active_children():
                one.kill()
                killed.append(one)
        return b"no picture" if number == 3 else None if number == 5 else draw_picture(number % 3, (120, 150))

    found = list(looks.looks(list(range(COUNT)), read, embedding.model().path))
    assert killed
    assert [number for number, _ in found] == list(range(COUNT))
    assert [number for number, seen in found if seen.fingerprint is None] == [3, 5]
    assert dict(found)[3].fault == "picture_not_a_picture" and dict(found)[5].fault == "picture_unreadable"


def test_few_are_looked_at_here() -> None:
    ((number, seen),) = looks.looks([7], lambda _: draw_picture(7, (120, 150)), embedding.model().path)
    assert number == 7 and seen.fingerprint is not None
    assert looks._pool is None
