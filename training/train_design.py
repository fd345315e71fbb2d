"""Fine-tunes the design model: new photographs of goods beside their filed views, siblings of a kind as strangers.

    python training/train_design.py CLOTHING OUT.pt RENDERS [INVENTED] [--minutes 45] [--side 224] [--start FROM.pt]

RENDERS and INVENTED are folders by training/renders.py and training/invented.py. A batch holds two designs of each
of some kinds (a model and its bent variant, an invented design and its sibling), each by one filed view and one new
photograph (training/staging.py), and some photographs twice, as two cameras might have taken them; the loss is
InfoNCE both ways. The first blocks of the trunk stay as ImageNet made them. The last layer begins as the
discriminant of what the trunk says (training/fit_design.py). The learning rate follows the clock, so a run always
ends with a small one.
"""

from __future__ import annotations

import argparse
import math
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from fit_design import discriminant, set_last_layer
from network import Goods, load_imagenet
from sets import Sets
from staging import edited_photograph, filed_view, new_photograph
from torch import Tensor
from torch.nn import functional
from torch.utils.data import DataLoader, IterableDataset

KINDS, PHOTOGRAPHS, FIRST = 14, 6, 12
TEMPERATURE, FROZEN = 0.06, 7
SHOWN = {
    "filed-perspective": 0.32,
    "filed-front": 0.26,
    "filed-right": 0.13,
    "filed-left": 0.13,
    "filed-back": 0.10,
    "filed-top": 0.06,
}
"""How often each filed view is what a new photograph is held against: sellers show the front and the sides."""


class Batches(IterableDataset[tuple[Tensor, Tensor]]):
    """Endless batches: filed views and new photographs of the same designs, in the same order."""

    def __init__(self, renders: list[Path], clothing: Path, side: int, seed: int) -> None:
        self.sets, self.seed = Sets(renders[0], clothing, side), seed
        for more in renders[1:]:
            self.sets.designs += Sets(more, clothing, side).designs
        kinds = defaultdict(list)
        for at, (name, _, _) in enumerate(self.sets.designs):
            kinds[name.partition("~")[0]].append(at)
        self.kinds = list(kinds.values())

    def filed(self, at: int, draw: np.random.Generator) -> Tensor:
        views = self.sets.designs[at][1]
        names = [one for one in SHOWN if one in views]
        chances = np.array([SHOWN[one] for one in names])
        return self.sets.tensor(filed_view(views[str(draw.choice(names, p=chances / chances.sum()))], draw))

    def new(self, at: int, draw: np.random.Generator) -> Tensor:
        shots = self.sets.designs[at][2]
        shot = shots[draw.integers(len(shots))]
        return self.sets.tensor(new_photograph(shot, self.sets.photograph(draw), draw))

    def __iter__(self) -> Iterator[tuple[Tensor, Tensor]]:
        worker = torch.utils.data.get_worker_info()
        draw = np.random.default_rng([self.seed, worker.id if worker else 0])
        while True:
            chosen = draw.choice(len(self.kinds), min(KINDS, len(self.kinds)), replace=False)
            designs = [int(at) for kind in chosen for at in draw.permutation(self.kinds[kind])[:2]]
            photographs = [self.sets.photograph(draw) for _ in range(PHOTOGRAPHS)]
            twice = [[self.sets.tensor(edited_photograph(one, draw)) for one in photographs] for _ in range(2)]
            filed = [self.filed(at, draw) for at in designs]
            yield torch.stack(filed + twice[0]), torch.stack([self.new(at, draw) for at in designs] + twice[1])


def begin_last_layer(model: Goods, batches: Iterator[tuple[Tensor, Tensor]]) -> None:
    """The discriminant of a few batches as the trunk sees them now."""
    rows, owners = [], []
    for number in range(FIRST):
        filed, new = next(batches)
        with torch.no_grad():
            rows.append(model.pooled(model.trunk(_laid(filed, new)).float()).numpy())
        owners += [number * 1000 + at for at in range(len(filed))] * 2
    set_last_layer(model, *discriminant(np.concatenate(rows), np.array(owners), 3.0))


def _laid(filed: Tensor, new: Tensor) -> Tensor:
    return torch.cat([filed, new]).float().contiguous(memory_format=torch.channels_last)


def loss_of(vectors: Tensor) -> tuple[Tensor, float]:
    """``vectors``: 2n x 256, the second half the new photographs of the first. The loss, and how often a photograph
    is nearest to its own filed view."""
    filed, new = vectors.chunk(2)
    likeness, own = new @ filed.T / TEMPERATURE, torch.arange(len(filed))
    both = functional.cross_entropy(likeness, own) + functional.cross_entropy(likeness.T, own)
    return both / 2, (likeness.argmax(dim=1) == own).float().mean().item()


def train(model: Goods, batches: Iterator[tuple[Tensor, Tensor]], minutes: float, rate: float) -> int:
    """Steps made."""
    trunk = [one for one in model.trunk.parameters() if one.requires_grad]
    groups = [{"params": trunk, "peak": rate}, {"params": model.project.parameters(), "peak": 2 * rate}]
    optimizer = torch.optim.AdamW(groups, weight_decay=1e-4)
    start, step, watched = time.monotonic(), 0, np.zeros(2)
    while (gone := (time.monotonic() - start) / (minutes * 60)) < 1:
        share = min(1.0, (step + 1) / 40) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * gone)))
        for group in optimizer.param_groups:
            group["lr"] = group["peak"] * share
        loss, right = loss_of(model(_laid(*next(batches)))[0])
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(trunk, 1.0)
        optimizer.step()
        watched = 0.96 * watched + 0.04 * np.array([loss.item(), right]) if step else np.array([loss.item(), right])
        step += 1
        if step % 20 == 0:
            print(f"{step} {gone:.3f} loss {watched[0]:.3f} right {watched[1]:.3f}", flush=True)
    return step


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clothing", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("renders", type=Path, nargs="+")
    parser.add_argument("--minutes", type=float, default=45)
    parser.add_argument("--side", type=int, default=224)
    parser.add_argument("--rate", type=float, default=1e-4)
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--start", type=Path)
    args = parser.parse_args()
    torch.manual_seed(1)
    torch.set_num_threads(args.threads)
    model = Goods()
    load_imagenet(model.trunk)
    if args.start:
        model.load_state_dict(torch.load(args.start, weights_only=True))
    model = model.to(memory_format=torch.channels_last)
    for layer in (model.trunk.stem, *model.trunk.blocks[:FROZEN]):
        layer.requires_grad_(False)
    data = Batches(args.renders, args.clothing, args.side, args.seed)
    batches = iter(DataLoader(data, batch_size=None, num_workers=1, prefetch_factor=6))
    begin_last_layer(model, batches)
    print(train(model, batches, args.minutes, args.rate), "steps")
    torch.save(model.state_dict(), args.out)


if __name__ == "__main__":
    main()
