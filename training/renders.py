"""Training pictures of goods for the design model: three-dimensional models seen from all sides, cut out of any
ground.

    python training/renders.py OUT LIBRARY.sh3f ... [--new 24] [--variants 1] [--held-back]

Each model is drawn by its filed views and by new photographs (other angle, lens, lights; now and then every
material in a colour of its own), and so are variants of it: stretched, tapered, bent, with parts left out. A
variant is another design of the same kind, the hardest stranger there is. Writes OUT/<design>/<view>.webp with
transparency, 256 pixels. Models whose name says so (``held_back``) are kept for the figures: neither they nor their
variants are drawn, or, with ``--held-back``, only they are. Needs pyvista; no screen. Libraries and licences:
docs/model-card.md.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyvista as pv
from PIL import Image

FILED = {
    "front": (0, 0),
    "right": (90, 0),
    "back": (180, 0),
    "left": (270, 0),
    "top": (0, 89),
    "perspective": (35, 25),
}
SIDE = 256
HELD_BACK = 0.30
NEW, VARIANTS = 24, 1
SECONDS = 600  # however busy the machine is


def held_back(name: str) -> bool:
    """Whether a model is kept from the training; a number at the name's end does not count (chair1, chair2)."""
    return int(_digest(name)[:8], 16) < HELD_BACK * 2**32


def half(name: str) -> int:
    """Which half of those held back a model belongs to: choices are made by 0, and 1 is only reported."""
    return int(_digest(name)[8:16], 16) % 2


def _digest(name: str) -> str:
    root = re.sub(r"[\d_]+$", "", name.lower())
    return hashlib.sha256(root.encode()).hexdigest()


def models(libraries: list[Path]) -> Iterator[tuple[Path, str]]:
    for library in libraries:
        with zipfile.ZipFile(library) as file:
            for name in sorted(file.namelist()):
                if name.lower().endswith(".obj"):
                    yield library, name


def unpack(library: Path, name: str, folder: Path) -> Path:
    parent = name.rsplit("/", 1)[0] + "/" if "/" in name else ""
    with zipfile.ZipFile(library) as file:
        for other in file.namelist():
            if other.startswith(parent) and other.count("/") == name.count("/") and not other.endswith("/"):
                file.extract(other, folder)
    return folder / name


