"""Folders of pictures against each other: what the benchmark and the command line need, without a database."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from similarity.fingerprint import Fingerprint, fingerprint
from similarity.image import PictureError
from similarity.index import PictureIndex
from similarity.verdict import judge

MAX_ROWS = 10
CANDIDATES = 20


@dataclass(frozen=True)
class Found:
    """One row of a search: file stems, and the probability (0 to 1) that ``query`` copies ``source``."""

    query: str
    source: str
    score: float


Report = Callable[[Path, PictureError], None]


def pictures(folder: Path) -> list[Path]:
    """All files below ``folder`` in a stable order, hidden ones left out."""
    return sorted(path for path in folder.rglob("*") if path.is_file() and not path.name.startswith("."))


def build(paths: Iterator[Path] | list[Path], report: Report) -> PictureIndex:
    """An index by file stem; what is no picture goes to ``report`` and is left out."""
    index = PictureIndex()
    for path in paths:
        found = _fingerprint(path, report)
        if found is not None:
            index.add(path.stem, found)
    return index


def search(
    index: PictureIndex, sighted: Fingerprint, *, limit: int = MAX_ROWS, candidates: int = CANDIDATES
) -> list[tuple[str, float]]:
    """Keys and probabilities of the registered pictures that ``sighted`` may copy, surest first."""
    judged: list[tuple[str, float]] = []
    for hit in index.query(sighted, candidates):
        registered = index.get(hit.key)
        if registered is not None:
            judged.append((hit.key, judge(registered, sighted).probability))
    return sorted(judged, key=lambda one: -one[1])[:limit]


def search_pictures(index: PictureIndex, paths: Iterator[Path] | list[Path], report: Report) -> Iterator[Found]:
    """The rows of every picture in ``paths``, at most ``MAX_ROWS`` each."""
    for path in paths:
        sighted = _fingerprint(path, report)
        if sighted is not None:
            for key, probability in search(index, sighted):
                yield Found(path.stem, key, probability)


def write_rows(rows: Iterator[Found] | list[Found], output: Path) -> int:
    """Writes ``query,source,score`` and returns how many rows there were."""
    count = 0
    with output.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["query", "source", "score"])
        for row in rows:
            writer.writerow([row.query, row.source, f"{row.score:.6f}"])
            count += 1
    return count


def _fingerprint(path: Path, report: Report) -> Fingerprint | None:
    try:
        return fingerprint(path.read_bytes())
    except PictureError as fault:
        report(path, fault)
        return None
