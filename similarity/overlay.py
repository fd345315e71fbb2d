"""Both pictures beside each other, the matched regions outlined and corresponding places joined."""

from __future__ import annotations

import io

from PIL import Image, ImageDraw, ImageFont, ImageOps

from similarity.image import decode
from similarity.verdict import Reason

_GAP = 12
_RING = 16
_OUTLINE, _LINE = (230, 30, 60), (0, 150, 120)


def overlay(registered: bytes, sighted: bytes, reason: Reason, side: int = 640, *, marks: bool = False) -> bytes:
    """A JPEG of the registered picture on the left and the sighted one on the right, each at most ``side`` wide and
    high. ``marks``: corresponding places are numbered rings, for parts of goods that have no exact edge. Raises
    ``similarity.image.PictureError``."""
    images = [Image.fromarray(decode(data, side=side).pixels) for data in (registered, sighted)]
    images = [ImageOps.contain(image, (side, side)) for image in images]
    height = max(image.height for image in images)
    canvas = Image.new("RGB", (side * 2 + _GAP, height), "white")
    places = []
    for at, image in enumerate(images):
        corner = (at * (side + _GAP) + (side - image.width) // 2, (height - image.height) // 2)
        canvas.paste(image, corner)
        places.append((corner, image.size))
    draw = ImageDraw.Draw(canvas)
    for number, (x, y, u, v) in enumerate(reason.lines, start=1):
        ends = [_point(places[0], x, y), _point(places[1], u, v)]
        draw.line(ends, fill=_LINE, width=1)
        if marks:
            for end in ends:
                _ring(draw, end, number)
    for place, region in zip(places, (reason.registered_region, reason.sighted_region), strict=True):
        if len(region) >= 3:
            corners = [_point(place, x, y) for x, y in region]
            draw.line([*corners, corners[0]], fill=_OUTLINE, width=4, joint="curve")
    out = io.BytesIO()
    canvas.save(out, "JPEG", quality=85)
    return out.getvalue()


def _ring(draw: ImageDraw.ImageDraw, at: tuple[float, float], number: int) -> None:
    draw.circle(at, _RING, outline=_OUTLINE, width=3)
    draw.text(
        at,
        str(number),
        fill=_OUTLINE,
        anchor="mm",
        font=ImageFont.load_default(_RING),
        stroke_width=2,
        stroke_fill="white",
    )


def _point(place: tuple[tuple[int, int], tuple[int, int]], x: float, y: float) -> tuple[float, float]:
    (left, top), (width, height) = place
    return left + x * width, top + y * height
