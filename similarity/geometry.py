"""Local features and their geometry: is one picture inside the other, and where."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MAX_FEATURES = 120
WORKING_SIDE = 512
_GRID = 6
_RATIO = 0.85
_TOLERANCE = 12.0
_MIRROR = np.arange(128).reshape(4, 4, 8)[::-1][:, :, [0, 7, 6, 5, 4, 3, 2, 1]].reshape(128)

Polygon = tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Features:
    """``points``: n x 2 float32, x and y in fractions of the picture; ``descriptors``: n x 128 uint8 (RootSIFT)."""

    points: NDArray[np.float32]
    descriptors: NDArray[np.uint8]
    aspect: float

    def mirrored(self) -> Features:
        """The features of the mirrored picture, had by permuting: no second look at the pixels is needed."""
        points = self.points.copy()
        points[:, 0] = 1.0 - points[:, 0]
        return Features(points, self.descriptors[:, _MIRROR], self.aspect)


@dataclass(frozen=True)
class Alignment:
    """How the registered picture lies in the sighted one; regions are polygons in fractions of either picture."""

    inliers: int
    tentative: int
    turned: float
    scale: float
    registered_region: Polygon
    sighted_region: Polygon
    coverage: float


def extract(pixels: NDArray[np.uint8]) -> Features:
    """At most ``MAX_FEATURES`` features of an RGB picture, spread over it: no corner takes all."""
    import cv2

    height, width = pixels.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    grey = cv2.resize(cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY), size, interpolation=cv2.INTER_AREA)
    sift = cv2.SIFT_create(contrastThreshold=0.02)  # type: ignore[attr-defined]  # missing in the stubs
    found, vectors = sift.detectAndCompute(grey, None)
    if vectors is None or len(found) == 0:
        return Features(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.uint8), width / height)
    points = np.asarray([one.pt for one in found], dtype=np.float32) / np.asarray(size, dtype=np.float32)
    strength = np.asarray([one.response * one.size for one in found], dtype=np.float64)
    chosen = _spread(points.astype(np.float32), strength)
    return Features(points[chosen].astype(np.float32), _root(vectors[chosen]), width / height)


def _spread(points: NDArray[np.float32], strength: NDArray[np.float64]) -> NDArray[np.int64]:
    """The strongest of each cell of a grid first, then the second strongest, and so on."""
    order = np.argsort(-strength, kind="stable")
    cells = np.clip((points[order] * _GRID).astype(int), 0, _GRID - 1) @ np.array([1, _GRID])
    seen: dict[int, int] = {}
    ranks = np.empty(len(order), int)
    for place, cell in enumerate(cells):
        ranks[place] = seen.get(int(cell), 0)
        seen[int(cell)] = ranks[place] + 1
    return np.asarray(order[np.argsort(ranks, kind="stable")][:MAX_FEATURES], np.int64)


def _root(vectors: NDArray[np.float32]) -> NDArray[np.uint8]:
    """RootSIFT (Arandjelovic and Zisserman 2012) in 8 bits: dot products then compare like Hellinger distances."""
    total = np.maximum(vectors.sum(axis=1, keepdims=True), 1e-9)
    rooted: NDArray[np.uint8] = np.clip(np.sqrt(vectors / total) * 512, 0, 255).astype(np.uint8)
    return rooted


def align(registered: Features, sighted: Features) -> Alignment | None:
    """The similarity transform that most features agree on, or None where there is none worth the name."""
    import cv2

    pairs = _pairs(registered, sighted)
    if len(pairs) < 4:
        return None
    source = _square(registered, pairs[:, 0])
    target = _square(sighted, pairs[:, 1])
    cv2.setRNGSeed(7)
    matrix, mask = cv2.estimateAffinePartial2D(
        source, target, method=cv2.RANSAC, ransacReprojThreshold=_TOLERANCE, maxIters=2000
    )
    if matrix is None:
        return None
    kept = mask.ravel().astype(bool)
    scale = float(np.hypot(matrix[0, 0], matrix[1, 0]))
    distinct = min(len(np.unique(source[kept].round(), axis=0)), len(np.unique(target[kept].round(), axis=0)))
    if distinct < 4 or not 0.08 < scale < 12:
        return None
    return Alignment(
        inliers=distinct,
        tentative=len(pairs),
        turned=float(np.degrees(np.arctan2(matrix[1, 0], matrix[0, 0]))),
        scale=scale,
        registered_region=_hull(registered.points[pairs[kept, 0]]),
        sighted_region=_hull(sighted.points[pairs[kept, 1]]),
        coverage=_area(registered.points[pairs[kept, 0]]),
    )


def _pairs(registered: Features, sighted: Features) -> NDArray[np.int64]:
    """Index pairs (registered, sighted) that pass the ratio test; n x 2."""
    if len(registered.points) < 2 or len(sighted.points) < 2:
        return np.zeros((0, 2), np.int64)
    likeness = sighted.descriptors.astype(np.float32) @ registered.descriptors.astype(np.float32).T / 512**2
    best = np.argsort(-likeness, axis=1)[:, :2]
    rows = np.arange(len(likeness))
    near = np.sqrt(np.maximum(2 - 2 * likeness[rows, best[:, 0]], 0))
    next_near = np.sqrt(np.maximum(2 - 2 * likeness[rows, best[:, 1]], 0))
    passed = near < _RATIO * next_near
    return np.stack([best[passed, 0], rows[passed]], axis=1)


def _square(features: Features, chosen: NDArray[np.int64]) -> NDArray[np.float32]:
    """Points in pixels of the working size, where x and y have the same scale."""
    width, height = (features.aspect, 1.0) if features.aspect < 1 else (1.0, 1 / features.aspect)
    scaled = features.points[chosen] * np.array([width, height], np.float32) * WORKING_SIDE
    return np.asarray(scaled, np.float32)


def _hull(points: NDArray[np.float32]) -> Polygon:
    import cv2

    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in cv2.convexHull(points).reshape(-1, 2))


def _area(points: NDArray[np.float32]) -> float:
    """The share of the picture that the points' hull covers, 0 to 1."""
    import cv2

    return float(min(1.0, max(0.0, cv2.contourArea(cv2.convexHull(points)))))
