"""From the evidence to a probability that one picture copies the other, with the reason.

The judge is a small sum of decision trees (gradient boosting by scikit-learn, see training/calibrate.py), followed
by a monotone map that makes its figure a probability. It is stored as plain numbers, so nothing is unpickled.
"""

from __future__ import annotations

import json
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

JUDGE = Path(__file__).parent / "data" / "judge-3.json"
ALGORITHM = "verdict/3"
ALERT_THRESHOLD = 0.8
_CERTAIN = 0.9999
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
    if registered.blank or sighted.blank:
        return Verdict(0.0, Reason())
    if registered.content == sighted.content or registered.pixels == sighted.pixels:
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
    found = evidence.gather(registered, sighted)
    return Verdict(probability(found.to_array()), _reason(found))


def probability(numbers: NDArray[np.float64]) -> float:
    """The calibrated probability for evidence as ``Evidence.to_array`` gives it."""
    return min(_CERTAIN, _judge().probability(numbers))


@dataclass(frozen=True)
class _Trees:
    """``nodes``: trees x nodes x (feature or -1, threshold, left, right, value); ``curve``: score to chance."""

    nodes: list[list[tuple[int, float, int, int, float]]]
    baseline: float
    curve: tuple[NDArray[np.float64], NDArray[np.float64]]

    def score(self, numbers: NDArray[np.float64]) -> float:
        values, total = numbers.tolist(), self.baseline
        for tree in self.nodes:
            feature, threshold, left, right, value = tree[0]
            while feature >= 0:
                feature, threshold, left, right, value = tree[left if values[feature] <= threshold else right]
            total += value
        return total

    def probability(self, numbers: NDArray[np.float64]) -> float:
        return float(np.interp(self.score(numbers), *self.curve))


@cache
def _judge() -> _Trees:
    stored = json.loads(JUDGE.read_text())
    if tuple(stored["features"]) != evidence.NAMES:
        raise ValueError(f"{JUDGE} was made for other evidence")
    nodes = [[(int(f), float(t), int(a), int(b), float(v)) for f, t, a, b, v in tree] for tree in stored["trees"]]
    scores, chances = stored["curve"]
    return _Trees(nodes, float(stored["baseline"]), (np.array(scores), np.array(chances)))


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
