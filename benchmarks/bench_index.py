"""The index of vectors beside faiss's own, on the same vectors in the same run: recall, CPU time, memory.

    python benchmarks/bench_index.py [VECTORS ...]

VECTORS: how many (default 100000 and 1000000; the latter needs 4 GB of memory). Two sets of vectors are drawn,
each in a process of its own: "clustered" like a trained model's embeddings (a falling spectrum, kinds of goods, the
views of a picture alike), and "diffuse", the worst case: every picture at random. A query is ten views of one
picture, each a disturbed stored vector. Everything runs on one thread; times are CPU times, medians a query vector.
Memory is what the process holds itself (RssAnon) beyond what the libraries take once; files come apart.
"""

from __future__ import annotations

import gc
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import faiss
import numpy as np

from similarity.vectors import VectorIndex

DIM = 256
LIMIT = 20
PICTURES_ASKED = 40
VIEWS_ASKED = 10
Answers = list[list[int]]


@dataclass(frozen=True)
class Scene:
    """``starts``: where each picture's four to six vectors begin; ``asked``: pictures x views x DIM."""

    vectors: np.ndarray[Any, Any]
    starts: np.ndarray[Any, Any]
    asked: np.ndarray[Any, Any]

    def owner(self, slots: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
        return np.searchsorted(self.starts, slots, side="right") - 1


def unit(rows: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)


def draw(count: int, kind: str) -> Scene:
    random = np.random.default_rng(3)
    lengths = random.integers(4, 7, count // 4 + 1)
    starts = np.concatenate([[0], np.cumsum(lengths)])
    starts = starts[starts < count]
    owner = np.repeat(np.arange(len(starts)), np.diff([*starts, count]))
    spectrum = np.arange(1, DIM + 1, dtype=np.float32) ** (-0.5 if kind == "clustered" else 0)
    turn = np.linalg.qr(random.standard_normal((DIM, DIM)))[0].astype(np.float32)
    goods = random.standard_normal((2_000, DIM), dtype=np.float32) * (0.7 if kind == "clustered" else 0)
    vectors = np.empty((count, DIM), np.float32)
    whole = np.random.default_rng(4)
    for at in range(0, count, 100_000):
        ours = owner[at : at + 100_000]
        own = np.random.default_rng(ours[0]).standard_normal((ours[-1] - ours[0] + 1, DIM), dtype=np.float32)
        own += goods[np.random.default_rng(ours[0]).integers(0, len(goods), len(own))]
        view = whole.standard_normal((len(ours), DIM), dtype=np.float32) * np.float32(0.7)
        vectors[at : at + 100_000] = unit(((own[ours - ours[0]] + view) * spectrum) @ turn)
    chosen = random.choice(count, PICTURES_ASKED, replace=False)
    noise = random.standard_normal((PICTURES_ASKED, VIEWS_ASKED, DIM), dtype=np.float32) / 16
    strength = np.linspace(0.2, 2.5, VIEWS_ASKED, dtype=np.float32)[:, None]
    asked = unit((vectors[chosen][:, None, :] + noise * strength).reshape(-1, DIM))
    return Scene(vectors, starts, asked.reshape(PICTURES_ASKED, VIEWS_ASKED, DIM))


def truth(scene: Scene) -> tuple[Answers, Answers]:
    """The best pictures by comparing everything in 32-bit floats: for each view alone, and for all ten together."""
    alone, together = [], []
    for views in scene.asked:
        best = np.maximum.reduceat(views @ scene.vectors.T, scene.starts, axis=1)
        alone += [np.argsort(-row)[:LIMIT].tolist() for row in best]
        together.append(np.argsort(-best.max(axis=0))[:LIMIT].tolist())
    return alone, together


def recall(found: Answers, right: Answers) -> float:
    return float(np.mean([len(set(f[:LIMIT]) & set(r)) / LIMIT for f, r in zip(found, right, strict=True)]))


def clocked(work: Callable[[Any], Any], inputs: Any) -> tuple[list[Any], float]:
    """Results, and the median of the CPU milliseconds that one input took."""
    results, times = [], []
    for one in inputs:
        start = time.process_time()
        results.append(work(one))
        times.append((time.process_time() - start) * 1000)
    return results, statistics.median(times)


def resident() -> int:
    gc.collect()
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("RssAnon"):
            return int(line.split()[1]) * 1024
    raise SystemExit("needs Linux")


def ours(scene: Scene, right: tuple[Answers, Answers]) -> tuple[float, float]:
    warm = VectorIndex(DIM, model="bench/1", exact_below=500)
    for number in range(1_000):
        warm.add(str(number), scene.vectors[number : number + 1])
    warm.query(scene.asked[0], LIMIT)
    del warm
    before, start = resident(), time.process_time()
    index = VectorIndex(DIM, model="bench/1", folder=Path.cwd())
    ends = [*scene.starts[1:].tolist(), len(scene.vectors)]
    for number, (first, end) in enumerate(zip(scene.starts.tolist(), ends, strict=True)):
        index.add(str(number), scene.vectors[first:end])
    built = time.process_time() - start
    size = (resident() - before) / len(scene.starts)
    index.query(scene.asked[0], LIMIT)
    answers, together_ms = clocked(lambda views: index.query(views, LIMIT), scene.asked)
    alone, alone_ms = clocked(lambda view: index.query(view[None], LIMIT), scene.asked.reshape(-1, DIM))
    keys = [[int(hit.key) for hit in hits] for hits in alone]
    report("ipreg, a view at a time", recall(keys, right[0]), alone_ms, size)
    keys = [[int(hit.key) for hit in hits] for hits in answers]
    report("ipreg, ten views at once", recall(keys, right[1]), together_ms / VIEWS_ASKED, size)
    on_disk = len(scene.vectors) * DIM * 2 / len(scene.starts)
    print(f"  and {on_disk:.0f} bytes a picture in a file; added one picture at a time in {built:.0f} s of CPU")
    return together_ms / VIEWS_ASKED, size


def peer(name: str, index: Any, scene: Scene, right: tuple[Answers, Answers], wide: int) -> tuple[float, float]:
    """``wide``: so many vectors are asked for that twenty pictures are surely among them."""
    before = resident()
    if not index.is_trained:
        index.train(scene.vectors[:: max(1, len(scene.vectors) // 100_000)])
    index.add(scene.vectors)
    size = (resident() - before) / len(scene.starts)
    found, ms = clocked(lambda view: index.search(view[None], wide)[1][0], scene.asked.reshape(-1, DIM))
    keys = [list(dict.fromkeys(scene.owner(slots[slots >= 0]).tolist())) for slots in found]
    report(name, recall(keys, right[0]), ms, size)
    return ms, size


def report(name: str, found: float, ms: float, size: float) -> None:
    figures = f"recall@{LIMIT} {found:.4f}   {ms:7.3f} ms a vector   {size:5.0f} bytes a picture"
    print(f"  {name:<30} {figures}", flush=True)


def measure(count: int, kind: str) -> None:
    scene = draw(count, kind)
    print(f"{count} vectors of {len(scene.starts)} pictures, {kind}:", flush=True)
    right = truth(scene)
    ms, size = ours(scene, right)
    lists = int(4 * count**0.5)
    inverted = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(DIM), DIM, lists, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT
    )
    inverted.nprobe = max(16, lists // 32)
    inverted.cp.niter = 6
    peer(f"faiss IVF{lists},SQ8 nprobe {inverted.nprobe}", inverted, scene, right, 4 * LIMIT)
    flat_ms, flat_size = peer("faiss flat, 32 bits (exact)", faiss.IndexFlatIP(DIM), scene, right, 6 * LIMIT)
    print(f"  ratio to faiss flat: time {ms / flat_ms:.3f}, memory {size / flat_size:.3f}", flush=True)


def main() -> None:
    one_thread = {**os.environ, "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
    for count in sys.argv[1:] or ["100000", "1000000"]:
        for kind in ("clustered", "diffuse"):
            subprocess.run([sys.executable, __file__, count, kind], check=True, env=one_thread)


if __name__ == "__main__":
    if len(sys.argv) == 3 and not sys.argv[2].isdecimal():
        measure(int(sys.argv[1]), sys.argv[2])
    else:
        main()
