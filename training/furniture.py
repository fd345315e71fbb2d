"""Unrelated pictures that share what many sellers share: a sale banner, a watermark, the page of an app."""

from __future__ import annotations

import random

from PIL import Image, ImageDraw, ImageFont, ImageOps

_WORDS = [
    "SALE -50%",
    "11.11 BIG DAY",
    "FREE SHIPPING",
    "NEW ARRIVAL 2026",
    "shop shop shop",
    "ORIGINAL QUALITY",
    "99.00",
]


def shared_furniture(one: Image.Image, other: Image.Image, seed: int) -> list[Image.Image]:
    """Both pictures with the same furniture laid over or around them."""
    lay = [_banners, _watermark, _page, _frame][seed % 4]
    return [lay(image, random.Random(seed)) for image in (one, other)]


def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    return ImageFont.load_default(size=max(10, int(size)))


def _colour(draw: random.Random) -> tuple[int, int, int]:
    return draw.randint(0, 255), draw.randint(0, 255), draw.randint(0, 255)


def _banners(image: Image.Image, draw: random.Random) -> Image.Image:
    image = ImageOps.fit(image, (draw.choice([480, 560]), 560))
    pen = ImageDraw.Draw(image)
    for _ in range(draw.randint(1, 3)):
        high = int(image.height * draw.uniform(0.1, 0.25))
        top = draw.choice([0, image.height - high, draw.randint(0, image.height - high)])
        colour = _colour(draw)
        pen.rectangle((0, top, image.width, top + high), fill=colour)
        contrast = tuple(255 - part for part in colour)
        pen.text((8, top + high * 0.1), draw.choice(_WORDS), fill=contrast, font=_font(high * 0.6))
    return image


def _watermark(image: Image.Image, draw: random.Random) -> Image.Image:
    image = ImageOps.fit(image, (560, 560)).convert("RGBA")
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen, word = ImageDraw.Draw(layer), draw.choice(_WORDS)
    font, shade = (
        _font(image.width / draw.randint(7, 12)),
        (*draw.choice([(255, 255, 255), (0, 0, 0)]), draw.randint(90, 200)),
    )
    for y in range(0, image.height, draw.randint(50, 140)):
        pen.text((draw.randint(-20, image.width // 3), y), word, fill=shade, font=font)
    return Image.alpha_composite(image, layer).convert("RGB")


def _page(image: Image.Image, draw: random.Random) -> Image.Image:
    page = Image.new("RGB", (360, 720), (250, 250, 250))
    pen = ImageDraw.Draw(page)
    picture = ImageOps.contain(image, (360, 460))
    page.paste(picture, ((360 - picture.width) // 2, 60))
    bar = _colour(draw)
    pen.rectangle((0, 0, 360, 56), fill=bar)
    pen.text(
        (12, 14),
        draw.choice(["shop  search...", "Mall | cart (2)", "all offers  today"]),
        fill="white",
        font=_font(22),
    )
    pen.text((12, 545), f"Y {draw.randint(9, 999)}.00  {draw.choice(_WORDS)}", fill=bar, font=_font(26))
    for y in (600, 632, 664):
        pen.rectangle((12, y, draw.randint(150, 348), y + 16), fill=(200, 200, 200))
    return page


def _frame(image: Image.Image, draw: random.Random) -> Image.Image:
    """A frame with ornaments and a seller's mark."""
    image = ImageOps.expand(ImageOps.fit(image, (480, 480)), 48, _colour(draw))
    pen = ImageDraw.Draw(image)
    for _ in range(24):
        x, y = draw.choice(
            [(draw.randint(0, 570), draw.choice([12, 546])), (draw.choice([12, 546]), draw.randint(0, 570))]
        )
        pen.ellipse((x - 9, y - 9, x + 9, y + 9), outline=_colour(draw), width=3)
    pen.text((70, 60), draw.choice(_WORDS), fill=_colour(draw), font=_font(40))
    return image
