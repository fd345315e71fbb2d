"""From the evidence to a probability that one picture copies the other, with the reason.

The judge is a small sum of decision trees (gradient boosting by scikit-learn, see training/calibrate.py), followed
by a monotone map that makes its figure a probability. It is stored as plain numbers, so nothing is unpickled.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity import evidence
from similarity.evidence import Evidence
from similarity.fingerprint import Fingerprint
from similarity.geometry import Polygon

JUDGE = Path(__file__).parent / "data" / "judge-4.json"
ALGORITHM = "verdict/5"
ALERT_THRESHOLD = 0.8
_CERTAIN = 0.9999
_FEWEST_PLACES, _UNPLACED = 5, 0.3
"""How many places have to correspond, and how probable a copy can be without."""
_SURE_OF_PLACE = 0.3
_OTHER_COLOUR, _GREY, _VIVID = 16.0, 5.0, 9.0

_WHOLE: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))


@dataclass(frozen=True)
class Reason:
    """The facts behind a probability; whoever shows them finds the words.

    ``turned`` in degrees clockwise, ``coverage`` the share (0 to 1) of the registered picture that was found or
    None where only the whole pictures were compared, ``place`` where it lies in the sighted picture. ``likeness``
    is the embeddings' cosine. ``lines`` join places that correspond (x, y registered, x, y sighted, in fractions).
    """

    same_bytes: bool = False
    same_pixels: bool = False
    mirrored: bool = False
    recoloured: bool = False
    greyed: bool = False
    turned: int = 0
    coverage: float | None = None
    place: str | None = None
    inliers: int = 0
    hash_distance: int = 64
    likeness: float = 0.0
    registered_region: Polygon = ()
    sighted_region: Polygon = ()
    lines: tuple[tuple[float, float, float, float], ...] = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Reason:
        """Inverse of ``to_dict``, also after a way through JSON; what an older version lacks has its default."""
        known = {name: value for name, value in stored.items() if name in cls.__dataclass_fields__}
        for name in ("registered_region", "sighted_region", "lines"):
            known[name] = tuple(tuple(float(part) for part in one) for one in stored.get(name, ()))
        return cls(**known)


@dataclass(frozen=True)
class Verdict:
    """``probability`` from 0 to 1 that the sighted picture copies the registered one."""

    probability: float
    reason: Reason
    algorithm: str = ALGORITHM


def judge(registered: Fingerprint, sighted: Fingerprint) -> Verdict:
    """Compares upright and mirrored and keeps the better. Blank pictures are unknown, so never a match."""
    return judge_all([(registered, sighted)])[0]


def judge_all(pairs: Sequence[tuple[Fingerprint, Fingerprint]]) -> list[Verdict]:
    """``judge`` for each pair (registered, sighted)."""
    known = [_at_sight(*pair) for pair in pairs]
    found = [evidence.gather(*pair) for pair, one in zip(pairs, known, strict=True) if one is None]
    chances = probabilities(np.array([one.to_array() for one in found]).reshape(-1, len(evidence.NAMES)))
    chances = np.where([_placed(one) for one in found], chances, np.minimum(chances, _UNPLACED))
    judged = (Verdict(float(chance), _reason(one)) for chance, one in zip(chances, found, strict=True))
    return [one or next(judged) for one in known]


def _placed(found: Evidence) -> bool:
    """Whether enough places correspond: three or four agree with some transform in any two pictures of thin, plain
    things on plain ground, whose edges then agree too."""
    return found.alignment is not None and found.alignment.inliers >= _FEWEST_PLACES


def _at_sight(registered: Fingerprint, sighted: Fingerprint) -> Verdict | None:
    """The verdict on pairs that need no closer look."""
    if registered.blank or sighted.blank:
        return Verdict(0.0, Reason())
    if registered.content != sighted.content and registered.pixels != sighted.pixels:
        return None
    same_bytes = registered.content == sighted.content
    reason = Reason(
        same_bytes=same_bytes,
        same_pixels=True,
        coverage=1.0,
        hash_distance=0,
        likeness=1.0,
        registered_region=_WHOLE,
        sighted_region=_WHOLE,
    )
    return Verdict(1.0 if same_bytes else _CERTAIN, reason)


def probabilities(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """The calibrated probability for each row of evidence, as ``Evidence.to_array`` gives it."""
    trees = _judge()
    return np.minimum(_CERTAIN, np.interp(trees.scores(numbers), *trees.curve))


@dataclass(frozen=True)
class _Trees:
    """The nodes, trees x nodes; a leaf's ``left`` and ``right`` are itself. ``curve``: score to chance."""

    feature: NDArray[np.int64]
    threshold: NDArray[np.float64]
    left: NDArray[np.int64]
    right: NDArray[np.int64]
    value: NDArray[np.float64]
    depth: int
    baseline: float
    curve: tuple[NDArray[np.float64], NDArray[np.float64]]

    def scores(self, numbers: NDArray[np.float64]) -> NDArray[np.float64]:
        """One score a row; all trees of all rows are walked down together."""
        trees = np.arange(len(self.feature))
        at = np.zeros((len(numbers), len(trees)), np.int64)
        for _ in range(self.depth):
            values = np.take_along_axis(numbers, self.feature[trees, at], 1)
            at = np.where(values <= self.threshold[trees, at], self.left[trees, at], self.right[trees, at])
        return np.asarray(self.value[trees, at].sum(axis=1) + self.baseline)