class Studio:
    """A model before a camera. ``cells`` can be bent; ``usable`` is false where nothing can be drawn."""

    def __init__(self, model: Path) -> None:
        pv.global_theme.multi_samples = 1  # drawn larger and made smaller: the same edges in a quarter of the time
        self.plot = pv.Plotter(off_screen=True, window_size=[SIDE * 3 // 2] * 2, lighting="none")
        materials = model.with_suffix(".mtl")
        if materials.exists():
            self.plot.import_obj(str(model), str(materials))
        else:
            self.plot.add_mesh(pv.read(str(model)), color="tan")
        self.plot.show(auto_close=False)
        self.actors = [one for one in self.plot.actors.values() if isinstance(one, pv.Actor)] or list(
            self.plot.renderer.actors.values()
        )
        self.points = [np.array(pv.wrap(one.GetMapper().GetInput()).points) for one in self.actors]
        self.colours = [one.GetProperty().GetDiffuseColor() for one in self.actors]
        self.measure()

    def measure(self) -> None:
        low, high = np.array(self.plot.bounds)[::2], np.array(self.plot.bounds)[1::2]
        extent = high - low
        self.centre, self.size = (low + high) / 2, float(np.linalg.norm(extent))
        self.usable = bool(np.isfinite(extent).all() and np.sort(extent)[1] >= 0.05 * extent.max() > 0)

    def bend(self, draw: np.random.Generator) -> None:
        """Makes another design of it: axes stretched, tapered and bent, perhaps without some of its parts."""
        for one in self.actors:
            one.SetVisibility(True)
        stretch = np.exp(draw.normal(0, 0.28, 3))
        stretch[draw.integers(3)] *= draw.choice([0.6, 1.6])
        taper, twist, arch = draw.normal(0, 0.25), draw.normal(0, 0.25), draw.normal(0, 0.12)
        for one, points in zip(self.actors, self.points, strict=True):
            at = (points - self.centre0) / self.size0
            narrow = 1 + taper * at[:, 1:2] * 2
            x, z = at[:, 0] * narrow[:, 0], at[:, 2] * narrow[:, 0]
            turn = twist * at[:, 1] * 2
            x, z = x * np.cos(turn) - z * np.sin(turn), x * np.sin(turn) + z * np.cos(turn)
            bent = np.stack([x, at[:, 1] + arch * 4 * x**2, z], axis=1) * stretch
            pv.wrap(one.GetMapper().GetInput()).points = (bent * self.size0 + self.centre0).astype(np.float32)
        if len(self.actors) > 3 and draw.random() < 0.6:
            one = self.actors[draw.integers(len(self.actors))]
            one.SetVisibility(False)
        self.measure()

    def keep_shape(self) -> None:
        self.centre0, self.size0 = self.centre, self.size

    def paint(self, draw: np.random.Generator | None) -> None:
        """Every material in a colour of its own, or back in that of the model."""
        for one, colour in zip(self.actors, self.colours, strict=True):
            one.GetProperty().SetDiffuseColor(*(draw.random(3) if draw is not None else colour))

    def shoot(
        self, azimuth: float, elevation: float, lens: float, lights: list[tuple[np.ndarray, float]]
    ) -> Image.Image:
        """The goods (RGBA); angles and the lens's field in degrees; y is up."""
        a, e = np.radians(azimuth), np.radians(elevation)
        way = np.array([np.sin(a) * np.cos(e), np.sin(e), np.cos(a) * np.cos(e)])
        camera = self.plot.camera
        camera.focal_point = self.centre
        camera.position = self.centre + way * self.size / (1.7 * np.tan(np.radians(lens / 2)))
        camera.up = (0, 1, 0) if abs(elevation) < 80 else (0, 0, -1)
        camera.view_angle = lens
        self.plot.reset_camera_clipping_range()
        self.plot.remove_all_lights()
        for place, power in lights:
            self.plot.add_light(
                pv.Light(position=place * self.size + self.centre, focal_point=self.centre, intensity=power)
            )
        self.plot.render()
        shot = Image.fromarray(self.plot.screenshot(return_img=True, transparent_background=True))
        return shot.resize((SIDE, SIDE), Image.Resampling.LANCZOS)


STUDIO_LIGHTS = [
    (np.array([1, 2, 2]), 0.7),
    (np.array([-2, 1, 1]), 0.4),
    (np.array([0, 1, -2]), 0.3),
    (np.array([0, 1, 0]), 0.0),
]


def any_lights(draw: np.random.Generator) -> list[tuple[np.ndarray, float]]:
    low, high = np.array([-2, 0.2, -2]), np.array([2, 2.5, 2.5])
    lights = [(draw.uniform(low, high), draw.uniform(0.3, 1.0)) for _ in range(4)]
    burning = draw.integers(2, 5)  # another number of lights would be another shader, compiled anew
    return [(place, power if at < burning else 0.0) for at, (place, power) in enumerate(lights)]


def series(studio: Studio, folder: Path, count: int, draw: np.random.Generator) -> None:
    if not studio.usable:
        return
    folder.mkdir(parents=True, exist_ok=True)
    studio.paint(None)
    for view, angles in FILED.items():
        studio.shoot(*angles, 30.0, STUDIO_LIGHTS).save(folder / f"filed-{view}.webp", quality=85, method=2)
    for at in range(count):
        wide = draw.random() < 0.15  # from anywhere, behind too
        azimuth = draw.uniform(-180, 180) if wide else draw.uniform(-75, 75)
        elevation = draw.uniform(-10, 65) if wide else draw.uniform(0, 42)
        studio.paint(draw if draw.random() < 0.25 else None)
        shot = studio.shoot(azimuth, elevation, draw.uniform(16, 58), any_lights(draw))
        if np.asarray(shot)[:, :, 3].mean() > 2:
            shot.save(folder / f"new-{at:02d}.webp", quality=85, method=2)


def work(library: Path, name: str, out: Path, new: int, variants: int) -> None:
    draw = np.random.default_rng(list(name.encode()))
    design = f"{library.stem}-{Path(name).stem}"
    if (out / design).exists():  # drawn by an earlier run
        return
    with tempfile.TemporaryDirectory() as folder:
        studio = Studio(unpack(library, name, Path(folder)))
        studio.keep_shape()
        if not studio.usable:
            return
        series(studio, out / design, new, draw)
        for at in range(variants):
            studio.bend(draw)
            series(studio, out / f"{design}~{at + 1}", new // 2, draw)


def apart(library: Path, name: str, out: Path, new: int, variants: int) -> None:
    """In a process of its own, with a limit of time: some of these models crash the reader."""
    child = os.fork()
    if child:
        os.waitpid(child, 0)
        return
    try:
        import signal

        signal.alarm(SECONDS)
        work(library, name, out, new, variants)
    finally:
        os._exit(0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("out", type=Path)
    parser.add_argument("libraries", type=Path, nargs="+")
    parser.add_argument("--held-back", action="store_true")
    parser.add_argument("--new", type=int, default=NEW, help="photographs of a model; half of a variant")
    parser.add_argument("--variants", type=int, default=VARIANTS)
    args = parser.parse_args()
    chosen = [one for one in models(args.libraries) if held_back(Path(one[1]).stem) == args.held_back]
    for at in np.random.default_rng(3).permutation(len(chosen)):
        apart(*chosen[at], args.out, args.new, args.variants)
    print(len(list(args.out.iterdir())), "designs of", len(chosen), "models")


if __name__ == "__main__":
    main()
