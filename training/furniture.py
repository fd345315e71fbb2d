"""Unrelated pictures that share what many sellers share: banners, a watermark, an app's page, a template, a badge.

Words are in Chinese where a font for it is found (Debian's fonts-noto-cjk), else in English only.
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

_CJK = Path("/usr/share/fonts/opentype/noto/NotoSansCJK-Bold.ttc")

_WORDS = [
    "SALE -50%",
    "11.11 BIG DAY",
    "FREE SHIPPING",
    "NEW ARRIVAL 2026",
    "shop shop shop",
    "ORIGINAL QUALITY",
    "99.00",
]
_CHINESE = [
    "限时特惠 全场五折",
    "双十一狂欢节",
    "满300减50",
    "七天无理由退换",
    "顺丰包邮 正品保证",
    "新款上市",
    "工厂直销",
    "清仓处理",
]


def shared_furniture(one: Image.Image, other: Image.Image, third: Image.Image, seed: int) -> list[Image.Image]:
    """Both pictures with the same furniture laid over or around them, in shares of their own sizes.

    Every other pair has two sizes and shapes, so that the furniture is stretched as sellers' tools stretch it.
    ``third``: another picture yet, for furniture that is a photograph itself.
    """
    lays = [_banners, _watermark, _page, _frame, _loud, _template, _badge, _details]
    lay, sizes = lays[seed % len(lays)], random.Random(f"sizes {seed}")
    both = [_size(sizes), _size(sizes)]
    if seed // len(lays) % 2:
        both[1] = both[0]
    pairs = zip((one, other), both, strict=True)
    return [lay(ImageOps.fit(image, size), third, random.Random(seed)) for image, size in pairs]


def _size(draw: random.Random) -> tuple[int, int]:
    wide = draw.randint(380, 900)
    return wide, round(wide * draw.choice([0.75, 1.0, 1.0, 1.33, 1.33, draw.uniform(0.7, 1.7)]))


@cache
def _font(size: float) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    size = max(10, int(size))
    return ImageFont.truetype(_CJK, size) if _CJK.exists() else ImageFont.load_default(size=size)


def _word(draw: random.Random) -> str:
    return draw.choice(_CHINESE if _CJK.exists() and draw.random() < 0.6 else _WORDS)


def _colour(draw: random.Random) -> tuple[int, int, int]:
    return draw.randint(0, 255), draw.randint(0, 255), draw.randint(0, 255)


def _banners(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
    pen, (wide, high) = ImageDraw.Draw(image), image.size
    for _ in range(draw.randint(1, 3)):
        share, colour = draw.uniform(0.1, 0.28), _colour(draw)
        top = draw.choice([0.0, 1 - share, draw.uniform(0, 1 - share)])
        pen.rectangle((0, top * high, wide, (top + share) * high), fill=colour)
        contrast = tuple(255 - part for part in colour)
        for line in range(draw.randint(1, 2)):
            place = (wide * draw.uniform(0.01, 0.1), (top + share * (0.08 + 0.45 * line)) * high)
            pen.text(place, _word(draw), fill=contrast, font=_font(wide * draw.uniform(0.05, 0.1)))
    return image


def _watermark(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
    image = image.convert("RGBA")
    wide, high = image.size
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    pen, word, lines = ImageDraw.Draw(layer), _word(draw), draw.randint(4, 11)
    font = _font(wide / draw.randint(7, 12))
    shade = (*draw.choice([(255, 255, 255), (0, 0, 0)]), draw.randint(90, 200))
    for line in range(lines):
        place = (wide * draw.uniform(-0.03, 0.33), high * line / lines)
        pen.text(place, word, fill=shade, font=font)
    return Image.alpha_composite(image, layer).convert("RGB")


def _page(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
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
    pen.text((12, 545), f"Y {draw.randint(9, 999)}.00  {_word(draw)}", fill=bar, font=_font(26))
    for y in (600, 632, 664):
        pen.rectangle((12, y, draw.randint(150, 348), y + 16), fill=(200, 200, 200))
    return page


def _frame(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
    """A frame with ornaments and a seller's mark."""
    wide, high = image.size
    edge = round(wide * draw.uniform(0.06, 0.14))
    pen = ImageDraw.Draw(image)
    pen.rectangle((0, 0, wide - 1, high - 1), outline=_colour(draw), width=edge)
    for _ in range(24):
        along, side, colour = draw.random(), draw.choice([0, 1, 2, 3]), _colour(draw)
        x = along * wide if side < 2 else (edge / 2 if side == 2 else wide - edge / 2)
        y = along * high if side > 1 else (edge / 2 if side == 0 else high - edge / 2)
        pen.ellipse((x - edge / 5, y - edge / 5, x + edge / 5, y + edge / 5), outline=colour, width=3)
    pen.text((1.4 * edge, 1.2 * edge), _word(draw), fill=_colour(draw), font=_font(wide / 12))
    return image


def _loud(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
    """Banners above and below with many words: up to half of the picture."""
    pen, (wide, high) = ImageDraw.Draw(image), image.size
    for top, share in ((0.0, draw.uniform(0.12, 0.26)), (1.0, draw.uniform(0.15, 0.3))):
        top = top * (1 - share)
        pen.rectangle((0, top * high, wide, (top + share) * high), fill=_colour(draw))
        for line in range(draw.randint(1, 3)):
            place = (wide * draw.uniform(0.02, 0.12), (top + share * (0.05 + line / 3)) * high)
            pen.text(place, _word(draw), fill=_colour(draw), font=_font(wide * draw.uniform(0.05, 0.13)))
    return image


def _template(image: Image.Image, third: Image.Image, draw: random.Random) -> Image.Image:
    """One photograph as the ground, the goods on it."""
    ground = ImageOps.fit(third, (600, draw.choice([600, 760])))
    image = ImageOps.contain(image, (int(600 * draw.uniform(0.55, 0.8)),) * 2)
    ground.paste(image, ((600 - image.width) // 2, int((ground.height - image.height) * draw.random())))
    return ground


def _badge(image: Image.Image, third: Image.Image, draw: random.Random) -> Image.Image:
    """A seller's small picture or sign in a corner."""
    wide, high = image.size
    side = int(wide * draw.uniform(0.15, 0.32))
    place = (draw.choice([10, wide - 10 - side]), draw.choice([10, high - 10 - side]))
    if draw.random() < 0.5:
        image.paste(ImageOps.fit(third, (side, side)), place)
        return image
    pen = ImageDraw.Draw(image)
    pen.ellipse((*place, place[0] + side, place[1] + side), fill=_colour(draw), outline=_colour(draw), width=6)
    pen.text((place[0] + side * 0.15, place[1] + side * 0.35), _word(draw)[:4], fill="white", font=_font(side / 4))
    return image


def _details(image: Image.Image, _: Image.Image, draw: random.Random) -> Image.Image:
    """The picture with prices, promises and a table of sizes under it."""
    page = Image.new("RGB", (540, 1080), (255, 255, 255))
    page.paste(ImageOps.contain(image, (540, 620)), (0, draw.choice([0, 60])))
    pen = ImageDraw.Draw(page)
    for line in range(3):
        pen.text((20, 690 + line * 44), f"{_word(draw)}  {_word(draw)}", fill=(30, 30, 30), font=_font(26))
    for row in range(4):
        for column in range(4):
            box = (20 + column * 124, 830 + row * 56, 144 + column * 124, 886 + row * 56)
            pen.rectangle(box, outline=(0, 0, 0))
            pen.text((box[0] + 20, box[1] + 10), str(draw.randint(30, 110)), fill=(0, 0, 0), font=_font(26))
    return page
