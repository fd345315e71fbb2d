"""Drawn patterns as printed cloth has them: two of one kind look much alike, and neither copies the other."""

from __future__ import annotations

import math
import random
from collections.abc import Callable

from PIL import Image, ImageDraw

SIDE = 512
Colour = tuple[int, int, int]
Draw = Callable[[ImageDraw.ImageDraw, random.Random, list[Colour]], None]


def two_patterns(seed: int) -> tuple[Image.Image, Image.Image]:
    """Two patterns of the same kind; every other pair has the same colours as well."""
    draw = random.Random(seed)
    kind = [_confetti, _stripes, _dots, _checks, _flowers, _lines][seed % 6]
    colours = [_colour(draw) for _ in range(draw.randint(2, 5))]
    others = colours if seed % 2 else [_colour(draw) for _ in colours]
    return _drawn(kind, random.Random(seed * 2), colours), _drawn(kind, random.Random(seed * 2 + 1), others)


def _drawn(kind: Draw, draw: random.Random, colours: list[Colour]) -> Image.Image:
    image = Image.new("RGB", (SIDE, draw.choice([SIDE, SIDE * 5 // 4])), colours[0])
    kind(ImageDraw.Draw(image), draw, colours[1:] or [(20, 20, 20)])
    return image


def _colour(draw: random.Random) -> Colour:
    return draw.randint(0, 255), draw.randint(0, 255), draw.randint(0, 255)


def _confetti(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    for _ in range(draw.randint(30, 110)):
        x, y = draw.randint(-40, SIDE), draw.randint(-40, SIDE * 5 // 4)
        box = (x, y, x + draw.randint(12, 120), y + draw.randint(12, 120))
        shape = pen.ellipse if draw.random() < 0.5 else pen.rectangle
        shape(box, fill=draw.choice(colours), outline=(0, 0, 0))


def _stripes(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    at = 0
    while at < SIDE * 5 // 4:
        wide = draw.randint(6, 60)
        pen.rectangle((0, at, SIDE, at + wide), fill=draw.choice(colours))
        at += wide + draw.randint(4, 50)


def _dots(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    step, size = draw.randint(24, 80), draw.uniform(0.2, 0.45)
    for row, y in enumerate(range(0, SIDE * 5 // 4 + step, step)):
        for x in range(-(row % 2) * step // 2, SIDE + step, step):
            half = step * size
            pen.ellipse((x - half, y - half, x + half, y + half), fill=draw.choice(colours))


def _checks(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    step = draw.randint(24, 90)
    for row, y in enumerate(range(0, SIDE * 5 // 4, step)):
        for column, x in enumerate(range(0, SIDE, step)):
            if (row + column) % 2 or draw.random() < 0.2:
                pen.rectangle((x, y, x + step, y + step), fill=draw.choice(colours))


def _flowers(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    for _ in range(draw.randint(12, 40)):
        x, y, size, petals = draw.randint(0, SIDE), draw.randint(0, SIDE), draw.randint(10, 40), draw.randint(4, 8)
        colour, start = draw.choice(colours), draw.uniform(0, math.pi)
        for petal in range(petals):
            angle = start + 2 * math.pi * petal / petals
            px, py = x + math.cos(angle) * size, y + math.sin(angle) * size
            pen.ellipse((px - size / 2, py - size / 2, px + size / 2, py + size / 2), fill=colour)
        pen.ellipse((x - size / 2, y - size / 2, x + size / 2, y + size / 2), fill=draw.choice(colours))


def _lines(pen: ImageDraw.ImageDraw, draw: random.Random, colours: list[Colour]) -> None:
    for _ in range(draw.randint(15, 60)):
        ends = [(draw.randint(0, SIDE), draw.randint(0, SIDE * 5 // 4)) for _ in range(draw.randint(2, 4))]
        pen.line(ends, fill=draw.choice(colours), width=draw.randint(2, 14), joint="curve")
