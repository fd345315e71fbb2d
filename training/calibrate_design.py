"""Fits the judge of designs: from how like a picture is to a design's filed views, to two probabilities.

    python training/calibrate_design.py BENCH RENDERS CLOTHING --out similarity/data/design-judge-1.json

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
from sklearn.model_selection import GroupKFold, cross_val_predict
from staging import filed_view, new_photograph

from similarity import designs
from similarity.designs import DesignPrint

ROWS, NEIGHBOURS = 10, 4
Numbers = NDArray[np.float64]
Example = tuple[str, Numbers, bool]


def examples(filed: dict[str, list[DesignPrint]], asked: list[tuple[str, str, DesignPrint]]) -> list[Example]:
    """For each picture asked (name, its design, print) the evidence on the ``ROWS`` designs nearest to it."""
    names = list(filed)
    rows = np.concatenate([np.stack([one.unit for one in filed[name]]) for name in names])
    ends = np.cumsum([len(filed[name]) for name in names])
    found = []
    for picture, design, seen in asked:
        sets = np.split(rows @ seen.unit, ends[:-1])
        best = np.array([one.max() for one in sets], np.float32)
        ranked = np.argsort(-best)
        for at in ranked[:ROWS]:
            others = best[[one for one in ranked[: ROWS + NEIGHBOURS] if one != at]]
            numbers = designs.evidence(sets[at], designs.crowdedness(seen, others))
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
    """Weights and bias; prints the calibration error of the best row of each picture."""
    groups = np.array([int(hashlib.sha256(one[0].encode()).hexdigest()[:12], 16) for one in found])
    numbers, truth = np.stack([one[1] for one in found]), np.array([one[2] for one in found])
    judge = LogisticRegression(C=30.0)
    chances = cross_val_predict(judge, numbers, truth, groups=groups, cv=GroupKFold(5), method="predict_proba")[
        :, 1
    ]
    first = np.arange(0, len(found), ROWS)
    error = 0.0
    for low in np.arange(0, 1, 0.1):
        inside = first[(chances[first] >= low) & (chances[first] < low + 0.1)]
        if len(inside):
            error += abs(chances[inside].mean() - truth[inside].mean()) * len(inside) / len(first)
            print(f"  {chances[inside].mean():.2f}: {truth[inside].mean():.2f}, {len(inside)}")
    print(f"  expected calibration error of the first row {error:.3f}")
    judge.fit(numbers, truth)
    return {
        "weights": [round(float(one), 4) for one in judge.coef_[0]],
        "bias": round(float(judge.intercept_[0]), 4),
    }


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
