"""Local features and their geometry: is one picture inside the other, and where.

Features are RootSIFT (Lowe 2004; Arandjelovic and Zisserman 2012) on a principal basis of 64 numbers. The basis is
made of vectors that mirroring either keeps or negates, so the features of the mirrored picture are had by changing
signs. Each pair of like features, with its place, size and direction, proposes one similarity transform; the
proposal that most other pairs agree with wins and is refined to an affine one. Nothing is drawn at random.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

WORKING_SIDE = 416
KEPT = 180
"""Features that are kept of a registered picture, at 70 bytes each."""
MAX_FEATURES = 550
NUMBERS = 64
_GRID = 6
_RATIO = 0.92
_FARTHEST = 0.45
_MAX_PAIRS = 110
_PROPOSALS = 3
_FEWEST = 4
_BASIS = Path(__file__).parent / "data" / "rootsift-pca64-1.npz"

Polygon = tuple[tuple[float, float], ...]
Floats = NDArray[np.float32]
Doubles = NDArray[np.float64]
Bools = NDArray[np.bool_]
Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Features:
    """``points``: n x 2, in pixels of the working size; ``sizes`` in the same pixels; ``angles`` in radians;
    ``descriptors``: n x 64 int8, 256 times a RootSIFT coordinate; ``width`` and ``height`` of the working size.
    The order is that of worth, so the first few are the ones to keep."""

    points: Floats
    sizes: Floats
    angles: Floats
    descriptors: NDArray[np.int8]
    width: int
    height: int

    def __len__(self) -> int:
        return len(self.points)

    @cached_property
    def _distance_columns(self) -> tuple[Floats, Floats]:
        """What ``_distances`` multiplies; of a sighted picture it serves every candidate."""
        vectors, odd = self.descriptors.T.astype(np.float32) / 256, _basis()[2] < 0
        squares = (vectors**2).sum(axis=0)[None]
        columns = np.concatenate([vectors[~odd], np.ones_like(squares), squares])
        return columns.astype(np.float32), vectors[odd].astype(np.float32)

    def first(self, count: int) -> Features:
        """The ``count`` worthiest."""
        if len(self) <= count:
            return self
        return Features(
            self.points[:count],
            self.sizes[:count],
            self.angles[:count],
            self.descriptors[:count],
            self.width,
            self.height,
        )

    def mirrored(self) -> Features:
        """The features of the mirrored picture; no second look at the pixels is needed."""
        points = self.points.copy()
        points[:, 0] = self.width - 1 - points[:, 0]
        turned = (np.float32(np.pi) - self.angles).astype(np.float32)
        signs = _basis()[2]
        return Features(points, self.sizes, turned, self.descriptors * signs, self.width, self.height)


@dataclass(frozen=True)
class Alignment:
    """How the registered picture lies in the sighted one.

    ``transform``: 2 x 3, registered working pixels to sighted ones. ``inliers`` distinct pairs agree with it out of
    ``pairs``; ``support`` weighs them by how distinctive they are. ``error`` is their mean distance in pixels,
    ``size_error`` the mean difference of their log2 sizes, ``stretch`` the ratio of the two singular values.
    Regions are the inliers' hulls in fractions of either picture, ``coverage`` and ``sighted_coverage``
    their areas, ``lines`` the inliers themselves (x, y registered, x, y sighted).
    """

    transform: Doubles
    inliers: int
    pairs: int
    support: float
    error: float
    size_error: float
    stretch: float
    turned: float
    scale: float
    registered_region: Polygon
    sighted_region: Polygon
    coverage: float
    sighted_coverage: float
    lines: tuple[tuple[float, float, float, float], ...]


@cache
def _basis() -> tuple[Floats, Floats, NDArray[np.int8]]:
    """Mean (128), basis (64 x 128) and each basis vector's sign under mirroring (64)."""
    with np.load(_BASIS) as stored:
        return stored["mean"], stored["basis"], stored["signs"]


