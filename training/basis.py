"""The basis on which RootSIFT features are stored: principal components that mirroring keeps or negates.

    python training/basis.py PICTURES OUT.npz [--numbers 64]

Mirroring a picture permutes the 128 numbers of a feature. Where the covariance is made symmetric under that,
its eigenvectors can be chosen symmetric or antisymmetric, and mirroring becomes a change of signs.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import cv2
import numpy as np
from pictures import held_back

# 4 x 4 cells of 8 directions: the rows of cells change places, and the directions turn the other way.
MIRROR = np.arange(128).reshape(4, 4, 8)[::-1][:, :, [0, 7, 6, 5, 4, 3, 2, 1]].reshape(128)
PICTURES, FEATURES = 400, 150


def features(folder: Path) -> np.ndarray:
    draw = np.random.default_rng(5)
    paths = [one for one in sorted(folder.rglob("*.jpg")) if not held_back(one.stem)]
    sift = cv2.SIFT_create(contrastThreshold=0.02)
    rows = []
    for at in draw.choice(len(paths), PICTURES, replace=False):
        _, vectors = sift.detectAndCompute(cv2.imread(str(paths[at]), cv2.IMREAD_GRAYSCALE), None)
        if vectors is not None:
            rows.append(vectors[draw.permutation(len(vectors))[:FEATURES]])
    found = np.concatenate(rows)
    return np.sqrt(found / np.maximum(found.sum(axis=1, keepdims=True), 1e-9))


def components(rows: np.ndarray) -> tuple[np.ndarray, list[tuple[float, int, np.ndarray]]]:
    """The mean, and (variance, sign under mirroring, vector) of each component, the largest first."""
    mean = (rows.mean(axis=0) + rows.mean(axis=0)[MIRROR]) / 2
    covariance = (rows - mean).T @ (rows - mean) / len(rows)
    covariance = (covariance + covariance[MIRROR][:, MIRROR]) / 2
    halves, vectors = np.linalg.eigh((np.eye(128) + np.eye(128)[MIRROR]) / 2)
    found = []
    for half, sign in ((vectors[:, halves > 0.5], 1), (vectors[:, halves < 0.5], -1)):
        values, inside = np.linalg.eigh(half.T @ covariance @ half)
        found += [(float(value), sign, half @ inside[:, at]) for at, value in enumerate(values)]
    return mean, sorted(found, key=lambda one: -one[0])


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--numbers", type=int, default=64)
    args = parser.parse_args()
    mean, found = components(features(args.pictures))
    kept = found[: args.numbers]
    share = sum(one[0] for one in kept) / sum(one[0] for one in found)
    basis, signs = np.stack([one[2] for one in kept]), np.array([one[1] for one in kept], np.int8)
    np.savez(args.out, mean=mean.astype(np.float32), basis=basis.astype(np.float32), signs=signs)
    print(f"{len(kept)} numbers hold {share:.3f} of the variance")


if __name__ == "__main__":
    main()