@cache
def _judge() -> _Trees:
    stored = json.loads(JUDGE.read_text())
    if tuple(stored["features"]) != evidence.NAMES:
        raise ValueError(f"{JUDGE} was made for other evidence")
    most = max(len(tree) for tree in stored["trees"])
    rows = np.zeros((len(stored["trees"]), most, 5))
    for number, tree in enumerate(stored["trees"]):
        nodes = np.array(tree, np.float64)
        leaves = np.flatnonzero(nodes[:, 0] < 0)
        nodes[leaves, 0] = 0
        nodes[leaves, 2] = nodes[leaves, 3] = leaves
        rows[number, : len(nodes)] = nodes
    feature, threshold, left, right, value = rows.transpose(2, 0, 1)
    scores, chances = stored["curve"]
    return _Trees(
        *(feature.astype(np.int64), threshold, left.astype(np.int64), right.astype(np.int64), value),
        depth=most // 2,
        baseline=float(stored["baseline"]),
        curve=(np.array(scores), np.array(chances)),
    )


def _reason(found: Evidence) -> Reason:
    aligned, agreed = found.alignment, found.agreement
    like = round(found.likeness.best, 4)
    if aligned is None or agreed.whole < _SURE_OF_PLACE:
        return Reason(hash_distance=found.hash_bits, likeness=like)
    region, lines = aligned.registered_region, aligned.lines
    if found.mirrored:
        region = tuple((round(1.0 - x, 4), y) for x, y in region)
        lines = tuple((round(1.0 - x, 4), y, u, v) for x, y, u, v in lines)
    greyed = agreed.vivid > _VIVID and agreed.vivid_sighted < _GREY
    return Reason(
        mirrored=found.mirrored,
        recoloured=not greyed and agreed.colour > _OTHER_COLOUR,
        greyed=greyed,
        turned=round(aligned.turned),
        coverage=round(aligned.coverage, 3),
        place=_place(aligned.sighted_region),
        inliers=aligned.inliers,
        hash_distance=found.hash_bits,
        likeness=like,
        registered_region=region,
        sighted_region=aligned.sighted_region,
        lines=lines[:60],
    )


def _place(region: Polygon) -> str | None:
    """Where in the sighted picture, as ``upper_left`` and the like; None where it fills most of it."""
    corners = np.array(region)
    if (np.ptp(corners, axis=0) > 0.6).all():
        return None
    x, y = corners.mean(axis=0)
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "upper" if y < 0.4 else "lower" if y > 0.6 else ""
    return "_".join(part for part in (down, across) if part) or "middle"
