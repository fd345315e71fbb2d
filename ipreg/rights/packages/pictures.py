"""Pictures at the sizes and formats of the offices.

CNIPA (专利审查指南 part I chapter 3, 4.2, and its rules for electronic applications): JPEG or TIFF, the figure not
smaller than 3 x 8 cm and not larger than 15 x 22 cm, 72 to 300 dpi, and still clear at two thirds of its size.
Hague (Administrative Instructions, sections 402 to 405; wipo.int/hague/en/how_to/file/prepare.html): JPEG, 300 dpi,
at most 16 x 16 cm, one dimension at least 3 cm, RGB or grey, a border of 1 to 20 pixels, at most 2 MB a file.
"""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

from PIL import Image, ImageOps

from similarity.image import decode

_INCH = 25.4
_QUALITIES = (95, 90, 85, 80, 70, 60)


@dataclass(frozen=True)
class Size:
    """An office's limits; lengths in mm, short and long side, ``most_bytes`` a file, ``border`` in white pixels."""

    most: tuple[float, float]
    least: tuple[float, float]
    dpi: tuple[int, int]
    most_bytes: int
    border: int = 0


CNIPA = Size(most=(150, 220), least=(30, 80), dpi=(72, 300), most_bytes=2 * 2**20)
HAGUE = Size(most=(160, 160), least=(0, 30), dpi=(300, 300), most_bytes=2 * 2**20, border=4)
WORKS = Size(most=(210, 297), least=(0, 0), dpi=(72, 300), most_bytes=5 * 2**20)


@dataclass(frozen=True)
class Prepared:
    """A JPEG for an office; ``width`` and ``height`` in pixels. ``small``: below the office's least size."""

    data: bytes
    width: int
    height: int
    dpi: int
    small: bool

    @property
    def millimetres(self) -> tuple[float, float]:
        return round(self.width / self.dpi * _INCH, 1), round(self.height / self.dpi * _INCH, 1)


def prepare(data: bytes, size: Size) -> Prepared:
    """The picture in ``data`` (any kind that can be filed) as a JPEG within ``size``; never made larger.

    Raises ``similarity.image.PictureError``.
    """
    image = Image.fromarray(decode(data).pixels)
    most = [_pixels(side, size.dpi[1]) - 2 * size.border for side in size.most]
    box = (most[0], most[1]) if image.height >= image.width else (most[1], most[0])
    image.thumbnail(box, Image.Resampling.LANCZOS)
    if size.border:
        image = ImageOps.expand(image, size.border, "white")
    dpi = _dpi(sorted(image.size), size)
    small = any(
        have / dpi * _INCH < least - 0.5 for have, least in zip(sorted(image.size), size.least, strict=True)
    )
    return Prepared(_jpeg(image, dpi, size.most_bytes), image.width, image.height, dpi, small)


def _pixels(millimetres: float, dpi: int) -> int:
    return int(millimetres / _INCH * dpi)


def _dpi(sides: list[int], size: Size) -> int:
    """The finest resolution at which the figure is large enough: a small picture gets coarser, not blown up."""
    wanted = [int(have * _INCH / least) for have, least in zip(sides, size.least, strict=True) if least]
    needed = [math.ceil(have * _INCH / most) for have, most in zip(sides, size.most, strict=True)]
    return min(size.dpi[1], max(size.dpi[0], *needed, min([size.dpi[1], *wanted])))


def _jpeg(image: Image.Image, dpi: int, most_bytes: int) -> bytes:
    for quality in _QUALITIES:
        out = io.BytesIO()
        image.save(out, "JPEG", quality=quality, dpi=(dpi, dpi), optimize=True, subsampling=0)
        if out.tell() <= most_bytes:
            break
    return out.getvalue()
