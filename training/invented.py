"""Training pictures of goods that nobody made: drawn from chance, as many designs as one likes.

    python training/invented.py OUT [--kinds 600] [--siblings 2] [--new 8]

The libraries of training/renders.py hold few models, and a network learns them by heart. Here each kind is a
recipe (turned bodies, seats and tables, cabinets, rings, frames, bags, piles of parts), its numbers drawn by
chance, and its siblings differ from it in some of these: other designs of the same kind, the hardest strangers
there are. Writes what training/renders.py writes, in the same folders' form. Needs pyvista; no screen.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyvista as pv
from renders import SIDE, Studio, series

Draw = np.random.Generator
Parts = list[tuple[pv.PolyData, int]]
"""Meshes, and which of the design's colours each has."""


class Dice:
    """Numbers by chance that a sibling draws again alike: each is the family's, and now and then a new one."""

    def __init__(self, family: int, sibling: int) -> None:
        self.common = np.random.default_rng([5, family])
        self.own = np.random.default_rng([6, family, sibling])
        self.change = 0.0 if sibling == 0 else 0.4

    def real(self, low: float, high: float) -> float:
        value, other = self.common.uniform(low, high), self.own.uniform(low, high)
        return float(other if self.own.random() < self.change else value)

    def whole(self, low: int, high: int) -> int:
        """From ``low`` to ``high``, both among them."""
        return int(np.clip(np.floor(self.real(low, high + 1)), low, high))

    def yes(self, chance: float) -> bool:
        return self.real(0, 1) < chance


Place = tuple[float, float, float]


def box(centre: Place, size: Place) -> pv.PolyData:
    return pv.Cube(center=centre, x_length=size[0], y_length=size[1], z_length=size[2])


def ball(size: float, centre: Place = (0, 0, 0)) -> pv.PolyData:
    return pv.Sphere(radius=size, center=centre)


def drum(centre: Place, way: Place, size: float, height: float, sides: int = 100) -> pv.PolyData:
    return pv.Cylinder(center=centre, direction=way, radius=size, height=height, resolution=sides)


def rod(start: np.ndarray, end: np.ndarray, thick: float, sides: int) -> pv.PolyData:
    return pv.Line(start, end).tube(radius=thick, n_sides=sides, capping=True)


def turned(dice: Dice, height: float, wide: float) -> pv.PolyData:
    """A body of revolution: bottle, vase, lamp, cup, knob."""
    count = dice.whole(4, 8)
    radii = np.array([dice.real(0.08, 1.0) for _ in range(count)]) * wide
    at = np.linspace(0, height, count)
    fine = np.linspace(0, height, 40)
    smooth = np.interp(fine, at, radii)
    if dice.yes(0.7):
        kernel = np.hanning(9) / np.hanning(9).sum()
        smooth = np.convolve(np.pad(smooth, 4, mode="edge"), kernel, "valid")
    line = pv.lines_from_points(np.c_[smooth, np.zeros(40), fine])
    body = line.extrude_rotate(resolution=dice.whole(3, 9) if dice.yes(0.25) else 48, capping=False)
    return body.rotate_x(-90, inplace=False)


def vessel(dice: Dice) -> Parts:
    parts: Parts = [(turned(dice, dice.real(0.6, 2.5), dice.real(0.3, 0.9)), 0)]
    if dice.yes(0.5):
        parts.append(
            (turned(dice, dice.real(0.1, 0.5), dice.real(0.1, 0.5)).translate((0, parts[0][0].bounds[3], 0)), 1)
        )
    if dice.yes(0.4):
        wide = parts[0][0].bounds[1]
        ring = pv.ParametricTorus(ringradius=dice.real(0.2, 0.5), crosssectionradius=dice.real(0.02, 0.07))
        parts.append((ring.translate((wide, parts[0][0].bounds[3] * dice.real(0.4, 0.8), 0)), 1))
    return parts


def legs(dice: Dice, wide: float, deep: float, height: float) -> Parts:
    count, thick, splay = dice.whole(3, 6), dice.real(0.02, 0.08), dice.real(0, 0.25)
    sides = 4 if dice.yes(0.4) else 16
    if dice.yes(0.2):  # one column on a foot
        foot = drum((0, 0.03, 0), (0, 1, 0), wide * dice.real(0.25, 0.45), 0.05)
        return [(rod(np.array([0, 0, 0]), np.array([0, height, 0]), thick * 1.5, sides), 1), (foot, 1)]
    turn = np.pi / 4 if count == 4 else dice.real(0, 1)
    parts: Parts = []
    feet = []
    for at in range(count):
        way = np.array([np.cos(turn + 2 * np.pi * at / count), 0, np.sin(turn + 2 * np.pi * at / count)])
        stretch = 1.3 if count == 4 else 0.9
        top = way * np.array([wide, 0, deep]) / 2 * stretch * 0.9
        foot = top * (1 + splay)
        feet.append((foot * 0.6 + top * 0.4) + np.array([0, height * 0.4, 0]))
        parts.append((rod(foot, top + np.array([0, height, 0]), thick, sides), 1))
    if dice.yes(0.5):
        around = [(one, feet[(at + 1) % count]) for at, one in enumerate(feet)]
        across = [(one, np.mean(feet, axis=0)) for one in feet]
        parts += [(rod(a, b, thick * 0.6, sides), 1) for a, b in (around if dice.yes(0.5) else across)]
    return parts


