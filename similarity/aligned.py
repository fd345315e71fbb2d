"""The sighted picture as it lies over the registered one, for looking at both in one place."""

from __future__ import annotations

import io

import cv2
import numpy as np
from PIL import Image, ImageOps

from similarity.image import decode
from similarity.verdict import Reason

LEAST_PAIRS = 4


def aligned(registered: bytes, sighted: bytes, reason: Reason, side: int = 1280) -> bytes:
    """A JPEG of the size of the registered picture (its long side at most ``side``): the sighted one, turned,
    mirrored and scaled so that the points that agree lie over each other; where none do, only scaled to fit.
    Raises ``similarity.image.PictureError``."""
    frame, image = (_fit(data, side) for data in (registered, sighted))
    shape = (frame.shape[1], frame.shape[0])
    found = _between(reason, image.shape, frame.shape)
    if found is None:
        whole = ImageOps.pad(Image.fromarray(image), shape, color="white")
    else:
        whole = Image.fromarray(cv2.warpAffine(image, found, shape, borderValue=(255, 255, 255)))
    out = io.BytesIO()
    whole.save(out, "JPEG", quality=85)
    return out.getvalue()


def _fit(data: bytes, side: int) -> np.ndarray:
    pixels = Image.fromarray(decode(data, side=side).pixels).convert("RGB")
    return np.asarray(ImageOps.contain(pixels, (side, side)))


def _between(reason: Reason, sighted: tuple[int, ...], registered: tuple[int, ...]) -> np.ndarray | None:
    """The transform from the sighted picture's points to the registered one's, by points that agree."""
    if len(reason.lines) < LEAST_PAIRS:
        return _flipped(sighted, registered) if reason.mirrored else None
    pairs = np.array(reason.lines, np.float32)
    there = pairs[:, :2] * (registered[1], registered[0])
    here = pairs[:, 2:] * (sighted[1], sighted[0])
    found, _ = cv2.estimateAffine2D(here, there, method=cv2.RANSAC, ransacReprojThreshold=10)
    if found is None or not np.isfinite(found).all() or abs(np.linalg.det(found[:, :2])) < 1e-3:
        return None
    return np.asarray(found)


def _flipped(sighted: tuple[int, ...], registered: tuple[int, ...]) -> np.ndarray:
    """Mirrored, and scaled to the registered picture's frame."""
    across, down = registered[1] / sighted[1], registered[0] / sighted[0]
    return np.array([[-across, 0, registered[1]], [0, down, 0]], np.float32)
