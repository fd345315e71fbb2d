"""Finding edited copies: ours beside ImageHash's pHash, on the same pictures in the same run.

    python benchmarks/bench_copies.py [FOLDER] [--registry 800] [--queries 1600] [--seed 7]

FOLDER is what the copy benchmark's maker writes (registry/, queries/, truth.csv); without one it is made from the
photographs beside the project, and where those are missing this says so and measures nothing. Figures are micro
average precision, recall at 99 % precision and recall at rank 1, a level and an edit.
"""

from __future__ import annotations

import argparse
import csv
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from similarity.search import search_folders

SHARED = Path(__file__).parent.parent.parent / "shared"
Rows = list[tuple[float, str, str]]
Truth = dict[str, dict[str, str]]


def main() -> None:
    with benchmark_folder() as folder:
        if folder is not None:
            measure(folder)


@contextmanager
def benchmark_folder() -> Iterator[Path | None]:
    """The folder that the command names, or one that is made; None, and a word why, where it can't be made."""
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path, nargs="?")
    for name, value in (("registry", 800), ("queries", 1600), ("seed", 7)):
        parser.add_argument(f"--{name}", type=int, default=value)
    args = parser.parse_args()
    if args.folder:
        yield args.folder
        return
    photos, maker = SHARED / "photos" / "clothing", SHARED / "copybench" / "make_copies.py"
    if not maker.is_file():
        print("No photographs here: nothing is measured. Give a folder of registry/, queries/ and truth.csv.")
        yield None
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = ["--registry", args.registry, "--queries", args.queries, "--seed", args.seed]
        skip = ["--skip", SHARED / "photos" / "clothing-repeats.txt"]
        subprocess.run([sys.executable, *map(str, [maker, photos, folder, *sizes, *skip])], check=True)
        yield Path(folder)


def measure(folder: Path) -> None:
    truth = read_truth(folder)
    figures = {}
    for name, work in (("ipreg", by_us), ("ImageHash pHash", by_hash)):
        start = time.perf_counter()
        rows = sorted(work(folder), key=lambda row: -row[0])
        seconds = time.perf_counter() - start
        print(f"{name}: {seconds / len(truth) * 1000:.0f} ms a query, registry included")
        table(rows, truth)
        figures[name] = (figures_of(rows, truth, set(truth))[0], seconds)
    ours, peer = figures.values()
    print(f"ratio of uAP {ours[0] / peer[0]:.2f}, of time {ours[1] / peer[1]:.1f}")


def read_truth(folder: Path) -> Truth:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        return {row["query"]: row for row in csv.DictReader(file)}


def table(rows: Rows, truth: Truth) -> None:
    for name, inside in groups_of(truth):
        precision, recall, first = figures_of(rows, truth, inside)
        print(f"  {name:16} uAP {precision:.3f}  R@P99 {recall:.3f}  R@1 {first:.3f}")


def groups_of(truth: Truth) -> list[tuple[str, set[str]]]:
    """The queries in all, of each level, and of each edit."""
    groups: dict[str, set[str]] = defaultdict(set)
    for query, row in truth.items():
        groups["all"].add(query)
        groups[row["level"]].add(query)
        for edit in filter(None, row["edits"].split("+")):
            groups[f"  {edit}"].add(query)
    return sorted(groups.items(), key=lambda one: (one[0].startswith(" "), one[0]))


def figures_of(rows: Rows, truth: Truth, inside: set[str]) -> tuple[float, float, float]:
    """uAP, recall at 99 % precision and at rank 1 over the queries ``inside``; copies not named are missed."""
    copies = sum(1 for query in inside if truth[query]["source"])
    mine = [row for row in rows if row[1] in inside]
    right = np.array([source == truth[query]["source"] for _, query, source in mine], bool)
    if not copies or not len(right):
        return 0.0, 0.0, 0.0
    found = np.cumsum(right)
    precision = found / np.arange(1, len(right) + 1)
    first: dict[str, bool] = {}
    for (_, query, _), hit in zip(mine, right, strict=True):
        first.setdefault(query, bool(hit))
    sure = found[precision >= 0.99]
    return (
        float((precision * right).sum() / copies),
        float(sure.max(initial=0) / copies),
        sum(first.values()) / copies,
    )


def by_us(folder: Path) -> Rows:
    found = search_folders(
        folder / "queries",
        folder / "registry",
        report=lambda one: print(f"{one.path}: {one.fault}"),
        step=lambda _label, _done, _total: None,
    )
    return [(row.score, row.query, row.source) for row in found]


def by_hash(folder: Path) -> Rows:
    registry = {one.stem: hash_of(one) for one in sorted((folder / "registry").iterdir())}
    rows = []
    for picture in sorted((folder / "queries").iterdir()):
        asked = hash_of(picture)
        near = sorted((int(asked - one), name) for name, one in registry.items())[:10]
        rows += [(-float(bits), picture.stem, name) for bits, name in near]
    return rows


def hash_of(picture: Path) -> imagehash.ImageHash:
    with Image.open(picture) as image:
        return imagehash.phash(image)


if __name__ == "__main__":
    main()