def plate(dice: Dice, wide: float, deep: float, thick: float) -> pv.PolyData:
    """A table's top, a seat: round, square, or something between."""
    if dice.yes(0.35):
        return box((0, 0, 0), (wide, thick, deep))
    body = pv.ParametricSuperEllipsoid(n1=dice.real(0.2, 1), n2=dice.real(0.2, 1.4))
    return body.scale((wide / 2, deep / 2, thick / 2)).rotate_x(-90, inplace=False)


def seat(dice: Dice) -> Parts:
    wide, deep, height = dice.real(0.7, 1.4), dice.real(0.7, 1.2), dice.real(0.5, 1.2)
    parts = legs(dice, wide, deep, height)
    parts.append((plate(dice, wide, deep, dice.real(0.06, 0.3)).translate((0, height, 0)), 0))
    back, lean = dice.real(0.4, 1.2), dice.real(0, 0.25)
    if dice.yes(0.35):
        panel = plate(dice, wide, back, dice.real(0.05, 0.25)).rotate_x(90 - 57 * lean, inplace=False)
        parts.append((panel.translate((0, height + back * 0.6, -deep / 2)), 2))
    else:
        count, thick = dice.whole(2, 9), dice.real(0.015, 0.05)
        for x in np.linspace(-wide / 2, wide / 2, count) * 0.9:
            low, high = np.array([x, height, -deep / 2]), np.array([x, height + back, -deep / 2 - lean])
            parts.append((rod(low, high, thick, 12), 2))
        for share in np.linspace(1, dice.real(0.3, 0.9), dice.whole(1, 3)):
            y, z = height + back * share, -deep / 2 - lean * share
            parts.append((rod(np.array([-wide / 2, y, z]), np.array([wide / 2, y, z]), thick * 1.5, 12), 2))
    if dice.yes(0.4):
        up = dice.real(0.2, 0.4)
        for x in (-wide / 2, wide / 2):
            rest = box((x, height + up, 0), (dice.real(0.06, 0.2), dice.real(0.04, 0.35), deep * dice.real(0.7, 1)))
            parts.append((rest, 2))
    return parts


def table(dice: Dice) -> Parts:
    wide, deep, height = dice.real(0.8, 2.2), dice.real(0.6, 1.2), dice.real(0.3, 1.2)
    parts = legs(dice, wide, deep, height)
    parts.append((plate(dice, wide, deep, dice.real(0.04, 0.15)).translate((0, height, 0)), 0))
    if dice.yes(0.4):
        parts.append((plate(dice, wide * 0.8, deep * 0.8, 0.05).translate((0, height * dice.real(0.2, 0.6), 0)), 2))
    return parts


def cabinet(dice: Dice) -> Parts:
    wide, height, deep = dice.real(0.6, 2.2), dice.real(0.5, 2.2), dice.real(0.3, 0.8)
    parts: Parts = [(box((0, height / 2, 0), (wide, height, deep)), 0)]
    columns, rows = dice.whole(1, 4), dice.whole(1, 5)
    gap, knob = dice.real(0.02, 0.06), dice.whole(0, 2)
    for column in range(columns):
        for row in range(rows):
            if dice.yes(0.12):
                continue
            x, y = (column + 0.5) / columns * wide - wide / 2, (row + 0.5) / rows * height
            front = (x, y, deep / 2 + 0.02)
            parts.append((box(front, (wide / columns - gap, height / rows - gap, 0.05)), 2))
            place = (x, y + dice.real(-0.2, 0.2) * height / rows, deep / 2 + 0.07)
            if knob == 0:
                parts.append((ball(0.04, place), 1))
            elif knob == 1:
                parts.append((box(place, (wide / columns * 0.4, 0.03, 0.04)), 1))
            else:
                parts.append((box(place, (0.03, height / rows * 0.4, 0.04)), 1))
    if dice.yes(0.5):
        parts = [(one.translate((0, 0.25, 0)), colour) for one, colour in parts] + legs(
            dice, wide * 0.8, deep, 0.25
        )
    return parts