def working_picture(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture in RGB, its long side ``WORKING_SIDE``."""
    import cv2

    height, width = pixels.shape[:2]
    scale = WORKING_SIDE / max(height, width)
    size = (max(8, round(width * scale)), max(8, round(height * scale)))
    how = cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR
    return np.asarray(cv2.resize(pixels, size, interpolation=how), np.uint8)


def grey_of(picture: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The picture's brightness."""
    import cv2

    return np.asarray(cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY), np.uint8)


def extract(grey: NDArray[np.uint8]) -> Features:
    """At most ``MAX_FEATURES`` features of a grey picture, spread over it: no corner takes all."""
    import cv2

    height, width = grey.shape
    sift = cv2.SIFT_create(nfeatures=MAX_FEATURES, contrastThreshold=0.02)  # type: ignore[attr-defined]
    found, vectors = sift.detectAndCompute(grey, None)
    if vectors is None or len(found) == 0:
        nothing = np.zeros(0, np.float32)
        return Features(
            np.zeros((0, 2), np.float32), nothing, nothing, np.zeros((0, NUMBERS), np.int8), width, height
        )
    points = np.asarray([one.pt for one in found], np.float32)
    sizes = np.asarray([one.size for one in found], np.float32)
    angles = np.radians(np.asarray([one.angle for one in found], np.float32))
    strength = np.asarray([one.response for one in found]) * sizes
    order = _spread((points / [width, height]).astype(np.float32), np.asarray(strength, np.float64))[:MAX_FEATURES]
    return Features(points[order], sizes[order], angles[order], _project(vectors[order]), width, height)


def _spread(places: Floats, strength: Doubles) -> Numbers:
    """The strongest of each cell of a grid first, then the second strongest, and so on."""
    order = np.argsort(-strength, kind="stable")
    cells = np.clip((places[order] * _GRID).astype(int), 0, _GRID - 1) @ np.array([1, _GRID])
    by_cell = np.argsort(cells, kind="stable")
    starts = np.searchsorted(cells[by_cell], cells[by_cell])
    ranks = np.empty(len(order), int)
    ranks[by_cell] = np.arange(len(order)) - starts
    return np.asarray(order[np.argsort(ranks, kind="stable")], np.int64)


def _project(vectors: Floats) -> NDArray[np.int8]:
    mean, basis, _ = _basis()
    rooted = np.sqrt(vectors / np.maximum(vectors.sum(axis=1, keepdims=True), 1e-9))
    return np.asarray(np.clip(np.rint((rooted - mean) @ basis.T * 256), -127, 127), np.int8)


@dataclass(frozen=True)
class _Pairs:
    """Like features: places in either picture (n x 2), log2 of the ratio of sizes, turn, and weight."""

    source: Doubles
    target: Doubles
    growth: Doubles
    turn: Doubles
    weight: Doubles

    def __len__(self) -> int:
        return len(self.source)


def align(registered: Features, sighted: Features) -> tuple[Alignment | None, Alignment | None]:
    """The transform that most features agree on, and that of the mirrored registered picture; None where there is
    none worth the name."""
    if len(registered) < 2 or len(sighted) < 2:
        return None, None
    upright, mirrored = _distances(registered, sighted)
    return _aligned(registered, sighted, upright), _aligned(registered.mirrored(), sighted, mirrored)


def _aligned(registered: Features, sighted: Features, distances: Floats) -> Alignment | None:
    pairs = _pair_up(registered, sighted, distances)
    if len(pairs) < _FEWEST:
        return None
    agreeing = _agreement(pairs)
    votes = agreeing @ pairs.weight
    counts = agreeing.sum(axis=1)
    best: tuple[float, Doubles, Bools, Doubles] | None = None
    tried: list[Bools] = []
    for proposal in np.argsort(-votes, kind="stable")[:_PROPOSALS]:
        if counts[proposal] < _FEWEST or any((agreeing[proposal] <= one).all() for one in tried):
            continue
        tried.append(agreeing[proposal])
        found = _refine(pairs, agreeing[proposal])
        if found is not None and (best is None or found[0] > best[0]):
            best = found
    return None if best is None else _describe(registered, sighted, pairs, *best)


