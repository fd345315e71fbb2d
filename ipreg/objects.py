"""Where the bytes of stored files lie: a folder, or by URL an object store (S3, or what else fsspec knows).

Both know files by name (``files/ab/cd/<SHA-256>``, ``vault/<shelf>/<name>``), write each whole or not at all, and
never change one. From an object store what is asked for comes into a folder first, and stays there while
there is room: the folder can be lost at any time, and every host has its own.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, Protocol, TypeVar

from ipreg.errors import UpstreamError
from ipreg.files import write_whole

_log = logging.getLogger(__name__)
_PIECE = 1 << 20
KEPT_SECONDS = 3600
"""What was asked for within this time stays in the folder: somebody may be reading it."""
_TRIM_EVERY = 500
_S3_LIMITS = {"connect_timeout": 5, "read_timeout": 15, "retries": {"total_max_attempts": 2}}
"""A reader waits half a minute at most for a store that says nothing."""
ASIDE = "orphans"
"""Where files lie that nothing referred to (``ipreg.orphans``): found still, and brought back when asked for."""
Answer = TypeVar("Answer")


class Files(Protocol):
    """Named files; ``find`` gives a place on this machine's disk, None where there is no such file.

    ``holds`` asks the store itself, for who is about to refer to a file. ``aged`` gives names and when each was
    written, in seconds since 1970.
    """

    def write(self, name: str, pieces: Iterable[bytes]) -> None: ...
    def find(self, name: str) -> Path | None: ...
    def holds(self, name: str) -> bool: ...
    def remove(self, name: str) -> None: ...
    def remove_under(self, folder: str) -> None: ...
    def names(self) -> Iterator[str]: ...
    def aged(self, under: str) -> Iterator[tuple[str, float]]: ...
    def put_aside(self, name: str) -> None: ...
    def bring_back(self, name: str) -> bool: ...


class LocalFiles:
    """A folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        write_whole(self._folder / name, pieces)

    def find(self, name: str) -> Path | None:
        place = self._folder / name
        return place if place.is_file() or self.bring_back(name) else None

    def holds(self, name: str) -> bool:
        return self.find(name) is not None

    def remove(self, name: str) -> None:
        """Harmless where it is gone."""
        (self._folder / name).unlink(missing_ok=True)

    def remove_under(self, folder: str) -> None:
        shutil.rmtree(self._folder / folder, ignore_errors=True)

    def names(self) -> Iterator[str]:
        """All of them, in no order."""
        for place in self._folder.rglob("*"):
            if place.is_file() and not place.name.startswith("."):
                yield place.relative_to(self._folder).as_posix()

    def aged(self, under: str) -> Iterator[tuple[str, float]]:
        for place in (self._folder / under).rglob("*"):
            if place.is_file() and not place.name.startswith("."):
                yield place.relative_to(self._folder).as_posix(), place.stat().st_mtime

    def put_aside(self, name: str) -> None:
        """Its age counts from now on."""
        self._move(name, f"{ASIDE}/{name}")
        os.utime(self._folder / ASIDE / name)

    def bring_back(self, name: str) -> bool:
        """Whether it was there."""
        try:
            self._move(f"{ASIDE}/{name}", name)
        except FileNotFoundError:
            return (self._folder / name).is_file()  # another process may have been faster
        return True

    def _move(self, name: str, to: str) -> None:
        place = self._folder / name
        if place.is_file():  # no folder is made for what is nowhere
            (self._folder / to).parent.mkdir(parents=True, exist_ok=True)
        place.replace(self._folder / to)


