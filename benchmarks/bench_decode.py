"""Decoding at a working size beside Pillow's whole decode, on the same JPEG in the same run.

    python benchmarks/bench_decode.py [PICTURE ...]

Without pictures, drawn ones of 2 and 12 million pixels are taken. Medians of CPU time in milliseconds, in turns.
"""

from __future__ import annotations

import io
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from similarity.image import decode

ROUNDS = 11
SIDE = 512


def pictures() -> Iterator[tuple[str, bytes]]:
    for name in sys.argv[1:]:
        yield Path(name).name, Path(name).read_bytes()
    if not sys.argv[1:]:
        draw = np.random.default_rng(4)
        for width, height in ((1600, 1200), (4000, 3000)):
            rough = Image.fromarray(draw.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8))
            out = io.BytesIO()
            rough.resize((width, height), Image.Resampling.BICUBIC).save(out, "JPEG", quality=88)
            yield f"{width} x {height}", out.getvalue()


def whole(data: bytes) -> Any:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def main() -> None:
    for name, data in pictures():
        works: dict[str, Callable[[], Any]] = {
            f"ipreg, side={SIDE}": lambda data=data: decode(data, side=SIDE),
            "ipreg, whole": lambda data=data: decode(data),
            "Pillow, whole": lambda data=data: whole(data),
        }
        times: dict[str, list[float]] = {what: [] for what in works}
        for _ in range(ROUNDS):
            for what, work in works.items():
                start = time.process_time()
                work()
                times[what].append((time.process_time() - start) * 1000)
        peer = statistics.median(times["Pillow, whole"])
        for what, taken in times.items():
            median = statistics.median(taken)
            print(f"{name:<14} {what:<16} {median:8.2f} ms   ratio {median / peer:.2f}")


if __name__ == "__main__":
    main()
