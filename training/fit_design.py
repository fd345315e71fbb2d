"""Fits the last layer of the design model: what tells designs apart, and not what tells photographs of one apart.

    python training/fit_design.py RENDERS CLOTHING OUT.pt [--side 224] [--shrink 3]

The trunk stays that of ImageNet. Of training goods as filed and as sellers show them (training/staging.py), the
scatter within a design is whitened, then the directions in which designs differ most are kept: linear discriminant
analysis with a shrunken within-class covariance, in closed form, a few minutes on one core.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from network import DIMENSIONS, Goods, load_imagenet
from numpy.typing import NDArray
from sets import Sets
from staging import filed_view, new_photograph

NEW, PHOTOGRAPHS, BATCH = 8, 300, 48
Floats = NDArray[np.float32]


def features(model: Goods, sets: Sets, draw: np.random.Generator) -> tuple[Floats, NDArray[np.int64]]:
    """Pooled features of every design's views, of some new photographs of it and, owned by -1, of photographs."""
    rows, owners, waiting = [], [], []

    def flush() -> None:
        with torch.no_grad():
            batch = torch.stack(waiting).float().contiguous(memory_format=torch.channels_last)
            rows.append(model.pooled(model.trunk(batch).float()).numpy())
        waiting.clear()

    for at, (_, views, new) in enumerate(sets.designs):
        pictures = [filed_view(one, draw) for one in views.values()]
        chosen = [new[one] for one in draw.permutation(len(new))[:NEW]]
        pictures += [new_photograph(one, sets.photograph(draw), draw) for one in chosen]
        waiting += [sets.tensor(one) for one in pictures]
        owners += [at] * len(pictures)
        if len(waiting) >= BATCH:
            flush()
    for _ in range(PHOTOGRAPHS):
        waiting.append(sets.tensor(sets.photograph(draw)))
        owners.append(-1)
    flush()
    return np.concatenate(rows), np.array(owners)


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
    parser.add_argument("renders", type=Path)
    parser.add_argument("clothing", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--shrink", type=float, default=3.0)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    model = Goods()
    load_imagenet(model.trunk)
    model = model.to(memory_format=torch.channels_last).eval()
    rows, owners = features(model, Sets(args.renders, args.clothing, args.side), np.random.default_rng(args.seed))
    mean, directions = discriminant(rows, owners, args.shrink)
    set_last_layer(model, mean, directions)
    torch.save(model.state_dict(), args.out)
    print(len(rows), "pictures of", len(set(owners)) - 1, "designs")


def set_last_layer(model: Goods, mean: Floats, directions: Floats) -> None:
    with torch.no_grad():
        model.project.weight.copy_(torch.from_numpy(directions.T.copy()))
        model.project.bias.copy_(torch.from_numpy(-(mean @ directions)))


if __name__ == "__main__":
    main()
