"""Everything that speaks for or against one picture copying another, as numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity import agreement, embedding, geometry, views
from similarity.agreement import Agreement
from similarity.fingerprint import Fingerprint
from similarity.geometry import Alignment
from similarity.phash import distance

NAMES = (
    "support",
    "inliers",
    "share",
    "error",
    "size_error",
    "stretch",
    "coverage",
    "sighted_coverage",
    "whole",
    "quarter",
    "half",
    "cells",
    "shown",
    "outside",
    "other_way",
    "growth",
    "likeness",
    "likeness_normal",
    "likeness_whole",
    "likeness_three",
    "hash_bits",
    "features",
)
_CROWD = 10

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Likeness:
    """What the embeddings say: cosines of the best pair of views, of the whole pictures and the mean of the best
    three pairs; ``normal`` is the best less what a picture like these has in common with unrelated ones. ``views``:
    which views (registered, sighted) are the best pair."""

    best: float
    whole: float
    three: float
    normal: float
    views: tuple[int, int]


@dataclass(frozen=True)
class Evidence:
    """``alignment`` and ``agreement`` of the better of upright and ``mirrored``; ``other_way`` is the support that
    the worse one had. ``features``: how many the poorer of both pictures has; where both have many and
    none agree, that they are alike says little."""

    alignment: Alignment | None
    agreement: Agreement
    outside: float
    mirrored: bool
    other_way: float
    likeness: Likeness
    hash_bits: int
    features: int

    def to_array(self) -> NDArray[np.float64]:
        """The numbers of ``NAMES``, of about the same size each."""
        found = self.alignment
        shape = [0.0, 0.0, 0.0, 10.0, 1.0, 1.0, 0.0, 0.0]
        if found is not None:
            shape = [
                np.log1p(found.support),
                np.log1p(found.inliers),
                found.inliers / found.pairs,
                found.error,
                found.size_error,
                np.log2(found.stretch),
                found.coverage,
                found.sighted_coverage,
            ]
        agreed, like = self.agreement, self.likeness
        return np.array(
            [
                *shape,
                agreed.whole,
                agreed.quarter,
                agreed.half,
                agreed.cells,
                agreed.shown,
                self.outside,
                np.log1p(self.other_way),
                abs(np.log2(found.scale)) if found else 0.0,
                like.best,
                like.normal,
                like.whole,
                like.three,
                max(0, 32 - self.hash_bits),
                np.log1p(self.features),
            ]
        )


def gather(registered: Fingerprint, sighted: Fingerprint) -> Evidence:
    """The evidence on one pair of pictures."""
    kept = registered.features.first(geometry.KEPT)
    upright, mirrored = geometry.align(kept, sighted.features)
    supports = [one.support if one else 0.0 for one in (upright, mirrored)]
    turned = supports[1] > supports[0]
    found = mirrored if turned else upright
    hashes = (registered.phash, registered.phash_mirrored)
    agreed, outside = (Agreement(), 0.0) if found is None else _agree(registered, sighted, found, turned)
    return Evidence(
        alignment=found,
        agreement=agreed,
        outside=outside,
        mirrored=turned,
        other_way=min(supports),
        likeness=compare_views(registered, sighted),
        hash_bits=min(distance(one, sighted.phash) for one in hashes),
        features=min(len(kept), len(sighted.features)),
    )


def _agree(
    registered: Fingerprint, sighted: Fingerprint, found: Alignment, mirrored: bool
) -> tuple[Agreement, float]:
    small = agreement.small(registered.picture)
    if mirrored:
        small = np.ascontiguousarray(small[:, ::-1])
    # From working pixels on either side to the pixels of the pictures at hand.
    from_small = registered.features.width / small.shape[1]
    to_picture = sighted.picture.shape[1] / sighted.features.width
    transform = found.transform * to_picture
    transform[:, :2] *= from_small
    return agreement.measure(small, sighted.picture, transform, np.array(found.registered_region))


def compare_views(registered: Fingerprint, sighted: Fingerprint) -> Likeness:
    """All views of the one with all of the other."""
    one, other = embedding.unit(registered.registered_vectors), sighted.units[: -len(views.SMALL)]
    cosines = one @ other.T
    best = np.unravel_index(int(cosines.argmax()), cosines.shape)
    here, there = int(best[0]), int(best[1])
    others = embedding.crowd_of(sighted.model)
    crowd = (_crowdedness(one[here], others) + _crowdedness(other[there], others)) / 2
    flat = np.partition(cosines, -3, axis=None)[-3:]
    top = float(cosines[here, there])
    return Likeness(top, float(cosines[0, 0]), float(flat.mean()), top - crowd, (here, there))


def _crowdedness(vector: Floats, crowd: Floats | None) -> float:
    """How like a picture is to unrelated ones: the mean cosine of the nearest of a fixed crowd."""
    return 0.0 if crowd is None else float(np.partition(crowd @ vector, -_CROWD)[-_CROWD:].mean())
