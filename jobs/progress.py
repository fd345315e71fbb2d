"""How far a run is: a long job tells it, the page of jobs shows it. Outside of the schedule nobody listens."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from ipreg.jobtable import Run

_RUN: ContextVar[Run | None] = ContextVar("job-run", default=None)


@contextmanager
def followed(run: Run) -> Iterator[None]:
    """What is noted inside is noted in ``run``."""
    token = _RUN.set(run)
    try:
        yield
    finally:
        _RUN.reset(token)


def note(done: int, total: int | None = None) -> None:
    """``done`` of ``total`` things of this run are done; ``total`` None where nobody knows."""
    run = _RUN.get()
    if run is not None:
        run.done, run.total = done, total