def _pair_up(registered: Features, sighted: Features, distances: Floats) -> _Pairs:
    """Each feature's nearest, where it is much nearer than the second; ``distances`` are used up."""
    rows = np.arange(len(registered))
    nearest = distances.argmin(axis=1)
    near = np.maximum(distances[rows, nearest], 1e-6)
    distances[rows, nearest] = np.inf
    ratio = np.sqrt(near / np.maximum(distances.min(axis=1), 1e-6))
    passed = np.flatnonzero((ratio < _RATIO) & (near < _FARTHEST))
    kept = passed[np.argsort(ratio[passed], kind="stable")][:_MAX_PAIRS]
    there = nearest[kept]
    return _Pairs(
        registered.points[kept].astype(np.float64),
        sighted.points[there].astype(np.float64),
        np.log2(sighted.sizes[there] / registered.sizes[kept]).astype(np.float64),
        (sighted.angles[there] - registered.angles[kept]).astype(np.float64),
        np.clip(1.15 - ratio[kept], 0.1, 1.0).astype(np.float64) ** 2,
    )


def _distances(registered: Features, sighted: Features) -> tuple[Floats, Floats]:
    """Squared distances between all descriptors, |a|^2 + |b|^2 - 2ab, and those of the mirrored registered picture:
    in it only some coordinates change their sign, so both are made of the same products."""
    vectors, odd = registered.descriptors.astype(np.float32) / 256, _basis()[2] < 0
    squares = (vectors**2).sum(axis=1)[:, None]
    columns, odd_columns = sighted._distance_columns
    kept = np.concatenate([-2 * vectors[:, ~odd], squares, np.ones_like(squares)], axis=1) @ columns
    turned = (-2 * vectors[:, odd]) @ odd_columns
    return np.asarray(kept + turned, np.float32), np.asarray(kept - turned, np.float32)


def _agreement(pairs: _Pairs) -> Bools:
    """Row k: which pairs agree with the similarity transform that pair k proposes by itself."""
    x, y, u, v, growth, turn = (
        one.astype(np.float32) for one in (*pairs.source.T, *pairs.target.T, pairs.growth, pairs.turn)
    )
    across, down = x - x[:, None], y - y[:, None]
    scale, cos, sin = np.exp2(growth)[:, None], np.cos(turn), np.sin(turn)
    along, against = scale * cos[:, None], scale * sin[:, None]
    off_x = along * across - against * down - (u - u[:, None])
    off_y = against * across + along * down - (v - v[:, None])
    # A feature's own size and direction are rough: what they say is trusted less with distance.
    allowed = 6 + 0.18 * scale * np.sqrt(across**2 + down**2)
    near = off_x**2 + off_y**2 < allowed**2
    alike = np.abs(growth - growth[:, None]) < 0.8
    turned = cos * cos[:, None] + sin * sin[:, None] > 0.82
    return np.asarray(near & alike & turned)


def _refine(pairs: _Pairs, agreeing: Bools) -> tuple[float, Doubles, Bools, Doubles] | None:
    """Fits by least squares, first a similarity, then an affine transform, each time to who agreed with the last.

    Returns support, transform, inliers and the distances of all pairs.
    """
    inliers = agreeing
    for step in range(4):
        if inliers.sum() < _FEWEST:
            return None
        affine = step > 0 and inliers.sum() >= 5
        transform = _fit(pairs.source[inliers], pairs.target[inliers], pairs.weight[inliers], affine=affine)
        square = transform[:, :2]
        scales = _stretches(square)
        if scales[2] <= 0 or scales[0] > 2.2 * scales[1] or not 0.05 < scales[1] < 14:
            return None
        scale = float(np.sqrt(scales[0] * scales[1]))
        distances = np.hypot(*(pairs.source @ square.T + transform[:, 2] - pairs.target).T)
        turn = np.arctan2(square[1, 0] - square[0, 1], square[0, 0] + square[1, 1])
        allowed = (4 + 6 * min(scale, 1.5)) if step < 2 else (3 + 4.5 * min(scale, 1.5))
        alike = (np.abs(pairs.growth - np.log2(scale)) < 1.0) & (np.cos(pairs.turn - turn) > 0.75)
        inliers = (distances < allowed) & alike
    count = int(inliers.sum())
    if count < _FEWEST:
        return None
    support = float(pairs.weight[inliers].sum()) * _distinct(pairs, inliers) / count
    return support, transform, inliers, distances


