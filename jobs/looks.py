"""Looks at many pictures, by whoever works for the jobs; each job writes what was seen, in its transaction."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TypeVar

from ipreg.errors import MissingError, ProofError
from ipreg.fingerprints import LOST, Seen, see
from ipreg.matching import Pending, shelf_of
from ipreg.runtime import Runtime
from jobs.workers import WORTH_PROCESSES, answers

_log = logging.getLogger(__name__)
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


def picture_of(runtime: Runtime, one: Pending) -> bytes | None:
    """Its bytes; None where its file or the key to it can't be had."""
    try:
        with runtime.sessions() as session:
            shelf = shelf_of(session, runtime.store, one)
        return shelf.get(one.sha256)
    except (ProofError, MissingError):
        _log.exception("%s %s is not compared: its file can't be read", one.kind.__tablename__, one.id)
        return None