class ObjectFiles:
    """Objects under ``url``, as ``s3://bucket/prefix``; ``folder`` keeps those that were asked for lately.

    Keys, region and endpoint are the library's own settings (``AWS_ACCESS_KEY_ID``, ``AWS_ENDPOINT_URL``, ...).
    Every method raises ``UpstreamError`` (``files_unreachable``) where the store does not answer or refuses.
    """

    def __init__(self, url: str, folder: Path, *, most: int = 20 * 2**30) -> None:
        self._url = url
        self._most = most
        self._fetched = 0
        self._near = LocalFiles(folder)
        self._folder = folder
        self._opened: tuple[int, Any, str] | None = None

    def write(self, name: str, pieces: Iterable[bytes]) -> None:
        """Into the folder, then to the store; an object is there when all of it is, never before."""
        self._near.write(name, pieces)
        place = self._folder / name
        try:
            self._ask(lambda system, root: system.put_file(str(place), f"{root}/{name}"))
        except BaseException:
            place.unlink(missing_ok=True)  # what is only here is nowhere
            raise

    def find(self, name: str) -> Path | None:
        place = self._folder / name
        if place.is_file():
            os.utime(place)
            return place
        for _ in range(2):
            try:
                self._ask(lambda system, root: self._fetch(system, f"{root}/{name}", name))
            except FileNotFoundError:
                if not self.bring_back(name):
                    return None
            else:
                return place
        return None

    def holds(self, name: str) -> bool:
        """What lies near says nothing: another host may have put the object aside."""
        there = self._ask(lambda system, root: bool(system.exists(f"{root}/{name}")))
        return there or self.bring_back(name)

    def remove(self, name: str) -> None:
        def gone(system: Any, root: str) -> None:
            if system.exists(f"{root}/{name}"):
                system.rm_file(f"{root}/{name}")

        self._near.remove(name)
        self._ask(gone)

    def remove_under(self, folder: str) -> None:
        def gone(system: Any, root: str) -> None:
            for one in system.find(f"{root}/{folder}"):
                system.rm_file(one)

        self._near.remove_under(folder)
        self._ask(gone)

    def names(self) -> Iterator[str]:
        def listed(system: Any, root: str) -> list[str]:
            return [one.removeprefix(f"{root}/") for one in system.find(root)]

        yield from self._ask(listed)

    def aged(self, under: str) -> Iterator[tuple[str, float]]:
        def listed(system: Any, root: str) -> list[tuple[str, float]]:
            found = system.find(f"{root}/{under}", detail=True)
            return [
                (name.removeprefix(f"{root}/"), about["LastModified"].timestamp()) for name, about in found.items()
            ]

        yield from self._ask(listed)

    def put_aside(self, name: str) -> None:
        """A copy, which is as old as it is."""
        self._near.remove(name)
        self._ask(lambda system, root: _move(system, f"{root}/{name}", f"{root}/{ASIDE}/{name}"))

    def bring_back(self, name: str) -> bool:
        """Whether it was there."""
        try:
            self._ask(lambda system, root: _move(system, f"{root}/{ASIDE}/{name}", f"{root}/{name}"))
        except FileNotFoundError:
            return self._ask(lambda system, root: bool(system.exists(f"{root}/{name}")))
        return True

    def trim(self, most: int, *, now: float) -> int:
        """Takes the longest unasked-for out of the folder until ``most`` bytes are left; returns how many went."""
        found = []
        for place in self._folder.rglob("*"):
            if place.is_file():
                about = place.stat()
                found.append((about.st_mtime, about.st_size, place))
        total, gone = sum(size for _, size, _ in found), 0
        for asked, size, place in sorted(found):
            if total <= most or asked > now - KEPT_SECONDS:
                break
            place.unlink(missing_ok=True)
            total, gone = total - size, gone + 1
        return gone

    def _fetch(self, system: Any, there: str, name: str) -> None:
        """A content that its name does not fit is not taken: a store is not to be believed."""
        seen = hashlib.sha256()

        def pieces() -> Iterator[bytes]:
            with system.open(there, "rb") as file:
                while piece := file.read(_PIECE):
                    seen.update(piece)
                    yield piece
            if name.startswith("files/") and seen.hexdigest() != name.rpartition("/")[2]:
                raise ValueError(f"{name} holds something else")

        self._near.write(name, pieces())
        self._fetched += 1
        if self._fetched % _TRIM_EVERY == 0:
            self.trim(self._most, now=time.time())

    def _ask(self, question: Callable[[Any, str], Answer]) -> Answer:
        try:
            return question(*self._system())
        except FileNotFoundError:
            raise
        except Exception as fault:  # each kind of store has errors of its own
            _log.exception("the file store does not answer as it should")
            raise UpstreamError("files_unreachable") from fault

    def _system(self) -> tuple[Any, str]:
        """The opened store of this process: a connection does not survive a fork."""
        if self._opened is None or self._opened[0] != os.getpid():
            import fsspec  # an optional part, and slow to import

            # Several hosts write: what one listed a minute ago is no answer.
            is_s3 = self._url.startswith("s3:")
            limits = {"config_kwargs": _S3_LIMITS} if is_s3 else {}
            system, root = fsspec.core.url_to_fs(
                self._url, use_listings_cache=False, skip_instance_cache=True, **limits
            )
            if is_s3:
                system.retries = 1  # beside the client's own: together they would try for seven minutes
            self._opened = (os.getpid(), system, root.rstrip("/"))
        return self._opened[1], self._opened[2]


def _move(system: Any, there: str, to: str) -> None:
    """Copied first: at no moment the object is nowhere."""
    system.copy(there, to)
    system.rm_file(there)
