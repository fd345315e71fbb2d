"""Perceptual hashes of the whole picture (DCT hash after hackerfactor.com, by the ImageHash library)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PIL import Image

BITS = 64


def phash(pixels: NDArray[np.uint8]) -> int:
    """The 64-bit DCT hash of an RGB picture, most significant bit first."""
    import imagehash

    bits = imagehash.phash(Image.fromarray(pixels)).hash.flatten()
    return int("".join("1" if bit else "0" for bit in bits), 2)


def distance(one: int, other: int) -> int:
    """In how many of 64 bits two hashes differ; unrelated pictures differ in about 32."""
    return (one ^ other).bit_count()
