"""Fits the judge: evidence on pairs of pictures that the embedding was never trained on, to a probability.

    python training/calibrate.py SETS... --out similarity/data/judge-4.json [--report FILE.json]

Each of SETS is a folder of registry/, queries/ and truth.csv as the copy benchmark's maker writes them, made of
held-back pictures. Beside their pairs, unrelated pictures that share a banner, a watermark or a page's furniture
are judged, and patterns of one kind, so that the judge learns not to take those for a copy. Prints figures by
cross-validation over pictures; the shipped judge is then fitted to everything.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import numpy as np
from furniture import shared_furniture
from patterns import two_patterns
from PIL import Image
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.isotonic import IsotonicRegression
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

from similarity import PictureIndex, embedding, evidence, fingerprint
from similarity.fingerprint import Fingerprint
from similarity.search import new_index

CANDIDATES = 24
SHARING = 320
PATTERNS = 300
# +1: more of it never makes a copy less probable.
MONOTONE = {"support": 1, "inliers": 1, "whole": 1, "half": 1, "cells": 1, "likeness": 1, "likeness_normal": 1}
MONOTONE |= {"likeness_whole": 1, "likeness_three": 1, "hash_bits": 1, "outside": 1}

_registry: dict[str, Fingerprint] = {}
_index: PictureIndex | None = None


def start(stored: dict[str, bytes]) -> None:
    import cv2

    global _index
    cv2.setNumThreads(1)
    threadpool_limits(1)
    _index = new_index()
    for key, data in stored.items():
        _registry[key] = Fingerprint.from_bytes(data)
        _index.add(key, _registry[key])


def stored_form(path: Path) -> bytes:
    return fingerprint(path.read_bytes()).to_bytes()


def pairs_of(task: tuple[Path, str]) -> list[tuple[str, str, bool, list[float]]]:
    """(query, candidate, whether it is the copy, evidence) of the candidates as the search would choose them."""
    path, source = task
    asked = fingerprint(path.read_bytes())
    assert _index is not None
    chosen = _index.candidates(asked, CANDIDATES)
    if source and source not in chosen:
        chosen.append(source)
    return [
        (path.stem, name, name == source, evidence.gather(_registry[name], asked).to_array().tolist())
        for name in chosen
    ]


def pairs_in(folder: Path) -> list[tuple[str, str, bool, list[float]]]:
    with (folder / "truth.csv").open(newline="") as file:
        truth = [(folder / "queries" / f"{row['query']}.jpg", row["source"]) for row in csv.DictReader(file)]
    paths = sorted((folder / "registry").iterdir())
    with ProcessPoolExecutor(2) as pool:
        stored = dict(zip([one.stem for one in paths], pool.map(stored_form, paths, chunksize=8), strict=True))
    with ProcessPoolExecutor(2, initializer=start, initargs=(stored,)) as pool:
        return [pair for pairs in pool.map(pairs_of, truth, chunksize=4) for pair in pairs]


def sharing_pair(task: tuple[Path, Path, Path, int]) -> tuple[str, str, bool, list[float]]:
    """Two unrelated pictures with the same banner, watermark or page around them."""
    one, other, third, seed = task
    made = []
    for image in shared_furniture(*(Image.open(path).convert("RGB") for path in (one, other, third)), seed):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=85)
        made.append(fingerprint(out.getvalue()))
    registered = Fingerprint.from_bytes(made[0].to_bytes())
    return other.stem, one.stem, False, evidence.gather(registered, made[1]).to_array().tolist()


def sharing_in(folder: Path, count: int) -> list[tuple[str, str, bool, list[float]]]:
    draw = np.random.default_rng(5)
    paths = sorted((folder / "registry").iterdir())
    tasks = []
    for seed in range(count):
        one, other, third = draw.choice(len(paths), 3, replace=False)
        tasks.append((paths[one], paths[other], paths[third], seed))
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(sharing_pair, tasks, chunksize=4))


def pattern_pair(seed: int) -> tuple[str, str, bool, list[float]]:
    """Two patterns of one kind, as two printers of cloth might draw them, neither from the other."""
    made = []
    for image in two_patterns(seed):
        out = io.BytesIO()
        image.save(out, "JPEG", quality=85)
        made.append(fingerprint(out.getvalue()))
    registered = Fingerprint.from_bytes(made[0].to_bytes())
    return f"pattern-{seed}", f"other-{seed}", False, evidence.gather(registered, made[1]).to_array().tolist()


def pattern_pairs(count: int) -> list[tuple[str, str, bool, list[float]]]:
    with ProcessPoolExecutor(2) as pool:
        return list(pool.map(pattern_pair, range(count), chunksize=4))


def new_judge() -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        max_iter=140,
        learning_rate=0.06,
        max_leaf_nodes=10,
        min_samples_leaf=25,
        l2_regularization=4.0,
        monotonic_cst=[MONOTONE.get(name, 0) for name in evidence.NAMES],
        early_stopping=False,
        random_state=7,
    )


def smooth_curve(scores: np.ndarray, truth: np.ndarray) -> tuple[list[float], list[float]]:
    """A strictly rising map from scores to probabilities: isotonic steps blended with a logistic curve."""
    logistic = LogisticRegression(C=1e6).fit(scores[:, None], truth)
    steps = IsotonicRegression(out_of_bounds="clip").fit(scores, truth)
    places = np.linspace(scores.min() - 2, scores.max() + 2, 80)
    straight = logistic.predict_proba(places[:, None])[:, 1]
    curve = 0.5 * straight + 0.5 * steps.predict(places)
    return places.tolist(), np.maximum.accumulate(curve).clip(1e-5, 1 - 1e-4).tolist()


def as_numbers(judge: HistGradientBoostingClassifier) -> dict[str, object]:
    trees = []
    for (predictor,) in judge._predictors:
        nodes = predictor.nodes
        tree = []
        for node in nodes:
            feature = -1 if node["is_leaf"] else int(node["feature_idx"])
            threshold = 0.0 if node["is_leaf"] else float(node["num_threshold"])
            tree.append([feature, threshold, int(node["left"]), int(node["right"]), float(node["value"])])
        trees.append(tree)
    return {"trees": trees, "baseline": float(np.ravel(judge._baseline_prediction)[0])}


def calibration_error(chances: np.ndarray, truth: np.ndarray, bins: int = 10) -> tuple[float, list[list[float]]]:
    """Expected calibration error over equal bins, and the reliability curve: (mean chance, share true, count)."""
    at = np.minimum((chances * bins).astype(int), bins - 1)
    curve = [
        [float(chances[at == b].mean()), float(truth[at == b].mean()), int((at == b).sum())]
        for b in range(bins)
        if (at == b).any()
    ]
    return sum(abs(mean - share) * count for mean, share, count in curve) / len(truth), curve


def micro_ap(chances: np.ndarray, truth: np.ndarray, total: int) -> tuple[float, float]:
    """Micro average precision and recall at 99 % precision."""
    hits = truth[np.argsort(-chances, kind="stable")]
    precision = np.cumsum(hits) / np.arange(1, len(hits) + 1)
    good = np.cumsum(hits)[precision >= 0.99]
    return float((precision * hits).sum() / total), float(good.max() / total) if len(good) else 0.0


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("sets", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cache", type=Path)
    args = parser.parse_args()
    if args.cache and args.cache.exists():
        sets = json.loads(args.cache.read_text())
    else:
        sets = [[folder.name, pairs_in(folder)] for folder in args.sets]
        sets += [[f"{folder.name}-sharing", sharing_in(folder, SHARING)] for folder in args.sets]
        sets.append(["patterns", pattern_pairs(PATTERNS)])
        if args.cache:
            args.cache.write_text(json.dumps(sets))
    fit(sets, args.out)


def fit(sets: list[tuple[str, list[tuple[str, str, bool, list[float]]]]], out: Path) -> None:
    rows = [(name, *pair) for name, pairs in sets for pair in pairs]
    kinds = np.array([row[0] for row in rows])
    truth = np.array([row[3] for row in rows])
    numbers = np.array([row[4] for row in rows])
    # Pairs of one query stay together, and so do all queries of one registered picture.
    owner: dict[tuple[str, str], str] = {(row[0], row[1]): row[2] for row in rows if row[3]}
    names = [f"{row[0].removesuffix('-sharing')}/{owner.get((row[0], row[1]), row[1])}" for row in rows]
    groups = np.unique(names, return_inverse=True)[1]
    scores = np.zeros(len(rows))
    for learn, test in GroupKFold(5, shuffle=True, random_state=7).split(numbers, truth, groups):
        scores[test] = new_judge().fit(numbers[learn], truth[learn]).decision_function(numbers[test])
    curve = smooth_curve(scores, truth.astype(float))
    chances = np.interp(scores, *curve)
    for kind in np.unique(kinds):
        mine = kinds == kind
        error, _ = calibration_error(chances[mine], truth[mine])
        precision, recall = micro_ap(chances[mine], truth[mine], max(1, int(truth[mine].sum())))
        above = int((chances[mine & ~truth] > 0.8).sum())
        figures = f"uAP {precision:.3f} R@P99 {recall:.3f} ECE {error:.4f} false above .8: {above}"
        print(f"{kind:16} pairs {mine.sum():6d} {figures}")
    error, reliability = calibration_error(chances, truth)
    print(f"all: ECE {error:.4f}", [[round(v, 3) for v in row] for row in reliability])
    judge = new_judge().fit(numbers, truth)
    model = embedding.model().id
    stored = {"id": "judge/4", "embedding": model, "features": list(evidence.NAMES), "curve": curve} | as_numbers(
        judge
    )
    out.write_text(json.dumps(stored))


if __name__ == "__main__":
    main()
