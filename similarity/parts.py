"""Which parts of two pictures of goods correspond: cells of the design model's map that choose each other."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from similarity import designs
from similarity.embedding import Model
from similarity.image import decode

MOST = 12
_LEAST = 0.35
_FLAT = 4.0
_SIDE = 640


@dataclass(frozen=True)
class Parts:
    """``lines``: places that correspond (x, y registered, x, y sighted, in fractions), the surest first.
    ``mirrored``: the sighted goods are the other way round."""

    lines: tuple[tuple[float, float, float, float], ...]
    mirrored: bool


def corresponding(registered: bytes, sighted: bytes, chosen: Model | None = None) -> Parts:
    """The parts that correspond, of whichever of upright and mirrored agrees better; raises
    ``similarity.image.PictureError``. Nothing where the model gives no map."""
    use = chosen or designs.model()
    if not use.has_cells:
        return Parts((), mirrored=False)
    one, other = (decode(data, side=_SIDE).pixels for data in (registered, sighted))
    here, there, turned = use.cells([one, other, np.ascontiguousarray(other[:, ::-1])])
    left, right = _shows(one, here.shape[:2]), _shows(other, there.shape[:2])
    upright, mirrored = _mutual(here, there, left, right), _mutual(here, turned, left, right[:, ::-1])
    if sum(one[4] for one in mirrored) > sum(one[4] for one in upright):
        return Parts(tuple((x, y, round(1 - u, 4), v) for x, y, u, v, _ in mirrored), mirrored=True)
    return Parts(tuple(one[:4] for one in upright), mirrored=False)


def _shows(pixels: NDArray[np.uint8], shape: tuple[int, ...]) -> NDArray[np.bool_]:
    """Which cells show more than one flat colour: plain ground corresponds to nothing."""
    bands = [np.array_split(band, shape[1], axis=1) for band in np.array_split(pixels, shape[0], axis=0)]
    return np.array([[cell.std(axis=(0, 1)).max() > _FLAT for cell in band] for band in bands])


def _mutual(
    one: NDArray[np.float32], other: NDArray[np.float32], left: NDArray[np.bool_], right: NDArray[np.bool_]
) -> list[tuple[float, float, float, float, float]]:
    """Cells (height x width x numbers, unit length) that are each other's nearest: x, y, x, y and their cosine.
    ``left``, ``right``: which cells show something.

    What is said of a cell is what sets it apart: the mean of both pictures, their ground mostly, is taken away.
    """
    rows, columns = one.shape[:2]
    flat = [cells.reshape(rows * columns, -1) for cells in (one, other)]
    flat = [cells - cells.mean(axis=0) for cells in flat]
    flat = [cells / np.maximum(np.linalg.norm(cells, axis=1, keepdims=True), 1e-6) for cells in flat]
    cosines = np.where(left.reshape(-1, 1) & right.reshape(1, -1), flat[0] @ flat[1].T, -1.0)
    there, back = cosines.argmax(axis=1), cosines.argmax(axis=0)
    found = []
    for at, to in enumerate(there):
        if back[to] == at and cosines[at, to] >= _LEAST:
            places = [(cell % columns + 0.5) / columns for cell in (at, to)]
            levels = [(cell // columns + 0.5) / rows for cell in (at, to)]
            found.append((places[0], levels[0], places[1], levels[1], float(cosines[at, to])))
    found.sort(key=lambda pair: -pair[4])
    return [(round(x, 4), round(y, 4), round(u, 4), round(v, 4), c) for x, y, u, v, c in found[:MOST]]
