"""Once a transform is known: do the two pictures agree there, line by line, beyond the features it was found by?

Compares the directions of edges, strong and weak alike, and not brightness or colour: a recoloured, greyed or
inverted copy agrees, and a picture that shares a banner only does not agree around it. Colour is looked at by
itself, to say that a copy has another one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SIDE = 112
_CELL = 8
_WINDOW = 13
_FAINT = 30.0
_FEW = 0.12

Pixels = NDArray[np.uint8]
Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Agreement:
    """``whole``: correlation of edge directions over all that both show, -1 to 1; ``quarter`` and ``half``: the
    25th and 50th percentile of it over small cells; ``cells``: the share of cells that clearly agree; ``shown``:
    the share of the registered picture that the sighted one has room for; ``colour``: the mean distance of the
    colours there (a and b of CIE L*a*b*), ``vivid`` and ``vivid_sighted`` how colourful either is."""

    whole: float = 0.0
    quarter: float = -1.0
    half: float = -1.0
    cells: float = 0.0
    shown: float = 0.0
    colour: float = 0.0
    vivid: float = 0.0
    vivid_sighted: float = 0.0


def small(picture: Pixels) -> Pixels:
    """The picture in which agreement is measured: long side ``SIDE``."""
    import cv2

    height, width = picture.shape[:2]
    scale = SIDE / max(height, width)
    size = (max(4, round(width * scale)), max(4, round(height * scale)))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


def measure(
    registered: Pixels, sighted: Pixels, transform: NDArray[np.float64], region: NDArray[np.float64]
) -> tuple[Agreement, float]:
    """``registered`` as ``small`` gives it; ``transform`` (2 x 3) takes its pixels to those of ``sighted``.

    The second value is the correlation outside of ``region`` (a polygon in fractions of the registered picture,
    where the features were found): pictures that share a banner, and nothing else, have none there.
    """
    shown, inside = _carry_back(registered.shape[:2], sighted, transform)
    share = float(inside.mean())
    if inside.sum() < 60:
        return Agreement(shown=share), 0.0
    one, strength_one, energy = _directions(registered)
    other, strength_other, _ = _directions(shown)
    product = (one * other).sum(axis=2)
    cells = _cells(product, strength_one, strength_other, energy, inside)
    whole = _correlation(product, strength_one, strength_other, inside)
    beyond = inside & ~_mask(registered.shape[:2], region)
    outside = whole if beyond.sum() < _FEW * inside.sum() else None
    if outside is None:
        outside = _correlation(product, strength_one, strength_other, beyond)
    agreed = Agreement(
        whole=whole,
        quarter=float(np.percentile(cells, 25)),
        half=float(np.percentile(cells, 50)),
        cells=float((cells > 0.3).mean()),
        shown=share,
        **_colours(registered, shown, inside),
    )
    return agreed, outside


def _correlation(product: Floats, one: Floats, other: Floats, where: NDArray[np.bool_]) -> float:
    total = math.sqrt(float((one[where] ** 2).sum()) * float((other[where] ** 2).sum()))
    return float(product[where].sum()) / (total + 1e-6)


def _mask(shape: tuple[int, ...], region: NDArray[np.float64]) -> NDArray[np.bool_]:
    import cv2

    filled = np.zeros(shape, np.uint8)
    corners = np.rint(region * [shape[1] - 1, shape[0] - 1]).astype(np.int32)
    cv2.fillPoly(filled, [corners], (1,))
    return cv2.dilate(filled, np.ones((9, 9), np.uint8)).astype(bool)


def _carry_back(
    shape: tuple[int, ...], sighted: Pixels, transform: NDArray[np.float64]
) -> tuple[Pixels, NDArray[np.bool_]]:
    """The sighted picture as seen from the registered one, and where there is any."""
    import cv2

    size = (shape[1], shape[0])
    scale = float(np.sqrt(abs(np.linalg.det(transform[:, :2]))))
    if scale > 1.5:  # shrink first, so that nothing is skipped over
        smaller = (max(4, round(sighted.shape[1] / scale)), max(4, round(sighted.shape[0] / scale)))
        factors = np.array([[smaller[0] / sighted.shape[1]], [smaller[1] / sighted.shape[0]]])
        sighted = np.asarray(cv2.resize(sighted, smaller, interpolation=cv2.INTER_AREA), np.uint8)
        transform = transform * factors
    back = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    shown = cv2.warpAffine(sighted, transform, size, flags=back, borderMode=cv2.BORDER_REPLICATE)
    everywhere = np.ones(sighted.shape[:2], np.uint8)
    inside = cv2.warpAffine(everywhere, transform, size, flags=cv2.INTER_NEAREST | cv2.WARP_INVERSE_MAP)
    return np.asarray(shown, np.uint8), cv2.erode(inside, np.ones((5, 5), np.uint8)).astype(bool)


def _directions(pixels: Pixels) -> tuple[Floats, Floats, Floats]:
    """Doubled edge directions (so that dark-to-light equals light-to-dark), times strength relative to around."""
    import cv2

    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0, ksize=3), cv2.Sobel(soft, cv2.CV_32F, 0, 1, ksize=3)
    energy = across**2 + down**2
    strength = np.minimum(np.sqrt(energy / (cv2.blur(energy, (17, 17)) + 20.0)), 2.0)
    doubled = np.stack([across**2 - down**2, 2 * across * down], axis=2) / (energy + 1e-6)[:, :, None]
    return doubled * strength[:, :, None], strength, energy


def _colours(one: Pixels, other: Pixels, inside: NDArray[np.bool_]) -> dict[str, float]:
    import cv2

    here, there = (
        cv2.cvtColor(each, cv2.COLOR_RGB2LAB)[inside][:, 1:].astype(np.float32) - 128 for each in (one, other)
    )
    apart, vivid, vivid_sighted = (float(np.hypot(*colours.T).mean()) for colours in (here - there, here, there))
    return {"colour": apart, "vivid": vivid, "vivid_sighted": vivid_sighted}


def _cells(product: Floats, one: Floats, other: Floats, energy: Floats, inside: NDArray[np.bool_]) -> Floats:
    """The correlation in each small cell that has anything to see; at least one number."""
    import cv2

    seen = inside.astype(np.float32)

    def total(values: Floats) -> Floats:
        summed = cv2.boxFilter(np.asarray(values * seen, np.float32), -1, (_WINDOW, _WINDOW), normalize=False)
        return np.asarray(np.maximum(summed, 0) if values is not product else summed)

    norm = np.sqrt(total(one**2) * total(other**2)) + 2.0
    pick = (slice(_WINDOW // 2, None, _CELL),) * 2
    values, visible = (total(product) / norm)[pick], inside[pick]
    textured = visible & ((total(energy) / _WINDOW**2)[pick] > _FAINT)
    chosen = values[textured] if textured.sum() > 3 else values[visible]
    return np.asarray(chosen if len(chosen) else np.zeros(1, np.float32), np.float32)
