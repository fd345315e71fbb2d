"""Fits the judge of designs: from how like a picture is to a design's filed views, to two probabilities.

    python training/calibrate_design.py BENCH RENDERS CLOTHING --out similarity/data/design-judge-3.json

BENCH is a set in the form of the design benchmark (registry/DESIGN__VIEW.jpg, queries/, truth.csv), asked for goods
that the model was not fitted on: from it comes the probability that it is the same design. That it is at least a
similar one is learnt from variants of RENDERS, asked against the models that they were bent from. Logistic
regression either way; prints figures by cross-validation over queries.
"""

from __future__ import annotations

import argparse
import csv
import hashlib
import json
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sets import Sets
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold
from staging import filed_view, new_photograph

from similarity import designs
from similarity.designs import DesignPrint

ROWS, NEIGHBOURS = 10, 4
Numbers = NDArray[np.float64]
Example = tuple[str, Numbers, bool]


def examples(filed: dict[str, list[DesignPrint]], asked: list[tuple[str, str, DesignPrint]]) -> list[Example]:
    """For each picture asked (name, its design, print) the evidence on the ``ROWS`` designs nearest to it."""
    names = list(filed)
    views = [np.stack([one.unit for one in filed[name]]) for name in names]
    found = []
    for picture, design, seen in asked:
        like = [designs.likeness(one, seen) for one in views]
        each = np.array([one.between for one in like], np.float32)
        ranked = np.argsort([-one.cosines.max() for one in like])
        for at in ranked[:ROWS]:
            others = each[[one for one in ranked[: ROWS + NEIGHBOURS] if one != at]]
            numbers = designs.evidence(like[at], designs.crowd(seen, others))
            found.append((picture, numbers, names[at] == design))
    return found


def of_bench(bench: Path) -> list[Example]:
    filed: dict[str, list[DesignPrint]] = {}
    for path in sorted((bench / "registry").glob("*.jpg")):
        filed.setdefault(path.stem.split("__")[0], []).append(designs.design_print(path.read_bytes()))
    with (bench / "truth.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    asked = [
        (
            row["query"],
            row["source"],
            designs.design_print((bench / "queries" / f"{row['query']}.jpg").read_bytes()),
        )
        for row in rows
    ]
    return examples(filed, asked)


def of_variants(sets: Sets, draw: np.random.Generator, count: int = 3) -> list[Example]:
    """New photographs of bent models; what they are like is the model itself. Its own variants are not
    registered."""
    filed = {
        name: [designs.print_of(filed_view(one, draw)) for one in views.values()]
        for name, views, _ in sets.designs
        if "~" not in name
    }
    asked = []
    for name, _, new in sets.designs:
        base, _, number = name.partition("~")
        if number and base in filed:
            for at in draw.choice(len(new), min(count, len(new)), replace=False):
                picture = new_photograph(new[at], sets.photograph(draw), draw)
                asked.append((f"{name}-{at}", base, designs.print_of(np.ascontiguousarray(picture))))
    return examples(filed, asked)


def fit(found: list[Example]) -> dict[str, object]:
    """Weights and bias; prints the calibration error of the best row of each picture. Pictures of what is
    registered and of strangers count alike in sum, however many there are of each."""
    names, numbers, truth = (
        [one[0] for one in found],
        np.stack([one[1] for one in found]),
        np.array([one[2] for one in found]),
    )
    groups = np.array([int(hashlib.sha256(one.encode()).hexdigest()[:12], 16) for one in names])
    known = np.isin(groups, groups[truth])
    weights = np.where(known, 0.5 / max(1, known.sum()), 0.5 / max(1, (~known).sum())) * len(found)
    judge = LogisticRegression(C=30.0)
    chances = np.zeros(len(found))
    for learnt, asked in GroupKFold(5).split(numbers, truth, groups):
        judge.fit(numbers[learnt], truth[learnt], weights[learnt])
        chances[asked] = judge.predict_proba(numbers[asked])[:, 1]
    print_calibration(chances, truth, weights)
    judge.fit(numbers, truth, weights)
    return {
        "weights": [round(float(one), 4) for one in judge.coef_[0]],
        "bias": round(float(judge.intercept_[0]), 4),
    }


def print_calibration(chances: Numbers, truth: NDArray[np.bool_], weights: Numbers) -> None:
    """Of the best row of each picture, a tenth a line: mean probability, share that is right, rows."""
    sets = np.arange(len(chances)).reshape(-1, ROWS)
    first = sets[np.arange(len(sets)), chances[sets].argmax(axis=1)]
    error = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = first[(chances[first] >= low) & (chances[first] < low + 0.1)]
        if len(inside):
            share = np.average(truth[inside], weights=weights[inside])
            mean = np.average(chances[inside], weights=weights[inside])
            error += abs(mean - share) * weights[inside].sum() / weights[first].sum()
            print(f"  {mean:.2f}: {share:.2f}, {len(inside)}")
    print(f"  expected calibration error of the best row {error:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("bench", type=Path)
    parser.add_argument("renders", type=Path)
    parser.add_argument("clothing", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    print("the same design")
    bench = of_bench(args.bench)
    same = fit(bench)
    print("at least a similar one")
    sets = Sets(args.renders, args.clothing, 256)
    known = {one[0] for one in bench if one[2]}
    strangers = [one for one in bench if one[0] not in known]
    similar = fit(of_variants(sets, np.random.default_rng(5)) + strangers)
    stored = {"model": designs.model().id, "same": same, "similar": similar}
    args.out.write_text(json.dumps(stored, indent=1) + "\n")


if __name__ == "__main__":
    main()
