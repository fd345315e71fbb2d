"""The certificate's ornament as SVG: fine interlaced lines, as on banknotes, drawn from a few sines."""

from __future__ import annotations

from functools import cache
from math import cos, pi, sin

Point = tuple[float, float]


@cache
def border(width: float, height: float, *, colour: str, amplitude: float = 1.7, strands: int = 6) -> bytes:
    """A band of interlaced lines along the edge of ``width`` x ``height`` (mm); lines stay inside the picture."""
    inset = amplitude + 0.3
    radius = 9.0
    inner = (width - 2 * inset, height - 2 * inset)
    length = 2 * (inner[0] + inner[1] - 4 * radius) + 2 * pi * radius
    waves = round(length / 7.2)
    steps = waves * 22
    lines = []
    for strand in range(strands):
        phase = 2 * pi * strand / strands
        points = []
        for step in range(steps):
            turn = step / steps
            (x, y), (nx, ny) = _along(turn * length, inner, radius)
            away = amplitude * sin(2 * pi * waves * turn + phase) * (0.72 + 0.28 * cos(4 * pi * waves * turn))
            points.append((inset + x + nx * away, inset + y + ny * away))
        lines.append(_closed(points))
    return _svg(width, height, lines, colour, 0.11)


@cache
def rosette(
    size: float, *, colour: str, petals: int, rings: int, hole: float = 0.42, stroke: float = 0.09
) -> bytes:
    """A rosette in a square of ``size`` mm: ``rings`` closed curves of ``petals`` waves each, turned a little."""
    lines = []
    for ring in range(rings):
        share = ring / rings
        middle = size / 2 * (hole + (0.96 - hole) * 0.5)
        reach = size / 2 * (0.96 - hole) * 0.5
        points = []
        for step in range(petals * 24):
            angle = 2 * pi * step / (petals * 24)
            wave = sin(petals * angle + 2 * pi * share) * (
                0.62 + 0.38 * cos(petals * angle / 2 + 2 * pi * share) ** 2
            )
            away = middle + reach * wave
            points.append((size / 2 + away * cos(angle), size / 2 + away * sin(angle)))
        lines.append(_closed(points))
    return _svg(size, size, lines, colour, stroke)


def _along(at: float, inner: Point, radius: float) -> tuple[Point, Point]:
    """The point ``at`` mm along a rectangle with round corners, from the top left clockwise, and its normal."""
    width, height = inner
    straight = (width - 2 * radius, height - 2 * radius)
    bend = pi * radius / 2
    for side in range(4):
        run = straight[side % 2]
        if at < run:
            return _turned((radius + at, 0.0), (0.0, -1.0), side, inner)
        at -= run
        if at < bend:
            angle = at / radius
            corner = (radius + run + radius * sin(angle), radius - radius * cos(angle))
            return _turned(corner, (sin(angle), -cos(angle)), side, inner)
        at -= bend
    return _turned((radius, 0.0), (0.0, -1.0), 0, inner)


def _turned(point: Point, normal: Point, side: int, inner: Point) -> tuple[Point, Point]:
    """The same for the next sides of the rectangle: a quarter turn each."""
    (x, y), (nx, ny) = point, normal
    width, height = inner
    if side == 1:
        return (width - y, x), (-ny, nx)
    if side == 2:
        return (width - x, height - y), (-nx, -ny)
    if side == 3:
        return (y, height - x), (ny, -nx)
    return point, normal


def _closed(points: list[Point]) -> str:
    return "M" + "L".join(f"{x:.2f} {y:.2f}" for x, y in points) + "Z"


def _svg(width: float, height: float, lines: list[str], colour: str, stroke: float) -> bytes:
    paths = "".join(f'<path d="{line}"/>' for line in lines)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}mm" height="{height}mm" '
        f'viewBox="0 0 {width} {height}"><g fill="none" stroke="{colour}" stroke-width="{stroke}">{paths}</g></svg>'
    ).encode()
