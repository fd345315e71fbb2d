"""Safe decoding: any bytes in, an upright 8-bit RGB picture out, or an error that says what was wrong."""

from __future__ import annotations

import io
import struct
import warnings
import zlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_SIDE = 30_000
_MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "GIF": "image/gif",
    "WEBP": "image/webp",
    "TIFF": "image/tiff",
    "BMP": "image/bmp",
    "HEIF": "image/heif",
    "AVIF": "image/avif",
    "JPEG2000": "image/jp2",
}


class PictureError(Exception):
    """Why no picture came out of the bytes: a stable ``code``, and the ``values`` that its message needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values


@dataclass(frozen=True)
class Picture:
    """``pixels``: height x width x 3, RGB, 8 bits, upright; alpha is laid on white."""

    pixels: NDArray[np.uint8]
    media_type: str

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def sniff(data: bytes) -> str | None:
    """The media type that the bytes themselves show, whatever their name; None where it is no picture of ours."""
    try:
        with _open(data) as image:
            return _MEDIA_TYPES.get(image.format or "")
    except PictureError:
        return None


def decode(data: bytes, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> Picture:
    """The picture in ``data`` (of an animation the first frame).

    Raises ``PictureError`` with one of the codes ``picture_empty``, ``picture_too_large`` (bytes),
    ``picture_too_many_pixels``, ``picture_not_a_picture``, ``picture_type_unsupported``, ``picture_broken``.
    """
    if not data:
        raise PictureError("picture_empty")
    if len(data) > max_bytes:
        raise PictureError("picture_too_large", megabytes=max_bytes // 2**20)
    with _open(data) as image:
        media_type = _MEDIA_TYPES.get(image.format or "")
        if media_type is None:
            raise PictureError("picture_type_unsupported", type=image.format)
        width, height = image.size
        if width * height > max_pixels or max(width, height) > MAX_SIDE:
            raise PictureError(
                "picture_too_many_pixels", width=width, height=height, megapixels=max_pixels // 10**6
            )
        return Picture(_pixels(image), media_type)


def thumbnail(data: bytes, side: int) -> bytes:
    """A JPEG of at most ``side`` pixels either way, without any metadata of the original."""
    image = Image.fromarray(decode(data).pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


def _open(data: bytes) -> Image.Image:
    if data[4:8] == b"ftyp":
        _register_heif()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Image.open(io.BytesIO(data))
    except UnidentifiedImageError as fault:
        raise PictureError("picture_not_a_picture") from fault
    except Image.DecompressionBombError as fault:
        raise PictureError("picture_too_many_pixels", width=0, height=0, megapixels=MAX_PIXELS // 10**6) from fault
    except (OSError, ValueError, SyntaxError, EOFError, struct.error, zlib.error, MemoryError) as fault:
        raise PictureError("picture_broken") from fault


def _pixels(image: Image.Image) -> NDArray[np.uint8]:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            image.load()
            upright = ImageOps.exif_transpose(image)
            return np.asarray(_to_rgb(upright))
    except (
        OSError,
        ValueError,
        SyntaxError,
        EOFError,
        struct.error,
        zlib.error,
        MemoryError,
        TypeError,
    ) as fault:
        raise PictureError("picture_broken") from fault


def _to_rgb(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _squeeze(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBA")
        return Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    return image.convert("RGB")


def _squeeze(image: Image.Image) -> Image.Image:
    """16-bit and float pictures to 8 bits; Pillow's own conversion would clip them to white."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float64))
    top = 65535.0 if values.max(initial=0.0) > 255 else 255.0
    return Image.fromarray(np.clip(values * (255.0 / top), 0, 255).astype(np.uint8))
