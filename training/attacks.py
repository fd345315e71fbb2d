"""Queries made with the edits of the training, from pictures that were held back from it, in the benchmark's form.

    python training/attacks.py PICTURES OUT [--registry 250] [--queries 500] [--seed 5]

The benchmark's own maker draws from some twenty edits; these are others, so the judge is not fitted to one hand.
"""

from __future__ import annotations

import argparse
import csv
from pathlib import Path

import cv2
import numpy as np
from edits import edit, stage
from pictures import held_back


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--registry", type=int, default=250)
    parser.add_argument("--queries", type=int, default=500)
    parser.add_argument("--seed", type=int, default=5)
    args = parser.parse_args()
    draw = np.random.default_rng(args.seed)
    paths = [one for one in sorted(args.pictures.rglob("*.jpg")) if held_back(one.stem)]
    paths = [paths[at] for at in draw.permutation(len(paths))]
    registered, free = paths[: args.registry], paths[args.registry :]
    backs, free = free[: len(free) // 3], free[len(free) // 3 :]
    for name in ("registry", "queries"):
        (args.out / name).mkdir(parents=True, exist_ok=True)
    for path in registered:
        (args.out / "registry" / path.name).write_bytes(path.read_bytes())
    rows = []
    for number in range(args.queries):
        copies = number % 2 == 0
        path = registered[draw.integers(len(registered))] if copies else free[(number // 2) % len(free)]
        image, level = edit(load(path), draw), "edited"
        if draw.random() < 0.35:
            image, level = stage(image, load(backs[draw.integers(len(backs))]), draw)[0], "staged"
        quality = [cv2.IMWRITE_JPEG_QUALITY, int(draw.integers(55, 93))]
        cv2.imwrite(str(args.out / "queries" / f"q{number:05d}.jpg"), image[:, :, ::-1], quality)
        rows.append([f"q{number:05d}", path.stem if copies else "", level, ""])
    with (args.out / "truth.csv").open("w", newline="") as file:
        csv.writer(file).writerows([["query", "source", "level", "edits"], *rows])


def load(path: Path) -> np.ndarray:
    image = cv2.imread(str(path), cv2.IMREAD_COLOR_RGB)
    assert image is not None
    return image


if __name__ == "__main__":
    main()
