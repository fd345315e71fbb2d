"""Folders of pictures against each other: what the benchmark and the command line need, without a database."""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from similarity import embedding
from similarity.fingerprint import Fingerprint, algorithm, fingerprint
from similarity.image import PictureError
from similarity.index import PictureIndex

MAX_ROWS = 10
_CHUNK = 4
Result = TypeVar("Result")


@dataclass(frozen=True)
class Row:
    """One row of a search: file stems, and the probability (0 to 1) that ``query`` copies ``source``."""

    query: str
    source: str
    score: float


@dataclass(frozen=True)
class Unread:
    """A file that gave no fingerprint, with the error's ``code``."""

    path: Path
    fault: PictureError


Step = Callable[[str, int, int], None]
"""Told what is being done (``registry`` or ``queries``), how many are done, and of how many."""
Report = Callable[[Unread], None]


def pictures(folder: Path) -> list[Path]:
    """All files below ``folder`` in a stable order, hidden ones left out."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def search_folders(
    queries: Path, registry: Path, *, processes: int | None = None, report: Report, step: Step
) -> Iterator[Row]:
    """At most ``MAX_ROWS`` rows for every picture in ``queries``; what can't be read goes to ``report``.

    ``processes``: how many work at once, by default one a core.
    """
    with _workers(processes) as pool:
        index = _build(pool, pictures(registry), report, step)
    asked = pictures(queries)
    with _workers(processes, index) as pool:
        for done, (path, found) in enumerate(_each(pool, _search, asked), start=1):
            if isinstance(found, PictureError):
                report(Unread(path, found))
            else:
                yield from (Row(path.stem, key, chance) for key, chance in found)
            step("queries", done, len(asked))


def write_rows(rows: Iterable[Row], output: Path) -> int:
    """Writes ``query,source,score`` and returns the number of rows; a search that breaks leaves no half file."""
    count = 0
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}-")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["query", "source", "score"])
            for row in rows:
                writer.writerow([row.query, row.source, f"{row.score:.6f}"])
                count += 1
        Path(name).chmod(0o644)
        Path(name).replace(output)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    return count


def new_index() -> PictureIndex:
    """An empty index for fingerprints made as configured; it keeps them itself."""
    return PictureIndex(algorithm(), embedding.model().dimensions)


def _build(pool: Executor, paths: list[Path], report: Report, step: Step) -> dict[str, bytes]:
    """Stored fingerprints by file stem."""
    stored: dict[str, bytes] = {}
    for done, (path, found) in enumerate(_each(pool, _fingerprint, paths), start=1):
        if isinstance(found, PictureError):
            report(Unread(path, found))
        else:
            stored[path.stem] = found
        step("registry", done, len(paths))
    return stored


def _each(pool: Executor, work: Callable[[Path], Result], paths: list[Path]) -> Iterator[tuple[Path, Result]]:
    return zip(paths, pool.map(work, paths, chunksize=_CHUNK), strict=True)


_index: PictureIndex | None = None  # of a worker process, filled once at its start


def _workers(processes: int | None, stored: dict[str, bytes] | None = None) -> Executor:
    count = processes or len(os.sched_getaffinity(0))
    return ProcessPoolExecutor(count, get_context("spawn"), initializer=_start, initargs=(stored or {},))


def _start(stored: dict[str, bytes]) -> None:
    import cv2

    global _index
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one process a core: threads of their own would only wait for each other
    _index = new_index()
    for key, data in stored.items():
        _index.add(key, Fingerprint.from_bytes(data))


def _fingerprint(path: Path) -> bytes | PictureError:
    try:
        return fingerprint(path.read_bytes()).to_bytes()
    except PictureError as fault:
        return fault


def _search(path: Path) -> list[tuple[str, float]] | PictureError:
    assert _index is not None
    try:
        found = _index.search(fingerprint(path.read_bytes()), limit=MAX_ROWS)
    except PictureError as fault:
        return fault
    return [(one.key, one.verdict.probability) for one in found]
