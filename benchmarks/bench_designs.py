"""Finding goods photographed anew: accuracy on the design benchmark, and the time that a picture takes.

    python benchmarks/bench_designs.py BENCH [--output FOUND.csv]

BENCH is what the design benchmark's maker writes (registry/DESIGN__VIEW.jpg, queries/, truth.csv). Figures are
micro average precision, recall at 90 % precision and recall at rank 1, a level. Goods alone are asked for; what
``ipreg search`` gives, with copies before them, can be scored by the benchmark's own script.
"""

from __future__ import annotations

import argparse
import csv
import time
from pathlib import Path

import numpy as np

from similarity import designs
from similarity.designindex import DesignIndex, FoundDesign
from similarity.designs import DesignPrint, design_print

LEVELS = ("all", "plain", "recoloured", "staged")
Truth = dict[str, dict[str, str]]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("--output", type=Path)
    args = parser.parse_args()
    with (args.bench / "truth.csv").open(newline="") as file:
        truth = {row["query"]: row for row in csv.DictReader(file)}
    start = time.process_time()
    index = build(args.bench / "registry")
    asked = {one: design_print((args.bench / "queries" / f"{one}.jpg").read_bytes()) for one in truth}
    looked = (time.process_time() - start) / (len(asked) + sum(len(index.views(one)) for one in index))
    found = {one: index.search(seen) for one, seen in asked.items()}
    print(f"{designs.model().id}: {len(index)} designs, {looked * 1000:.1f} ms a picture, decoding included")
    for level in LEVELS:
        print(f"{level:12}", *(f"{one:.3f}" for one in figures(found, truth, level)))
    if args.output:
        write(args.output, found)


def build(registry: Path) -> DesignIndex:
    views: dict[str, list[tuple[str, DesignPrint]]] = {}
    for path in sorted(registry.glob("*.jpg")):
        views.setdefault(path.stem.split("__")[0], []).append((path.stem, design_print(path.read_bytes())))
    index = DesignIndex(designs.model().id, designs.model().dimensions)
    for key, shown in views.items():
        index.add(key, shown)
    return index


def figures(found: dict[str, list[FoundDesign]], truth: Truth, level: str) -> tuple[float, float, float]:
    """Micro average precision, recall at 90 % precision, recall at rank 1."""
    inside = [one for one in truth if level in ("all", truth[one]["level"])]
    total = sum(bool(truth[one]["source"]) for one in inside)
    rows = [(row.verdict.same, row.key == truth[one]["source"]) for one in inside for row in found[one]]
    hits = np.array([right for _, right in sorted(rows, key=lambda row: -row[0])])
    precision = hits.cumsum() / np.arange(1, len(hits) + 1)
    sure = hits.cumsum()[precision >= 0.9]
    first = sum(bool(found[one]) and found[one][0].key == truth[one]["source"] for one in inside)
    return float((precision * hits).sum() / total), float(sure.max(initial=0) / total), first / total


def write(output: Path, found: dict[str, list[FoundDesign]]) -> None:
    with output.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["query", "source", "score"])
        for query, rows in found.items():
            writer.writerows([query, row.view, f"{row.verdict.same:.6f}"] for row in rows)


if __name__ == "__main__":
    main()