def ring(dice: Dice) -> Parts:
    """Rings, bracelets, pendants."""
    body = pv.ParametricSuperToroid(
        ringradius=1, crosssectionradius=dice.real(0.05, 0.3), n1=dice.real(0.4, 1.4), n2=dice.real(0.3, 1.6)
    )
    parts: Parts = [(body.scale((1, 1, dice.real(0.6, 2.5))), 0)]
    stones, size = dice.whole(0, 9), dice.real(0.08, 0.35)
    spread = dice.real(0.1, 0.7)
    gems: list[Callable[[], pv.PolyData]] = [
        lambda: pv.Sphere(theta_resolution=8, phi_resolution=6),
        pv.Octahedron,
        pv.Icosahedron,
        lambda: pv.Cube().scale(1.2),
    ]
    gem = gems[dice.whole(0, len(gems) - 1)]
    for at in range(stones):
        angle = np.pi / 2 + (at - (stones - 1) / 2) * spread
        one = size * (1 - 0.12 * abs(at - (stones - 1) / 2))
        place = (1.15 * np.cos(angle), 1.15 * np.sin(angle), 0)
        parts.append((gem().scale(max(one, 0.04)).translate(place), 1 + at % 2))
    return parts


def frame(dice: Dice) -> Parts:
    """Eyewear and watches: closed curves before the eye, with what holds them."""
    wide, high, power, thick = dice.real(0.5, 0.8), dice.real(0.3, 0.7), dice.real(0.4, 1.6), dice.real(0.02, 0.09)
    angle = np.linspace(0, 2 * np.pi, 48, endpoint=False)
    shape = np.c_[
        wide * np.sign(np.cos(angle)) * np.abs(np.cos(angle)) ** power,
        high * np.sign(np.sin(angle)) * np.abs(np.sin(angle)) ** power * (1 + dice.real(-0.3, 0.3) * np.cos(angle)),
        np.zeros(48),
    ]
    rim = pv.lines_from_points(np.r_[shape, shape[:1]]).tube(radius=thick, n_sides=10)
    gap = wide + dice.real(0.08, 0.25)
    parts: Parts = [(rim.translate((gap, 0, 0)), 0), (rim.reflect((1, 0, 0)).translate((-gap, 0, 0)), 0)]
    rise = dice.real(-0.2, 0.3) * high
    parts.append((rod(np.array([wide - gap, rise, 0]), np.array([gap - wide, rise, 0]), thick, 10), 1))
    long, drop = dice.real(1.2, 2.0), dice.real(0, 0.4)
    for side in (-1, 1):
        hinge, bend = np.array([side * (gap + wide), rise, 0]), np.array([side * (gap + wide), rise, -long])
        parts.append((rod(hinge, bend, thick * dice.real(0.6, 2), 8), 2))
        parts.append((rod(bend, bend + np.array([0, -drop - 0.1, -0.3]), thick, 8), 2))
    return parts


def watch(dice: Dice) -> Parts:
    thick, sides = dice.real(0.1, 0.35), 48 if dice.yes(0.7) else dice.whole(4, 12)
    parts: Parts = [(drum((0, 0, 0), (0, 0, 1), 1.0, thick, sides), 0)]
    parts.append((pv.Disc(center=(0, 0, thick / 2 + 0.01), inner=0, outer=0.85, c_res=sides), 1))
    marks, long = dice.whole(0, 3) * 4, dice.real(0.05, 0.25)
    for at in range(marks):
        way = np.array([np.cos(2 * np.pi * at / marks), np.sin(2 * np.pi * at / marks), 0])
        up = np.array([0, 0, thick / 2 + 0.03])
        parts.append((rod(way * 0.8 + up, way * (0.8 - long) + up, dice.real(0.015, 0.05), 6), 2))
    for hand in (0.45, 0.7):
        angle = dice.real(0, 6.28)
        way, up = np.array([np.cos(angle), np.sin(angle), 0]) * hand, np.array([0, 0, thick / 2 + 0.05])
        parts.append((rod(up, way + up, dice.real(0.02, 0.05), 6), 2))
    strap, bend = dice.real(0.4, 0.9), dice.real(0.2, 0.9)
    links = dice.whole(4, 9)
    for side in (-1, 1):
        for at in range(links):
            y, z = side * (1.0 + 0.3 * at), -bend * (at / links) ** 2 * 1.5
            parts.append((box((0, y, z), (strap * 2 * (1 - 0.04 * at), 0.29, 0.12)), 2 if dice.yes(0.8) else 0))
    return parts


