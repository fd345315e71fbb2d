"""Safe decoding: any bytes in, an upright 8-bit RGB picture out, or an error that says what was wrong.

>>> import io
>>> from PIL import Image
>>> out = io.BytesIO()
>>> Image.new("L", (4000, 3000), 128).save(out, "JPEG")
>>> picture = decode(out.getvalue())
>>> picture.width, picture.height, picture.media_type
(4000, 3000, 'image/jpeg')
>>> small = decode(out.getvalue(), side=512)
>>> small.width, small.height, small.full_size
(1000, 750, (4000, 3000))
>>> decode(b"hello")
Traceback (most recent call last):
similarity.image.PictureError: ('picture_not_a_picture', {})
"""

from __future__ import annotations

import io
import math
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache, partial

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageCms, UnidentifiedImageError

from similarity import drawings

MAX_BYTES = 20 * 1024 * 1024
MAX_PIXELS = 60_000_000
MAX_SIDE = 30_000
_MEDIA_TYPES = {
    "AVIF": "image/avif",
    "BMP": "image/bmp",
    "DDS": "image/vnd.ms-dds",
    "DIB": "image/bmp",
    "GIF": "image/gif",
    "HEIF": "image/heif",
    "ICNS": "image/x-icns",
    "ICO": "image/vnd.microsoft.icon",
    "JPEG": "image/jpeg",
    "JPEG2000": "image/jp2",
    "MPO": "image/jpeg",
    "PCX": "image/x-pcx",
    "PNG": "image/png",
    "PPM": "image/x-portable-anymap",
    "PSD": "image/vnd.adobe.photoshop",
    "QOI": "image/qoi",
    "SGI": "image/sgi",
    "TGA": "image/x-tga",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
}
_ANIMATED = frozenset({"AVIF", "GIF", "PNG", "TIFF", "WEBP"})
_MAX_FRAMES = 8
_FLAT = 8
_MAX_SCANS = 100
_MAX_PROFILE = 4 * 2**20
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


