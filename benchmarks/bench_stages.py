"""What each stage of the search for copies adds, on the same pictures in the same run.

    python benchmarks/bench_stages.py [FOLDER] [--registry 800] [--queries 1600] [--seed 7]

FOLDER as for bench_copies.py. The stages, each ranking by what it knows alone: the perceptual hash of the picture
and of its mirror image; the embeddings of the whole pictures; those of all parts; among the candidates that these
bring, the support of the best transform (ties by the embeddings); the judge over all evidence. Figures a level and
an edit.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

from bench_copies import Rows, benchmark_folder, figures_of, groups_of, read_truth

from similarity.evidence import gather
from similarity.fingerprint import Fingerprint, fingerprint
from similarity.image import PictureError
from similarity.phash import distance
from similarity.search import MAX_ROWS, new_index
from similarity.verdict import judge_all

STAGES = ("hashes", "whole", "parts", "geometry", "judge")
Scores = dict[str, dict[str, float]]
"""By stage, by registered picture."""
_known: dict[str, Fingerprint] = {}
_index = new_index()


def main() -> None:
    with benchmark_folder() as folder:
        if folder is not None:
            measure(folder)


def measure(folder: Path) -> None:
    truth = read_truth(folder)
    registry, asked = (sorted((folder / name).iterdir()) for name in ("registry", "queries"))
    context = get_context("spawn")
    with ProcessPoolExecutor(mp_context=context) as pool:
        seen = dict(zip((one.stem for one in registry), pool.map(_stored, registry, chunksize=4), strict=True))
    known = {name: one for name, one in seen.items() if one}
    rows: dict[str, Rows] = {stage: [] for stage in STAGES}
    with ProcessPoolExecutor(mp_context=context, initializer=_start, initargs=(known,)) as pool:
        for path, scores in zip(asked, pool.map(_stages, asked, chunksize=4), strict=True):
            for stage, found in scores.items():
                best = sorted(found.items(), key=lambda one: -one[1])[:MAX_ROWS]
                rows[stage] += [(score, path.stem, name) for name, score in best]
    ranked = {stage: sorted(found, key=lambda row: -row[0]) for stage, found in rows.items()}
    print(f"{'uAP, R@P99':18}" + "".join(f"{stage:>13}" for stage in STAGES))
    for name, inside in groups_of(truth):
        figures = (figures_of(ranked[stage], truth, inside) for stage in STAGES)
        print(f"{name:18}" + "".join(f"{uap:8.3f} {sure:.2f}" for uap, sure, _ in figures))


def _fresh(path: Path) -> Fingerprint | None:
    try:
        return fingerprint(path.read_bytes())
    except PictureError as fault:
        print(f"{path}: {fault}")
        return None


def _stored(path: Path) -> bytes | None:
    found = _fresh(path)
    return None if found is None else found.to_bytes()


def _start(known: dict[str, bytes]) -> None:
    import cv2
    from threadpoolctl import threadpool_limits

    cv2.setNumThreads(1)
    threadpool_limits(1)
    for name, data in known.items():
        _known[name] = Fingerprint.from_bytes(data)
        _index.add(name, _known[name])


def _stages(path: Path) -> Scores:
    asked = _fresh(path)
    if asked is None:
        return {}
    candidates = _index.candidates(asked)
    pairs = [(_known[name], asked) for name in candidates]
    found = [gather(*pair) for pair in pairs]
    support = [one.alignment.support if one.alignment else 0.0 for one in found]
    judged = judge_all(pairs)
    return {
        "hashes": _each(
            lambda one: -min(distance(hashed, asked.phash) for hashed in (one.phash, one.phash_mirrored))
        ),
        "whole": _each(lambda one: float(one.units[0] @ asked.units[0])),
        "parts": _each(lambda one: float((one.units @ asked.units.T).max())),
        "geometry": {
            name: sure + one.likeness.best / 1e3 for name, sure, one in zip(candidates, support, found, strict=True)
        },
        "judge": {name: one.probability for name, one in zip(candidates, judged, strict=True)},
    }


def _each(score: Callable[[Fingerprint], float]) -> dict[str, float]:
    return {name: score(one) for name, one in _known.items() if not one.blank}


if __name__ == "__main__":
    main()
