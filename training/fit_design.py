"""Fits the last layer of the design model: what tells designs apart, and not what tells photographs of one apart.

    python training/fit_design.py CACHE OUT.pt [--weights TUNED.pt] [--shrink 3]

The trunk stays that of ImageNet, or that of ``--weights``. Of training goods as filed and as sellers show them
(CACHE, by training/early.py), the scatter within a design is whitened, then the directions in which designs differ
most are kept: linear discriminant analysis with a shrunken within-class covariance, in closed form. With the
weights of ImageNet, which cells look like goods is fitted too, by logistic regression.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from early import Cache
from network import DIMENSIONS, Goods, load_imagenet
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression

BATCH, CELLS = 32, 60_000
Floats = NDArray[np.float32]


def features(model: Goods, cache: Cache, rows: NDArray[np.int64]) -> Floats:
    """Pooled features of pictures of the cache."""
    found = []
    with torch.no_grad():
        for start in range(0, len(rows), BATCH):
            found.append(model.pooled(model.trunk.late(cache.tensor(rows[start : start + BATCH]))).numpy())
    return np.concatenate(found)


def set_look(model: Goods, cache: Cache, draw: np.random.Generator) -> None:
    """Fits which cells look like goods on a few cells of many pictures."""
    rows = np.sort(draw.choice(len(cache.owners), min(1500, len(cache.owners)), replace=False))
    cells, goods = [], []
    with torch.no_grad():
        for start in range(0, len(rows), BATCH):
            some = rows[start : start + BATCH]
            maps = model.trunk.late(cache.tensor(some)).permute(0, 2, 3, 1).reshape(-1, 1280)
            keep = draw.choice(len(maps), len(maps) * 5 // 8, replace=False)
            cells.append(maps.numpy()[keep])
            goods.append(cache.goods[some].reshape(-1)[keep])
    seen, truth = np.concatenate(cells)[:CELLS], np.concatenate(goods)[:CELLS] > 64
    judge = LogisticRegression(C=0.003, max_iter=200).fit(seen, truth)
    print(f"cells told from rooms: {judge.score(seen, truth):.3f} of {len(seen)}", flush=True)
    with torch.no_grad():
        model.look.weight.copy_(torch.from_numpy(judge.coef_.astype(np.float32))[:, :, None, None])
        model.look.bias.copy_(torch.from_numpy(judge.intercept_.astype(np.float32)))


def discriminant(rows: Floats, owners: NDArray[np.int64], shrink: float) -> tuple[Floats, Floats]:
    """The mean and the directions (numbers x ``DIMENSIONS``). ``shrink``: how much of a ball, in units of the mean
    variance within a design, is added to the scatter there."""
    mean = rows.mean(axis=0)
    rows = rows - mean
    within = np.concatenate([rows[owners == one] - rows[owners == one].mean(axis=0) for one in set(owners) - {-1}])
    inside, whole = within.T @ within / len(within), rows.T @ rows / len(rows)
    inside += shrink * np.trace(inside) / len(inside) * np.eye(len(inside))
    values, vectors = np.linalg.eigh(inside)
    white = vectors * values**-0.5
    _, best = np.linalg.eigh(white.T @ whole @ white)
    return mean, (white @ best[:, ::-1][:, :DIMENSIONS]).astype(np.float32)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--weights", type=Path)
    parser.add_argument("--shrink", type=float, default=3.0)
    parser.add_argument("--rows", type=int, default=8000)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model, cache, draw = Goods(), Cache.open(args.cache), np.random.default_rng(args.seed)
    model = model.to(memory_format=torch.channels_last).eval()
    if args.weights:
        model.load_state_dict(torch.load(args.weights, weights_only=True))
    else:
        load_imagenet(model.trunk)
        set_look(model, cache, draw)
    rows = np.sort(draw.choice(len(cache.owners), min(args.rows, len(cache.owners)), replace=False))
    mean, directions = discriminant(features(model, cache, rows), cache.owners[rows], args.shrink)
    set_last_layer(model, mean, directions)
    torch.save(model.state_dict(), args.out)
    print(len(rows), "pictures of", len(cache.names), "designs")


def set_last_layer(model: Goods, mean: Floats, directions: Floats) -> None:
    with torch.no_grad():
        model.project.weight.copy_(torch.from_numpy(directions.T.copy()))
        model.project.bias.copy_(torch.from_numpy(-(mean @ directions)))


if __name__ == "__main__":
    main()
