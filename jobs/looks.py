"""Looks at many pictures, by whoever works for the jobs; each job writes what was seen, in its transaction."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from ipreg.fingerprints import LOST, Seen, see
from jobs.workers import WORTH_PROCESSES, answers

Thing = TypeVar("Thing")
_DIED = Seen(None, "picture_broken")


def looks(
    things: list[Thing], read: Callable[[Thing], bytes | None], model: Path, *, cluster: str = ""
) -> Iterator[tuple[Thing, Seen]]:
    """What is seen of each picture, in order; ``read`` gives None for one whose file can't be read.

    ``cluster`` is the address of a Dask scheduler, whose workers have this release and the model at the same place.
    """
    pictures = ((one, read(one)) for one in things)
    calls = ((one, None if data is None else partial(see, data, model)) for one, data in pictures)
    yield from answers(calls, none=LOST, died=_DIED, few=len(things) < WORTH_PROCESSES, cluster=cluster)
