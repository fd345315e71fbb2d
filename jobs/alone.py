"""One process at a time does a job."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ipreg.files import locked


@contextmanager
def alone(place: Path) -> Iterator[bool]:
    """Whether this process is the one, by the lock file ``place``."""
    with place.open("w") as file:
        yield locked(file.fileno())