def bag(dice: Dice) -> Parts:
    wide, high, deep = dice.real(0.8, 1.8), dice.real(0.6, 1.6), dice.real(0.2, 0.7)
    body = pv.ParametricSuperEllipsoid(n1=dice.real(0.1, 0.9), n2=dice.real(0.1, 0.9))
    parts: Parts = [(body.scale((wide / 2, high / 2, deep / 2)).translate((0, high / 2, 0)), 0)]
    flap = dice.real(0.2, 0.8)
    if dice.yes(0.6):
        parts.append((box((0, high * (1 - flap / 2), deep / 2), (wide * dice.real(0.7, 1), high * flap, 0.06)), 1))
    if dice.yes(0.6):
        clasp = box if dice.yes(0.5) else None
        place = (0.0, high * (1 - flap), deep / 2 + 0.05)
        size = dice.real(0.05, 0.15)
        parts.append((clasp(place, (size * 2, size, 0.06)) if clasp else ball(size, place), 2))
    reach, thick, up = dice.real(0.15, 0.45) * wide, dice.real(0.02, 0.06), dice.real(0.2, 0.9)
    angle = np.linspace(0, np.pi, 24)
    for z in (-deep / 3, deep / 3) if dice.yes(0.5) else (0.0,):
        curve = np.c_[reach * np.cos(angle), high * 0.9 + up * np.sin(angle), np.full(24, z)]
        parts.append((pv.lines_from_points(curve).tube(radius=thick, n_sides=10), 2))
    return parts


def pile(dice: Dice) -> Parts:
    """Anything: parts on parts, alike on both sides."""
    parts: Parts = []
    shapes: list[Callable[[float], pv.PolyData]] = [
        lambda size: pv.Cube(x_length=size * 1.6, y_length=size, z_length=size * 1.2),
        lambda size: ball(size * 0.7),
        lambda size: drum((0, 0, 0), (0, 1, 0), size * 0.5, size * 1.6),
        lambda size: pv.Cone(direction=(0, 1, 0), height=size * 1.5, radius=size * 0.7, resolution=24),
        lambda size: pv.ParametricTorus(ringradius=size * 0.7, crosssectionradius=size * 0.2),
        lambda size: pv.ParametricSuperEllipsoid(n1=0.4, n2=0.5).scale(size * 0.8),
    ]
    for at in range(dice.whole(3, 8)):
        one = shapes[dice.whole(0, len(shapes) - 1)](dice.real(0.2, 0.9))
        stretched = one.scale([dice.real(0.5, 1.6) for _ in range(3)]).rotate_x(
            90 * dice.whole(0, 1), inplace=False
        )
        place = (dice.real(0, 1) if dice.yes(0.5) else 0.0, dice.real(0, 1.8), dice.real(-0.4, 0.4))
        moved = stretched.translate(place)
        parts.append((moved, at % 3))
        if place[0] > 0:
            parts.append((moved.reflect((1, 0, 0)), at % 3))
    return parts


RECIPES = (vessel, seat, table, cabinet, ring, frame, watch, bag, pile)


class Invented(Studio):
    """A design by its recipe, in colours of its own."""

    def __init__(self, family: int, sibling: int) -> None:
        pv.global_theme.multi_samples = 1
        self.plot = pv.Plotter(off_screen=True, window_size=[SIDE * 3 // 2] * 2, lighting="none")
        dice = Dice(family, sibling)
        colours = [[dice.real(0, 1) for _ in range(3)] for _ in range(3)]
        glossy = dice.real(0, 0.8)
        if dice.yes(0.4):
            colours[1:] = [colours[0], [min(1.0, one + 0.3) for one in colours[0]]]
        for mesh, colour in RECIPES[family % len(RECIPES)](dice):
            self.plot.add_mesh(
                mesh, color=colours[colour], smooth_shading=False, specular=glossy, specular_power=20
            )
        self.plot.show(auto_close=False)
        self.actors = list(self.plot.renderer.actors.values())
        self.colours = [one.GetProperty().GetDiffuseColor() for one in self.actors]
        self.measure()


def draw_family(family: int, out: Path, siblings: int, new: int) -> None:
    draw = np.random.default_rng([9, family])
    for sibling in range(siblings + 1):
        name = f"invented{family}" + (f"~{sibling}" if sibling else "")
        if not (out / name).exists():
            studio = Invented(family, sibling)
            series(studio, out / name, new, draw)
            studio.plot.close()


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("--kinds", type=int, default=600)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--siblings", type=int, default=2)
    parser.add_argument("--new", type=int, default=8)
    args = parser.parse_args()
    for family in range(args.first, args.first + args.kinds):
        child = os.fork()  # what a drawing leaves behind in memory goes with its process
        if not child:
            try:
                draw_family(family, args.out, args.siblings, args.new)
            finally:
                os._exit(0)
        os.waitpid(child, 0)
    print(len(list(args.out.iterdir())), "designs")


if __name__ == "__main__":
    main()
