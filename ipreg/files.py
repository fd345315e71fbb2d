"""Files that are written whole or not at all."""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

PART = ".part-"
"""How the names of files begin that are not whole yet."""


def write_whole(place: Path, pieces: Iterable[bytes]) -> None:
    """Writes all or nothing: a killed or out-of-space writer leaves no half file under the final name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=PART)
    try:
        with os.fdopen(handle, "wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def locked(handle: int) -> bool:
    """Whether this process has the open file alone from now on; the system gives it back when it is closed, or its
    holder ends, however it ends. A file system that knows no locks says no."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True


@contextmanager
def held(place: Path) -> Iterator[bool]:
    """Whether this process alone has the file or folder ``place``, which is there and is not changed by that."""
    handle = os.open(place, os.O_RDONLY | os.O_CLOEXEC)
    try:
        yield locked(handle)
    finally:
        os.close(handle)
