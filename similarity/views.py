"""The parts of a picture worth looking at by themselves: a copy may be a part of a listing's picture, and a
listing's picture a part of the design.

Mirrored and turned pictures need no views of their own: the embedding is trained not to mind.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

REGISTERED = 6
"""The first so many views stand for a registered picture; a sighted one is looked at in all of them."""
MOST = 40
"""No picture has more views."""
_WIDE = 1.6
_LARGE, _HALF = 0.64, 0.5
_FLAT = 6.0
_GAP = 0.04

Box = tuple[float, float, float, float]
WHOLE: Box = (0.0, 0.0, 1.0, 1.0)
HALVES: list[Box] = [
    (x, y, _HALF, _HALF) for y in (0.0, 0.25, 0.5) for x in (0.0, 0.25, 0.5) if (x, y) != (0.25, 0.25)
]
SMALL: list[Box] = [(x, y, 0.4, 0.4) for x, y in ((0.3, 0.1), (0.15, 0.3), (0.3, 0.3), (0.45, 0.3), (0.3, 0.5))]
"""Windows for a design printed small on other goods, where such a print sits. They stand last and find candidates;
the judge, who was fitted without them, leaves them out."""


def boxes(grey: NDArray[np.uint8]) -> list[Box]:
    """Boxes (x, y, width, height in fractions) of the views of a grey picture, the registered ones first."""
    height, width = grey.shape
    rest = 1 - _LARGE
    found = [WHOLE]
    found += [(x, y, _LARGE, _LARGE) for y in (0.0, rest) for x in (0.0, rest)]
    found.append((rest / 2, rest / 2, _LARGE, _LARGE))
    content = content_box(grey)
    if content is not None:
        found.append(content)
    if max(width, height) > _WIDE * min(width, height):
        return found + _panels(width, height) + SMALL
    return found + HALVES + SMALL


def _panels(width: int, height: int) -> list[Box]:
    """Squares along a long picture, as the goods stand in a collage or on a page."""
    share = max(0.1, min(width, height) / max(width, height))
    count = min(9, round((1 - share) / (share / 2)) + 1)
    starts = np.linspace(0, 1 - share, count)
    across = width > height
    return [(float(at), 0.0, share, 1.0) if across else (0.0, float(at), 1.0, share) for at in starts]


def content_box(grey: NDArray[np.uint8]) -> Box | None:
    """Where the picture is, once borders and page furniture are cut away; None where that is nearly everywhere."""
    left, right = 0, grey.shape[1]
    top, bottom = _longest_run(grey.std(axis=1) > _FLAT)
    if bottom - top < 16:
        return None
    left, right = _longest_run(grey[top:bottom].std(axis=0) > _FLAT)
    if right - left < 16:
        return None
    height, width = grey.shape
    box = (left / width, top / height, (right - left) / width, (bottom - top) / height)
    return box if 0.04 < box[2] * box[3] < 0.9 else None


def _longest_run(busy: NDArray[np.bool_]) -> tuple[int, int]:
    """Start and end of the longest stretch of busy lines, small gaps let through."""
    lines = np.flatnonzero(busy)
    if len(lines) == 0:
        return 0, 0
    breaks = np.flatnonzero(np.diff(lines) > max(2, _GAP * len(busy)))
    starts = lines[np.r_[0, breaks + 1]]
    ends = lines[np.r_[breaks, len(lines) - 1]] + 1
    longest = int(np.argmax(ends - starts))
    return int(starts[longest]), int(ends[longest])


def cut(pixels: NDArray[np.uint8], box: Box) -> NDArray[np.uint8]:
    """The part of the picture in the box, never empty."""
    height, width = pixels.shape[:2]
    x, y = int(box[0] * width), int(box[1] * height)
    right, bottom = round((box[0] + box[2]) * width), round((box[1] + box[3]) * height)
    return pixels[min(y, height - 1) : max(bottom, y + 1), min(x, width - 1) : max(right, x + 1)]