class PictureError(Exception):
    """Why no picture came out of the bytes: a stable ``code``, and the ``values`` that its message needs."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __reduce__(self) -> tuple[object, ...]:  # it travels between processes
        return partial(type(self), self.code, **self.values), ()


@dataclass(frozen=True)
class Picture:
    """``pixels``: height x width x 3, sRGB, 8 bits, upright; alpha is laid on white.

    ``full_size``: width and height before anything was made smaller; of a drawing, as it was drawn.
    """

    pixels: NDArray[np.uint8]
    media_type: str
    full_size: tuple[int, int]

    @property
    def width(self) -> int:
        return int(self.pixels.shape[1])

    @property
    def height(self) -> int:
        return int(self.pixels.shape[0])


def sniff(data: bytes) -> str | None:
    """The media type that the bytes themselves show, whatever their name; None where it is no picture of ours."""
    if kind := drawings.drawing_kind(data):
        return drawings.MEDIA_TYPES[kind]
    try:
        with _open(data) as image:
            return _MEDIA_TYPES.get(image.format or "")
    except PictureError:
        return None


def decode(
    data: bytes, *, side: int | None = None, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS
) -> Picture:
    """The picture in ``data``: of an animation the first frame that shows anything, of a PDF the first page.

    With ``side``, a smaller one may come, whose longer side is at least ``side`` (unless the whole picture's is
    shorter): much sooner for a JPEG, whose decoder leaves out what is not needed.

    Raises ``PictureError`` with one of the codes ``picture_empty``, ``picture_too_large`` (bytes),
    ``picture_too_many_pixels``, ``picture_not_a_picture``, ``picture_type_unsupported``, ``picture_broken``,
    ``picture_locked`` (by a password), ``picture_too_slow`` (a drawing).
    """
    if not data:
        raise PictureError("picture_empty")
    if len(data) > max_bytes:
        raise PictureError("picture_too_large", megabytes=max_bytes // 2**20)
    if kind := drawings.drawing_kind(data):
        return _drawn(data, kind, min(side or drawings.SIDE, drawings.side_within(max_pixels)))
    with _open(data) as image:
        media_type = _MEDIA_TYPES.get(image.format or "")
        if media_type is None:
            raise PictureError("picture_type_unsupported", type=image.format)
        _check_size(image, max_pixels)
        if media_type == "image/jpeg" and data.count(b"\xff\xda") > _MAX_SCANS:
            raise PictureError("picture_broken")  # every scan goes over all pixels: hours of work in a small file
        with _faults():
            return _shown(image, media_type, side, max_pixels)


def thumbnail(data: bytes, side: int) -> bytes:
    """A JPEG of at most ``side`` pixels either way, without any metadata of the original."""
    image = Image.fromarray(decode(data, side=2 * side).pixels)
    image.thumbnail((side, side), Image.Resampling.LANCZOS)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=82, optimize=True)
    return out.getvalue()


@cache
def _register_heif() -> None:
    from pillow_heif import register_heif_opener

    register_heif_opener()


@contextmanager
def _faults() -> Iterator[None]:
    """Pillow's readers raise whatever a broken file leads them to; all of it is the file's fault."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # a picture inside an icon, say
            yield
    except PictureError:
        raise
    except UnidentifiedImageError as fault:
        raise PictureError("picture_not_a_picture") from fault
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as fault:
        raise PictureError("picture_too_many_pixels", width=0, height=0, megapixels=MAX_PIXELS // 10**6) from fault
    except Exception as fault:
        raise PictureError("picture_broken") from fault


def _open(data: bytes) -> Image.Image:
    if data[4:8] == b"ftyp":
        _register_heif()
    with _faults():
        return Image.open(io.BytesIO(data))


def _check_size(image: Image.Image, max_pixels: int) -> None:
    width, height = image.size
    if width * height > max_pixels or max(width, height) > MAX_SIDE:
        raise PictureError("picture_too_many_pixels", width=width, height=height, megapixels=max_pixels // 10**6)


def _drawn(data: bytes, kind: str, side: int) -> Picture:
    try:
        image = drawings.draw(data, kind, side=side)
    except drawings.DrawingError as fault:
        raise PictureError(fault.code) from fault
    with _faults():
        return Picture(np.asarray(_to_rgb(image)), drawings.MEDIA_TYPES[kind], image.size)


def _shown(image: Image.Image, media_type: str, side: int | None, max_pixels: int) -> Picture:
    """The first of the first frames that is not of one colour; where all are, the first."""
    first = _upright(image, media_type, side)
    if image.format not in _ANIMATED or not _flat(first):
        return first
    for number in range(1, min(_MAX_FRAMES, 1 + 2 * max_pixels // (image.width * image.height))):
        try:
            image.seek(number)
            _check_size(image, max_pixels)
            found = _upright(image, media_type, side)
        except Exception:  # the end, or a later frame that is broken: the first one is whole
            return first
        if not _flat(found):
            return found
    return first


def _flat(picture: Picture) -> bool:
    low, high = picture.pixels.min(axis=(0, 1)), picture.pixels.max(axis=(0, 1))
    return bool((high - low).max() <= _FLAT)


def _upright(image: Image.Image, media_type: str, side: int | None) -> Picture:
    size = image.size
    if side:
        _leave_out(image, side)
    image.load()
    held = _held(image)
    profile = image.info.get("icc_profile")
    if side and image.mode in ("RGB", "L", "CMYK"):
        image = _reduced(image, side)
    rgb = _to_rgb(image, profile if isinstance(profile, bytes) else None)
    if side:
        rgb = _reduced(rgb, side)
    if held in _TURNS:
        rgb = rgb.transpose(_TURNS[held])
        size = size[::-1] if held >= 5 else size
    return Picture(np.asarray(rgb), media_type, size)


def _leave_out(image: Image.Image, side: int) -> None:
    """A JPEG's decoder can give a half, a quarter or an eighth."""
    share = side / max(image.size)
    if image.format in ("JPEG", "MPO") and share <= 0.5:
        image.draft(None, (math.ceil(image.width * share), math.ceil(image.height * share)))


def _reduced(image: Image.Image, side: int) -> Image.Image:
    """By a whole factor, so that the longer side stays at least ``side``."""
    factor = max(image.size) // side
    return image.reduce(min(factor, *image.size)) if factor > 1 and min(image.size) > 1 else image


def _held(image: Image.Image) -> int:
    """EXIF's orientation, 1 to 8: how the camera was held. 1 where EXIF itself is broken."""
    try:
        return int(image.getexif().get(0x0112, 1))
    except Exception:
        return 1


def _to_rgb(image: Image.Image, profile: bytes | None = None) -> Image.Image:
    if image.mode.startswith("I") or image.mode == "F":
        return _squeeze(image).convert("RGB")
    if image.mode in ("RGBA", "LA", "PA", "RGBa", "La") or "transparency" in image.info:
        layer = image.convert("RGBa").convert("RGBA") if image.mode == "La" else image.convert("RGBA")
        white = Image.new("RGB", layer.size, "white")
        white.paste(_to_srgb(layer.convert("RGB"), profile), mask=layer.getchannel("A"))
        return white
    if image.mode == "P":
        image = image.convert("RGB")
    return _to_srgb(image, profile)


def _to_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """Colours as the profile means them; a broken profile, or one for another kind of picture, is left aside."""
    try:
        if image.mode == "LAB":
            source = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))
        elif profile and len(profile) <= _MAX_PROFILE and image.mode in ("RGB", "L", "CMYK"):
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            if "srgb" in ImageCms.getProfileDescription(source).lower():
                return _plain(image)
        else:
            return _plain(image)
        target = ImageCms.createProfile("sRGB")
        changed = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
        return _plain(image)
    return changed if changed is not None else _plain(image)


def _plain(image: Image.Image) -> Image.Image:
    return image if image.mode == "RGB" else image.convert("RGB")


def _squeeze(image: Image.Image) -> Image.Image:
    """16-bit, 32-bit and float pictures to 8 bits; Pillow's own conversion would clip them to white."""
    values = np.nan_to_num(np.asarray(image, dtype=np.float32), posinf=0.0, neginf=0.0)
    highest = float(values.max(initial=0.0))
    tops = {"F": (1.0, 255.0, 65535.0), "I": (255.0, 65535.0)}.get(image.mode, (65535.0,))
    top = next((top for top in tops if highest <= top), highest)
    return Image.fromarray(np.clip(np.rint(values * (255.0 / top)), 0, 255).astype(np.uint8))
