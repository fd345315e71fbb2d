"""Fine-tunes the embedding for copy detection: InfoNCE over edited views with an entropy term (Pizzi et al. 2022,
SSCD). Negatives come from the batch only: with a memory of past batches the network learns to drift away from
its own past, and to nothing else (docs/decisions/0007).

    python training/train.py PICTURES OUT.pt [--minutes 75] [--batch 64] [--side 128] [--start EARLIER.pt]

The learning rate follows the clock, so a run always ends with a small one, however fast the machine is.
"""

from __future__ import annotations

import argparse
import math
import time
from pathlib import Path

import cv2
import numpy as np
import torch
from edits import pair
from network import Embedder, load_imagenet
from pictures import held_back
from torch import Tensor
from torch.utils.data import DataLoader, IterableDataset

TEMPERATURE = 0.05
CLOTHING_SHARE = 0.5


class Pairs(IterableDataset[tuple[Tensor, Tensor, Tensor]]):
    """Endless batches: registered views, sighted views, and the pictures' numbers."""

    def __init__(self, folder: Path, batch: int, side: int, seed: int) -> None:
        self.batch, self.side, self.seed = batch, side, seed
        paths = [one for one in sorted(folder.rglob("*.jpg")) if not held_back(one.stem)]
        self.data = [one.read_bytes() for one in paths]
        self.clothing = np.array([one.parent.name == "clothing" for one in paths])

    def load(self, at: int) -> np.ndarray:
        image = cv2.imdecode(np.frombuffer(self.data[at], np.uint8), cv2.IMREAD_COLOR_RGB)
        assert image is not None
        return image

    def square(self, image: np.ndarray) -> Tensor:
        how = cv2.INTER_AREA if min(image.shape[:2]) > self.side else cv2.INTER_LINEAR
        resized = cv2.resize(image, (self.side, self.side), interpolation=how)
        return torch.from_numpy(resized.transpose(2, 0, 1).copy())

    def __iter__(self):  # type: ignore[no-untyped-def]
        cv2.setNumThreads(1)
        worker = torch.utils.data.get_worker_info()
        draw = np.random.default_rng([self.seed, worker.id if worker else 0])
        mine, others = np.flatnonzero(self.clothing), np.flatnonzero(~self.clothing)
        count = round(self.batch * CLOTHING_SHARE)
        while True:
            chosen = np.r_[draw.choice(mine, count, False), draw.choice(others, self.batch - count, False)]
            one, two = [], []
            for at in chosen:
                registered, sighted = pair(self.load(at), self.load(draw.integers(len(self.data))), draw)
                one.append(self.square(registered))
                two.append(self.square(sighted))
            yield torch.stack(one), torch.stack(two), torch.from_numpy(chosen)


def loss_of(vectors: Tensor, owners: Tensor, entropy: float) -> tuple[Tensor, list[float]]:
    """``vectors``: 2n x 256, the second half the pairs of the first. Returns the loss and, to watch, its first
    part, how often a pair is nearer than any stranger, and the mean cosines of pair and of nearest stranger."""
    count = len(vectors) // 2
    likeness = vectors @ vectors.T
    partner = (torch.arange(2 * count) + count) % (2 * count)
    positive = likeness[torch.arange(2 * count), partner]
    negative = likeness.masked_fill(owners[:, None] == owners[None, :], -1e4)
    logits = torch.cat([positive[:, None], negative], dim=1) / TEMPERATURE
    contrast = torch.nn.functional.cross_entropy(logits, torch.zeros(2 * count, dtype=torch.long))
    nearest = negative.max(dim=1).values
    spread = -torch.log((2 - 2 * nearest).clamp(min=1e-4).sqrt()).mean()
    right = (positive > nearest).float().mean()
    watched = [contrast.item(), right.item(), positive.mean().item(), nearest.mean().item()]
    return contrast + entropy * spread, watched


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--minutes", type=float, default=75)
    parser.add_argument("--batch", type=int, default=64)
    parser.add_argument("--side", type=int, default=128)
    parser.add_argument("--rate", type=float, default=2e-4)
    parser.add_argument("--entropy", type=float, default=1.0)
    parser.add_argument("--seed", type=int, default=7)
    parser.add_argument("--start", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    model = Embedder()
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True))
    else:
        load_imagenet(model.trunk)
    model = model.to(memory_format=torch.channels_last)
    for layer in (model.trunk.stem, *model.trunk.blocks[:2]):
        layer.requires_grad_(False)
    train(model, args)


def train(model: Embedder, args: argparse.Namespace) -> None:
    new = [*model.project.parameters(), model.power]
    old = [one for name, one in model.named_parameters() if name.startswith("trunk") and one.requires_grad]
    groups = [{"params": old, "peak": args.rate}, {"params": new, "peak": args.rate * 4}]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
    pairs = Pairs(args.pictures, args.batch, args.side, args.seed)
    loader = iter(DataLoader(pairs, batch_size=None, num_workers=1, prefetch_factor=4))
    start, step, watched = time.monotonic(), 0, [0.0] * 4
    while (gone := (time.monotonic() - start) / (args.minutes * 60)) < 1:
        rate = min(1.0, (step + 1) / 60) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * gone)))
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * rate
        one, two, owners = next(loader)
        both = torch.cat([one, two]).float().contiguous(memory_format=torch.channels_last)
        owners = owners.repeat(2)
        vectors = model(both)
        loss, now = loss_of(vectors, owners, args.entropy)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimizer.step()
        watched = [0.95 * before + 0.05 * value for before, value in zip(watched, now, strict=True)]
        step += 1
        if step % 25 == 0:
            seconds = (time.monotonic() - start) / step
            names = ("contrast", "right", "near", "far")
            told = " ".join(f"{name} {value:.3f}" for name, value in zip(names, watched, strict=True))
            print(f"{step} {gone:.3f} {told} {seconds:.2f} s/step", flush=True)
        if step % 200 == 0:
            torch.save(model.state_dict(), args.out)
    torch.save(model.state_dict(), args.out)
    print(step, "steps")


if __name__ == "__main__":
    main()
