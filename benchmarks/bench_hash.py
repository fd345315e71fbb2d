"""The perceptual hash beside ImageHash's own: same pixels, same bits, same run.

    python benchmarks/bench_hash.py [PICTURE ...]

Without pictures, noise of common sizes is hashed. Figures are medians of CPU time in milliseconds; the two take
turns, so that a busy machine slows both. The second line of each picture is what a registration needs: the hash of
the picture and that of the mirrored one.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import imagehash
import numpy as np
from PIL import Image

from similarity.image import decode
from similarity.phash import phash, phash_pair

ROUNDS = 41
SIZES = [(533, 400), (1200, 900), (1600, 1600), (3000, 4000)]
Pixels = np.ndarray[Any, Any]


def pictures() -> Iterator[tuple[str, Pixels]]:
    for name in sys.argv[1:]:
        yield Path(name).name, decode(Path(name).read_bytes()).pixels
    if not sys.argv[1:]:
        draw = np.random.default_rng(2)
        for height, width in SIZES:
            yield f"{width} x {height}", draw.integers(0, 256, (height, width, 3), dtype=np.uint8)


def peer(pixels: Pixels) -> int:
    return int(str(imagehash.phash(Image.fromarray(pixels))), 16)


def peer_pair(pixels: Pixels) -> tuple[int, int]:
    image = Image.fromarray(pixels)
    mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    return int(str(imagehash.phash(image)), 16), int(str(imagehash.phash(mirrored)), 16)


def turns(ours: Callable[[Pixels], Any], theirs: Callable[[Pixels], Any], pixels: Pixels) -> tuple[float, float]:
    assert ours(pixels) == theirs(pixels), "the bits differ"
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for work, into in ((ours, times[0]), (theirs, times[1])):
            start = time.process_time()
            work(pixels)
            into.append((time.process_time() - start) * 1000)
    return statistics.median(times[0]), statistics.median(times[1])


def main() -> None:
    for name, pixels in pictures():
        for what, ours, theirs in (("one hash", phash, peer), ("with the mirrored", phash_pair, peer_pair)):
            us, them = turns(ours, theirs, pixels)
            print(f"{name:<14} {what:<18} ipreg {us:7.3f} ms   ImageHash {them:7.3f} ms   ratio {us / them:.3f}")


if __name__ == "__main__":
    main()
