"""Perceptual hashes of the whole picture: the DCT hash of hackerfactor.com, bit for bit as ImageHash makes it.

Nearly all of the time goes into Pillow's conversion to grey and its antialiased reduction to 32 x 32, which decide
the bits. So the mirrored picture's hash is not made by a second reduction: mirroring negates every second column of
the cosine transform.

>>> import numpy as np
>>> ramp = np.tile(np.arange(256, dtype=np.uint8)[None, :, None], (64, 1, 3))
>>> upright, mirrored = phash_pair(ramp)
>>> distance(upright, phash(ramp)), distance(mirrored, phash(ramp[:, ::-1]))
(0, 0)
>>> distance(upright, mirrored)
4
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 64
_SIDE = 8
_WORKING_SIDE = 32
_TURNS = np.where(np.arange(_SIDE) % 2, -1.0, 1.0)


def phash(pixels: NDArray[np.uint8]) -> int:
    """The 64-bit DCT hash of a picture (height x width x 3, RGB, or height x width, grey), topmost bit first."""
    return _bits(_low_frequencies(pixels))


def phash_pair(pixels: NDArray[np.uint8]) -> tuple[int, int]:
    """The hash of the picture and that of the mirrored one, for the price of one."""
    low = _low_frequencies(pixels)
    return _bits(low), _bits(low * _TURNS)


def distance(one: int, other: int) -> int:
    """In how many of 64 bits two hashes differ; unrelated pictures differ in about 32."""
    return (one ^ other).bit_count()


def _low_frequencies(pixels: NDArray[np.uint8]) -> NDArray[np.float64]:
    """8 x 8 coefficients. Both transforms are whole, as ImageHash does them: shorter ones could round otherwise."""
    from scipy.fftpack import dct

    grey = Image.fromarray(pixels).convert("L").resize((_WORKING_SIDE, _WORKING_SIDE), Image.Resampling.LANCZOS)
    low: NDArray[np.float64] = dct(dct(np.asarray(grey), axis=0), axis=1)[:_SIDE, :_SIDE]
    return low


def _bits(low: NDArray[np.float64]) -> int:
    """One bit a coefficient: greater than the median, which is the mean of the middle two."""
    middle = np.sort(low, axis=None)[BITS // 2 - 1 : BITS // 2 + 1]
    return int.from_bytes(np.packbits(low > (middle[0] + middle[1]) / 2).tobytes())
