"""The early blocks' answers to training pictures of goods, made once: what is tuned and fitted begins after them.

    python training/early.py RENDERS CLOTHING CACHE [--side 256]

Pictures are drawn from the renderings as they are filed and as sellers show them (training/staging.py), and from
photographs without goods. CACHE takes some 60 KB a picture.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
import torch
from network import Trunk, load_imagenet
from sets import Sets
from staging import edited_photograph, filed, posed
from torch import Tensor

BATCH = 16


class Early(torch.nn.Module):
    def __init__(self, trunk: Trunk) -> None:
        super().__init__()
        self.trunk = trunk

    def forward(self, x: Tensor) -> Tensor:
        return self.trunk.early(x)


@dataclass(frozen=True)
class Cache:
    """Of each training picture the early blocks' map, its design (-1 for a room), whether it is a filed view, and
    the share of goods in each cell of the last map."""

    maps: np.ndarray
    owners: np.ndarray
    is_filed: np.ndarray
    goods: np.ndarray
    names: list[str]

    @classmethod
    def open(cls, folder: Path) -> Cache:
        parts = [np.load(folder / f"{name}.npy", mmap_mode="r") for name in ("maps", "owners", "filed", "goods")]
        return cls(*parts, (folder / "names.txt").read_text().splitlines())

    def tensor(self, rows: np.ndarray) -> Tensor:
        maps = torch.from_numpy(self.maps[rows].astype(np.float32))
        return maps.contiguous(memory_format=torch.channels_last)


def drawn(
    sets: Sets, times: int, rooms: int, draw: np.random.Generator
) -> Iterator[tuple[int, bool, np.ndarray, np.ndarray]]:
    """Each training picture: its design, whether it is a filed view, its pixels, where its goods are."""
    for at, (_, views, new) in enumerate(sets.designs):
        for data in views.values():
            yield at, True, *filed(data, draw)
        for data in new * times:
            yield at, False, *posed(data, sets.photograph(draw), draw)
    for _ in range(rooms):
        room = edited_photograph(sets.photograph(draw), draw)
        yield -1, False, room, np.zeros(room.shape[:2], np.uint8)


def early_session(trunk: Trunk, side: int, folder: Path) -> onnxruntime.InferenceSession:
    path = folder / "early.onnx"
    torch.onnx.export(
        Early(trunk),
        (torch.rand(1, 3, side, side),),
        str(path),
        input_names=["pictures"],
        output_names=["maps"],
        dynamic_axes={"pictures": {0: "n"}, "maps": {0: "n"}},
        opset_version=17,
        dynamo=False,
    )
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    return onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])


def make_cache(sets: Sets, trunk: Trunk, folder: Path, times: int, rooms: int, seed: int) -> None:
    folder.mkdir(parents=True)
    session, side = early_session(trunk, sets.side, folder), sets.side
    count = sum(len(views) + len(new) * times for _, views, new in sets.designs) + rooms
    shape = (count, 112, side // 16, side // 16)
    maps = np.lib.format.open_memmap(folder / "maps.npy", "w+", np.float16, shape)
    owners, is_filed, goods, waiting, done = [], [], [], [], 0
    for owner, shown, pixels, where in drawn(sets, times, rooms, np.random.default_rng(seed)):
        owners.append(owner)
        is_filed.append(shown)
        goods.append(cv2.resize(where, (side // 32, side // 32), interpolation=cv2.INTER_AREA))
        waiting.append(sets.tensor(pixels).numpy())
        if len(waiting) == BATCH or len(owners) == count:
            found = session.run(None, {"pictures": np.stack(waiting).astype(np.float32)})[0]
            maps[done : done + len(found)] = found
            done += len(found)
            waiting.clear()
    maps.flush()
    np.save(folder / "owners.npy", np.array(owners))
    np.save(folder / "filed.npy", np.array(is_filed))
    np.save(folder / "goods.npy", np.stack(goods))
    (folder / "names.txt").write_text("".join(f"{name}\n" for name, _, _ in sets.designs))
    print(count, "pictures of", len(sets.designs), "designs", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("renders", type=Path)
    parser.add_argument("clothing", type=Path)
    parser.add_argument("cache", type=Path)
    parser.add_argument("--side", type=int, default=256)
    parser.add_argument("--times", type=int, default=2, help="so often is each new photograph staged")
    parser.add_argument("--rooms", type=int, default=1200, help="photographs without goods")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    torch.set_num_threads(1)
    trunk = Trunk()
    load_imagenet(trunk)
    make_cache(
        Sets(args.renders, args.clothing, args.side), trunk.eval(), args.cache, args.times, args.rooms, args.seed
    )


if __name__ == "__main__":
    main()
