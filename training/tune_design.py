"""Tunes the last blocks of the design model's trunk, and what it takes for goods, on rendered goods.

    python training/tune_design.py CACHE FITTED.pt OUT.pt [--minutes 30]

The early blocks stay those of ImageNet (CACHE is made by training/early.py); what is trained is the last third of
the arithmetic, beginning with what training/fit_design.py gave. Supervised contrastive loss (Khosla et al. 2020):
pictures of one design attract each other, other designs repel, and a batch has pairs of a model and its bent
variant, the hardest strangers there are. Rooms without goods are strangers to all. Afterwards the last layer is
fitted again, in closed form.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch
from early import Cache
from network import EARLY, Goods
from torch import Tensor
from torch.nn import functional

DESIGNS, PICTURES, ROOMS = 20, 5, 8
TEMPERATURE, RATE, LOOK_SHARE = 0.07, 3e-4, 0.3


class Batches:
    """Rows of a batch: of each design one filed view or two and new photographs, and rooms."""

    def __init__(self, cache: Cache, draw: np.random.Generator) -> None:
        names = cache.names
        self.draw, self.rooms = draw, np.flatnonzero(cache.owners == -1)
        self.rows = {
            owner: [np.flatnonzero((cache.owners == owner) & (cache.is_filed == shown)) for shown in (True, False)]
            for owner in range(len(names))
        }
        at = {name: place for place, name in enumerate(names)}
        self.families = [[at[one] for one in at if one.split("~")[0] == name] for name in at if "~" not in name]

    def next(self) -> np.ndarray:
        chosen: list[int] = []
        for place in self.draw.permutation(len(self.families)):
            family = list(self.draw.permutation(self.families[place]))
            chosen += family[: 2 if self.draw.random() < 0.5 else 1]
            if len(chosen) >= DESIGNS:
                break
        rows = []
        for owner in chosen:
            for wanted, pool in zip((2, PICTURES - 2), self.rows[int(owner)], strict=True):
                rows.append(self.draw.choice(pool, min(wanted, len(pool)), replace=False))
        return np.concatenate([*rows, self.draw.choice(self.rooms, ROOMS, replace=False)])


def contrast(vectors: Tensor, owners: Tensor) -> Tensor:
    """Supervised contrastive loss; rooms (-1) attract nothing."""
    logits = vectors @ vectors.T / TEMPERATURE
    self_pairs = torch.eye(len(vectors), dtype=torch.bool)
    logits = logits.masked_fill(self_pairs, -1e9)
    same = (owners[:, None] == owners[None]) & ~self_pairs & (owners[:, None] >= 0)
    spread = logits - logits.logsumexp(dim=1, keepdim=True)
    asked = same.any(dim=1)
    return -((spread * same).sum(dim=1)[asked] / same.sum(dim=1)[asked]).mean()


def tune(tail: Goods, cache: Cache, minutes: float, seed: int) -> Goods:
    """The mean of the weights along the second half of the way."""
    batches = Batches(cache, np.random.default_rng(seed))
    for one in tail.trunk.parameters():
        one.requires_grad_(False)
    late = [*tail.trunk.blocks[EARLY:].parameters(), *tail.trunk.head.parameters()]
    rest = [*tail.look.parameters(), *tail.project.parameters()]
    for one in late:
        one.requires_grad_(True)
    optimizer = torch.optim.AdamW(
        [{"params": late, "lr": RATE}, {"params": rest, "lr": RATE * 3}], weight_decay=0.02
    )
    peaks = [group["lr"] for group in optimizer.param_groups]
    start, step, kept, mean = time.process_time(), 0, 0, None
    while (gone := (time.process_time() - start) / (60 * minutes)) < 1:
        for group, peak in zip(optimizer.param_groups, peaks, strict=True):
            group["lr"] = peak * min(1.0, (step + 1) / 40) * (0.03 + 0.97 * (1 + np.cos(np.pi * gone)) / 2)
        rows = np.sort(batches.next())
        owners = torch.from_numpy(cache.owners[rows])
        features = tail.trunk.late(cache.tensor(rows))
        vectors = functional.normalize(tail.project(tail.pooled(features)), dim=1)
        goods = torch.from_numpy(cache.goods[rows].astype(np.float32) / 255)
        looks = functional.binary_cross_entropy_with_logits(tail.look(features)[:, 0], goods)
        loss = contrast(vectors, owners)
        optimizer.zero_grad()
        (loss + LOOK_SHARE * looks).backward()
        optimizer.step()
        step += 1
        if step % 20 == 0:
            print(f"{step} {gone:.2f} contrast {float(loss):.3f} goods {float(looks):.3f}", flush=True)
        if gone > 0.5:
            now, kept = tail.state_dict(), kept + 1
            mean = {k: v.clone() for k, v in now.items()} if mean is None else mean
            for key, value in now.items():
                mean[key] += (value - mean[key]) / kept
    tail.load_state_dict(mean or tail.state_dict())
    return tail


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("cache", type=Path)
    parser.add_argument("fitted", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=30, help="of one core's time")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    torch.manual_seed(args.seed)
    model = Goods()
    model.load_state_dict(torch.load(args.fitted, weights_only=True))
    model = model.to(memory_format=torch.channels_last)
    torch.save(tune(model, Cache.open(args.cache), args.minutes, args.seed).state_dict(), args.out)


if __name__ == "__main__":
    main()