def _stretches(square: Doubles) -> tuple[float, float, float]:
    """Both singular values of a 2 x 2 matrix, the larger first, and its determinant."""
    a, b, c, d = (float(value) for value in square.ravel())
    plus, minus = float(np.hypot(a + d, c - b)), float(np.hypot(a - d, c + b))
    return (plus + minus) / 2, abs(plus - minus) / 2, a * d - b * c


def _distinct(pairs: _Pairs, inliers: Bools) -> int:
    """One place counts once, however many features sit there."""
    places = (np.unique(np.round(side[inliers] / 3), axis=0) for side in (pairs.source, pairs.target))
    return min(len(one) for one in places)


def _fit(source: Doubles, target: Doubles, weight: Doubles, *, affine: bool) -> Doubles:
    """The weighted least-squares transform, 2 x 3."""
    total = weight.sum()
    from_centre, to_centre = (weight @ source) / total, (weight @ target) / total
    one, other = source - from_centre, target - to_centre
    if affine:
        weighted = one * weight[:, None]
        square = np.linalg.solve(weighted.T @ one + 1e-6 * np.eye(2), weighted.T @ other).T
        return np.asarray(np.c_[square, to_centre - square @ from_centre])
    spread = float(weight @ (one**2).sum(axis=1)) + 1e-9
    cos = float(weight @ (one * other).sum(axis=1)) / spread
    sin = float(weight @ (one[:, 0] * other[:, 1] - one[:, 1] * other[:, 0])) / spread
    square = np.array([[cos, -sin], [sin, cos]])
    return np.asarray(np.c_[square, to_centre - square @ from_centre])


def _describe(
    registered: Features,
    sighted: Features,
    pairs: _Pairs,
    support: float,
    transform: Doubles,
    inliers: Bools,
    distances: Doubles,
) -> Alignment:
    square = transform[:, :2]
    scales = _stretches(square)
    scale = float(np.sqrt(scales[0] * scales[1]))
    here = pairs.source[inliers] / [registered.width, registered.height]
    there = pairs.target[inliers] / [sighted.width, sighted.height]
    turned = float(np.degrees(np.arctan2(square[1, 0] - square[0, 1], square[0, 0] + square[1, 1])))
    return Alignment(
        transform=transform,
        inliers=_distinct(pairs, inliers),
        pairs=len(pairs),
        support=support,
        error=float(distances[inliers].mean()),
        size_error=float(np.abs(pairs.growth[inliers] - np.log2(scale)).mean()),
        stretch=float(scales[0] / scales[1]),
        turned=turned,
        scale=scale,
        registered_region=_hull(here),
        sighted_region=_hull(there),
        coverage=_area(here),
        sighted_coverage=_area(there),
        lines=_lines(here, there),
    )


def _lines(here: Doubles, there: Doubles) -> tuple[tuple[float, float, float, float], ...]:
    return tuple((float(x), float(y), float(u), float(v)) for x, y, u, v in np.c_[here, there].round(4))


def _hull(points: Doubles) -> Polygon:
    import cv2

    corners = cv2.convexHull(points.astype(np.float32)).reshape(-1, 2)
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in corners)


def _area(points: Doubles) -> float:
    """The share of the picture that the points' hull covers, 0 to 1."""
    import cv2

    return float(min(1.0, max(0.0, cv2.contourArea(cv2.convexHull(points.astype(np.float32))))))
