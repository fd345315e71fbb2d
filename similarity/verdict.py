"""From the evidence to a probability that one picture copies the other, with the reason."""

from __future__ import annotations

import io
import math
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from similarity.fingerprint import Fingerprint
from similarity.geometry import Alignment, Polygon, align
from similarity.image import decode
from similarity.phash import distance

ALGORITHM = "verdict/1"
ALERT_THRESHOLD = 0.8
# Logistic regression over (inliers, share of agreeing pairs, bits by which the hashes are closer than chance).
_BIAS, _INLIERS, _AGREEMENT, _HASH = -6.2, 0.42, 4.0, 0.22
_CERTAIN = 0.9999


@dataclass(frozen=True)
class Reason:
    """The facts behind a probability; whoever shows them finds the words.

    ``turned`` in degrees counter-clockwise, ``coverage`` the share (0 to 1) of the registered picture that was
    found or None where only the whole pictures were compared, ``place`` where it lies in the sighted picture.
    """

    same_bytes: bool = False
    same_pixels: bool = False
    mirrored: bool = False
    turned: int = 0
    coverage: float | None = None
    place: str | None = None
    inliers: int = 0
    hash_distance: int = 64
    registered_region: Polygon = ()
    sighted_region: Polygon = ()

    def to_dict(self) -> dict[str, Any]:
        """Plain values, as JSON can hold them."""
        return asdict(self)

    @classmethod
    def from_dict(cls, stored: dict[str, Any]) -> Reason:
        """Inverse of ``to_dict``, also after a way through JSON."""
        regions = {
            name: tuple((float(x), float(y)) for x, y in stored.get(name, ()))
            for name in ("registered_region", "sighted_region")
        }
        return cls(**{**stored, **regions})


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
        whole: Polygon = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
        same_bytes = registered.content == sighted.content
        reason = Reason(
            same_bytes=same_bytes,
            same_pixels=True,
            coverage=1.0,
            hash_distance=0,
            registered_region=whole,
            sighted_region=whole,
        )
        return Verdict(_CERTAIN, reason)
    upright = _judge_one(
        align(registered.features, sighted.features), distance(registered.phash, sighted.phash), False
    )
    mirrored = _judge_one(
        align(registered.features.mirrored(), sighted.features),
        distance(registered.phash_mirrored, sighted.phash),
        True,
    )
    return max(upright, mirrored, key=lambda one: one.probability)


def overlay(registered: bytes, sighted: bytes, reason: Reason, side: int = 640) -> bytes:
    """Both pictures beside each other with the matched regions outlined, as JPEG."""
    images = [Image.fromarray(decode(data).pixels) for data in (registered, sighted)]
    canvas = Image.new("RGB", (side * 2 + 12, side), "white")
    for at, (image, region) in enumerate(
        zip(images, (reason.registered_region, reason.sighted_region), strict=True)
    ):
        image.thumbnail((side, side))
        if len(region) >= 3:
            corners = [(x * image.width, y * image.height) for x, y in region]
            ImageDraw.Draw(image).line([*corners, corners[0]], fill=(230, 30, 60), width=4)
        canvas.paste(image, (at * (side + 12) + (side - image.width) // 2, (side - image.height) // 2))
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return out.getvalue()


def _judge_one(found: Alignment | None, bits: int, mirrored: bool) -> Verdict:
    closer = max(0, 26 - bits)
    inliers = found.inliers if found else 0
    agreement = found.inliers / found.tentative if found else 0.0
    total = _BIAS + _INLIERS * min(inliers, 40) + _AGREEMENT * agreement + _HASH * closer
    probability = min(_CERTAIN, 1 / (1 + math.exp(-total)))
    return Verdict(probability, _reason(found, bits, mirrored))


def _reason(found: Alignment | None, bits: int, mirrored: bool) -> Reason:
    if found is None:
        return Reason(mirrored=mirrored, hash_distance=bits)
    region = found.registered_region
    if mirrored:
        region = tuple((round(1.0 - x, 4), y) for x, y in region)
    return Reason(
        mirrored=mirrored,
        turned=round(found.turned),
        coverage=round(found.coverage, 3),
        place=_place(found.sighted_region),
        inliers=found.inliers,
        hash_distance=bits,
        registered_region=region,
        sighted_region=found.sighted_region,
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
