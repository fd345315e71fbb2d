"""Finding edited copies: ours beside ImageHash's pHash, on the same pictures in the same run.

    python benchmarks/bench_copies.py [FOLDER]

FOLDER is what the copy benchmark's maker writes (registry/, queries/, truth.csv); without one it is made from the
photographs beside the project, and where those are missing this says so and measures nothing.
"""

from __future__ import annotations

import csv
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image

from similarity import PictureIndex, fingerprint, judge

SHARED = Path(__file__).parent.parent.parent / "shared"
Score = tuple[float, bool]


def main() -> None:
    if len(sys.argv) > 1:
        measure(Path(sys.argv[1]))
        return
    photos, maker = SHARED / "photos" / "clothing", SHARED / "copybench" / "make_copies.py"
    if not maker.is_file():
        print("No photographs here: nothing is measured. Give a folder of registry/, queries/ and truth.csv.")
        return
    with tempfile.TemporaryDirectory() as folder:
        sizes = ["--registry", "300", "--queries", "500", "--seed", "11"]
        skip = ["--skip", str(SHARED / "photos" / "clothing-repeats.txt")]
        subprocess.run([sys.executable, str(maker), str(photos), folder, *sizes, *skip], check=True)
        measure(Path(folder))


def measure(folder: Path) -> None:
    with (folder / "truth.csv").open(encoding="utf-8", newline="") as file:
        truth = {row["query"]: row["source"] for row in csv.DictReader(file)}
    ours, our_seconds = timed(lambda: by_us(folder, truth))
    peer, peer_seconds = timed(lambda: by_hash(folder, truth))
    copies = sum(1 for source in truth.values() if source)
    for name, scores, seconds in (("ipreg", ours, our_seconds), ("ImageHash pHash", peer, peer_seconds)):
        precision = average_precision(scores, copies)
        print(f"{name:<16} uAP {precision:.3f}   {seconds / len(truth) * 1000:.0f} ms a query, registry included")
    ratio = average_precision(ours, copies) / average_precision(peer, copies)
    print(f"ratio of uAP {ratio:.2f}, of time {our_seconds / peer_seconds:.1f}")


def by_us(folder: Path, truth: dict[str, str]) -> list[Score]:
    index = PictureIndex()
    for picture in sorted((folder / "registry").iterdir()):
        index.add(picture.stem, fingerprint(picture.read_bytes()))
    scores = []
    for picture in sorted((folder / "queries").iterdir()):
        asked = fingerprint(picture.read_bytes())
        for hit in index.query(asked, 10):
            found = index.get(hit.key)
            assert found is not None
            scores.append((judge(found, asked).probability, hit.key == truth[picture.stem]))
    return scores


def by_hash(folder: Path, truth: dict[str, str]) -> list[Score]:
    registry = {one.stem: hash_of(one) for one in sorted((folder / "registry").iterdir())}
    scores = []
    for picture in sorted((folder / "queries").iterdir()):
        asked = hash_of(picture)
        near = sorted((int(asked - one), name) for name, one in registry.items())[:10]
        scores += [(-float(bits), name == truth[picture.stem]) for bits, name in near]
    return scores


def hash_of(picture: Path) -> imagehash.ImageHash:
    with Image.open(picture) as image:
        return imagehash.phash(image)


def average_precision(scores: list[Score], copies: int) -> float:
    """Micro average precision over all (query, candidate) pairs; the copies that no pair names count as missed."""
    ordered = np.array([right for _, right in sorted(scores, key=lambda one: -one[0])])
    precision = np.cumsum(ordered) / np.arange(1, len(ordered) + 1)
    return float((precision * ordered).sum() / copies)


def timed(work: Callable[[], list[Score]]) -> tuple[list[Score], float]:
    start = time.perf_counter()
    return work(), time.perf_counter() - start


if __name__ == "__main__":
    main()
