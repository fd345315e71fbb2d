"""Pictures to compare: the sample's photographs, and edits of them as a seller makes them."""

from __future__ import annotations

import io
from pathlib import Path

from PIL import Image, ImageDraw, ImageOps

SAMPLE = Path(__file__).parent.parent / "ipreg" / "sample"
DESIGNS = sorted((SAMPLE / "designs").glob("*.jpg"))


def photo(number: int) -> Image.Image:
    return Image.open(DESIGNS[number]).convert("RGB")


def jpeg(image: Image.Image, quality: int = 80) -> bytes:
    out = io.BytesIO()
    image.convert("RGB").save(out, "JPEG", quality=quality)
    return out.getvalue()


def recoloured(image: Image.Image) -> Image.Image:
    hue, saturation, value = image.convert("HSV").split()
    hue = hue.point(lambda shade: (shade + 90) % 256)
    return Image.merge("HSV", (hue, saturation.point(lambda part: min(255, part + 60)), value)).convert("RGB")


def on_a_page(image: Image.Image) -> Image.Image:
    page = Image.new("RGB", (360, 720), (250, 250, 250))
    draw = ImageDraw.Draw(page)
    shown = ImageOps.contain(image, (360, 460))
    page.paste(shown, ((360 - shown.width) // 2, 60))
    draw.rectangle((0, 0, 360, 56), fill=(230, 60, 40))
    draw.text((12, 14), "shop  search...", fill="white")
    return page


def in_a_corner(image: Image.Image, back: Image.Image) -> Image.Image:
    """Small, in the lower left of another photograph."""
    back = back.resize((520, 520))
    shown = ImageOps.contain(image, (250, 250))
    back.paste(shown, (10, 510 - shown.height))
    return back


def with_banner(image: Image.Image, word: str = "11.11 SALE -50% FREE SHIPPING") -> Image.Image:
    image = ImageOps.fit(image, (480, 480))
    draw = ImageDraw.Draw(image)
    draw.rectangle((0, 0, 480, 110), fill=(220, 20, 40))
    draw.text((10, 10), word, fill="yellow", font_size=34)
    draw.text((10, 60), "www.shop.example  99.00", fill="white", font_size=30)
    return image


def with_watermark(image: Image.Image) -> Image.Image:
    image = ImageOps.fit(image, (480, 480)).convert("RGBA")
    layer = Image.new("RGBA", image.size, (0, 0, 0, 0))
    draw = ImageDraw.Draw(layer)
    for row in range(0, 480, 90):
        draw.text((row % 70, row), "shop shop shop shop", fill=(255, 255, 255, 150), font_size=44)
    return Image.alpha_composite(image, layer).convert("RGB")


def between_banners(image: Image.Image) -> Image.Image:
    """Half of the picture is a seller's, in shares of its size, whatever its shape."""
    image = image.copy()
    draw, (wide, high) = ImageDraw.Draw(image), image.size
    draw.rectangle((0, 0, wide, high * 0.22), fill=(255, 230, 0))
    draw.rectangle((0, high * 0.72, wide, high), fill=(30, 30, 30))
    draw.text((wide * 0.05, high * 0.05), "CLEARANCE", fill="red", font_size=wide * 0.12)
    draw.text((wide * 0.05, high * 0.75), "300 - 50 TODAY", fill="white", font_size=wide * 0.1)
    draw.text((wide * 0.05, high * 0.88), "free shipping, 7 days to return", fill="white", font_size=wide * 0.05)
    return image


def on_a_template(image: Image.Image) -> Image.Image:
    """On the photograph that a seller lays under all his goods."""
    ground = ImageOps.fit(photo(15), (600, 700))
    shown = ImageOps.contain(image, (400, 400))
    ground.paste(shown, ((600 - shown.width) // 2, 150))
    return ground


def in_two_shapes(image: Image.Image, number: int) -> Image.Image:
    return ImageOps.fit(image, [(400, 533), (533, 400), (480, 480)][number % 3])
