"""One listing's picture against many registered ones: CPU time from its bytes to the verdicts, on one thread.

    python benchmarks/bench_listing.py [--registered 100000] [--pictures 40]

The registry is made of the sample's designs and, to fill it, of vectors near theirs with hashes of no picture. The
features are those of the sample, so each candidate costs what a real one costs. The peer in the same run is what a
plain program does: ImageHash's pHash against all hashes.
"""

from __future__ import annotations

import argparse
import os
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before the libraries are imported that read it

import cv2  # noqa: E402
import imagehash  # noqa: E402
import numpy as np  # noqa: E402
from PIL import Image  # noqa: E402

from similarity import Fingerprint, PictureIndex, fingerprint  # noqa: E402
from similarity.image import decode  # noqa: E402

SAMPLE = Path(__file__).parent.parent / "ipreg" / "sample"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--registered", type=int, default=100_000)
    parser.add_argument("--pictures", type=int, default=40)
    args = parser.parse_args()
    cv2.setNumThreads(1)
    designs = [fingerprint(path.read_bytes()) for path in sorted((SAMPLE / "designs").iterdir())]
    index, hashes = registry(designs, args.registered)
    listings = [path.read_bytes() for path in sorted((SAMPLE / "listings").iterdir())[: args.pictures]]
    for data in listings[:3]:
        index.search(fingerprint(data))  # the first queries build what the others use
    registering = [cpu(lambda data=data: fingerprint(data).to_bytes()) for data in listings]
    ours = [cpu(lambda data=data: index.search(fingerprint(data))) for data in listings]
    peer = [cpu(lambda data=data: nearest(data, hashes)) for data in listings]
    print(f"registering a picture: {median(registering):.0f} ms CPU, at most {max(registering):.0f}")
    print(f"a listing against {len(index)}: {median(ours):.0f} ms CPU, at most {max(ours):.0f}")
    print(f"ImageHash pHash against as many: {median(peer):.0f} ms CPU; ratio {median(ours) / median(peer):.1f}")


def registry(designs: list[Fingerprint], count: int) -> tuple[PictureIndex, np.ndarray]:
    draw = np.random.default_rng(7)
    stored = [Fingerprint.from_bytes(one.to_bytes()) for one in designs]
    # Most candidates are strangers, as in a real registry: the features are another design's.
    fetched = {f"{number}": stored[(number * 7 + number // len(stored)) % len(stored)] for number in range(count)}
    index = PictureIndex(
        designs[0].algorithm, designs[0].vectors.shape[1], fetch=lambda keys: {one: fetched[one] for one in keys}
    )
    values = draw.integers(0, 2**63, (count, 2), np.int64)
    for number in range(count):
        near = designs[number % len(designs)]
        noise = draw.normal(0, 22, near.registered_vectors.shape)
        vectors = np.clip(near.registered_vectors + noise, -127, 127).astype(np.int8)
        one, two = map(int, values[number])
        index.add(f"{number}", replace(near, vectors=vectors, phash=one, phash_mirrored=two))
    return index, values[:, 0].astype(np.uint64)


def nearest(data: bytes, hashes: np.ndarray) -> int:
    bits = imagehash.phash(Image.fromarray(decode(data).pixels)).hash.flatten()
    asked = np.uint64(int("".join("1" if bit else "0" for bit in bits), 2))
    return int(np.bitwise_count(hashes ^ asked).argmin())


def cpu(work: object) -> float:
    start = time.process_time()
    work()  # type: ignore[operator]
    return (time.process_time() - start) * 1000


if __name__ == "__main__":
    main()
