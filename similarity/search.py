"""Folders of pictures against each other: what the benchmark and the command line need, without a database.

A picture is looked for twice: as a copy of a registered picture, and as a new photograph of registered goods. Files
named ``DESIGN__VIEW`` are views of one design and stand for it together.
"""

from __future__ import annotations

import csv
import os
import tempfile
from collections.abc import Callable, Container, Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TypeVar

from threadpoolctl import threadpool_limits

from similarity import designs, embedding
from similarity.designindex import DesignIndex, FoundDesign
from similarity.designs import DesignPrint, Kind
from similarity.fingerprint import Fingerprint, algorithm, fingerprint
from similarity.image import PictureError
from similarity.index import Found, PictureIndex

MAX_ROWS = 10
_CHUNK = 4
_COPY, _SURE = 0.5, 0.9
_TRUST = 0.8
"""How far the chance that goods are the same is trusted beside that of a copied picture."""
Result = TypeVar("Result")
Stored = tuple[bytes, bytes]
"""Fingerprint and design print of a registered picture."""


@dataclass(frozen=True)
class Row:
    """One row of a search: file stems, and how sure it is (0 to 1) that ``query`` copies ``source`` or shows its
    goods. ``kind``: as what it was found. Each design has one row; of several views the nearest stands for it."""

    query: str
    source: str
    score: float
    kind: Kind = Kind.COPY


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
                yield from (Row(path.stem, key, score, kind) for key, score, kind in found)
            step("queries", done, len(asked))


def write_rows(rows: Iterable[Row], output: Path, *, kinds: bool = False) -> int:
    """Writes ``query,source,score`` (with ``kinds``: and ``kind``) and returns the number of rows; a search that
    breaks leaves no half file."""
    count = 0
    handle, name = tempfile.mkstemp(dir=output.parent, prefix=f".{output.name}-")
    try:
        with os.fdopen(handle, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out)
            writer.writerow(["query", "source", "score", *(["kind"] if kinds else [])])
            for row in rows:
                writer.writerow([row.query, row.source, f"{row.score:.6f}", *([row.kind.value] if kinds else [])])
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


def _build(pool: Executor, paths: list[Path], report: Report, step: Step) -> dict[str, Stored]:
    """Stored fingerprints and design prints by file stem."""
    stored: dict[str, Stored] = {}
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
_goods: DesignIndex | None = None
_several: set[str] = set()


def _workers(processes: int | None, stored: dict[str, Stored] | None = None) -> Executor:
    count = processes or len(os.sched_getaffinity(0))
    return ProcessPoolExecutor(count, get_context("spawn"), initializer=_start, initargs=(stored or {},))


def _start(stored: dict[str, Stored]) -> None:
    import cv2

    global _index, _goods
    cv2.setNumThreads(1)
    threadpool_limits(1)  # one process a core: threads of their own would only wait for each other
    _index, _goods = new_index(), DesignIndex(designs.model().id, designs.model().dimensions)
    views: dict[str, list[tuple[str, DesignPrint]]] = {}
    for key, (data, goods) in stored.items():
        _index.add(key, Fingerprint.from_bytes(data))
        views.setdefault(design_of(key), []).append((key, DesignPrint.from_bytes(goods)))
    for design, found in views.items():
        _goods.add(design, found)
    _several.update(design for design, found in views.items() if len(found) > 1)


def design_of(stem: str) -> str:
    """The design that a file shows: what stands before ``__`` in its name."""
    return stem.split("__")[0]


def _fingerprint(path: Path) -> Stored | PictureError:
    try:
        data = path.read_bytes()
        return fingerprint(data).to_bytes(), designs.design_print(data).to_bytes()
    except PictureError as fault:
        return fault


def _search(path: Path) -> list[tuple[str, float, Kind]] | PictureError:
    assert _index is not None and _goods is not None
    try:
        data = path.read_bytes()
        copies = _index.search(fingerprint(data), limit=MAX_ROWS)
        goods = _goods.search(designs.design_print(data), limit=MAX_ROWS)
    except PictureError as fault:
        return fault
    return _merged(copies, goods, _several)


def _merged(
    copies: list[Found], goods: list[FoundDesign], several: Container[str]
) -> list[tuple[str, float, Kind]]:
    """The surest ``MAX_ROWS`` designs; ``several`` are those of which more than one view is known."""
    chances = {one.key: (one.verdict.same, one.view) for one in goods}
    copied = {design_of(one.key): (one.verdict.probability, one.key) for one in reversed(copies)}
    rows = []
    for design in chances.keys() | copied.keys():
        (same, view), (copy, key) = chances.get(design, (0.0, "")), copied.get(design, (0.0, ""))
        shown = _TRUST * same if design in several else _worth(same)
        by_picture = bool(key) and (copy >= _COPY or copy >= shown)
        score = _together(copy, shown) if design in several else copy if by_picture else shown
        rows.append((key if by_picture else view, score, Kind.COPY if by_picture else Kind.NEW_PHOTOGRAPH))
    return sorted(rows, key=lambda row: (-row[1], row[0]))[:MAX_ROWS]


def _together(copy: float, shown: float) -> float:
    """Either would do; that one view is perhaps copied says less than what all of them show."""
    return 1 - (1 - (copy if copy >= _SURE else copy / 2)) * (1 - shown)


def _worth(same: float) -> float:
    """Where goods stand among copies if only one view is known, in which few other angles are recognised: whoever
    looks for copies loses nothing."""
    return 0.25 + 0.1 * same if same >= designs.LOOK_THRESHOLD else 0.02 * same
