"""The training pictures: gathered once into one folder, small, upright, without near-duplicates, and split.

    python training/pictures.py FOLDER [--photos ../shared/photos] [--packages EXTRACTED_DEBIAN_PACKAGES]

Writes FOLDER/<kind>/<name>.jpg. Which packages, and under which licences, is listed in docs/model-card.md; `apt-get
download` and `dpkg -x` bring them.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path

import imagehash
import numpy as np
from PIL import Image, ImageOps

SIDE = 384
HELD_BACK = 0.25
# package: (pattern of paths, shortest side that is worth it, most pictures)
PACKAGES: dict[str, tuple[str, int, int]] = {
    "tuxpaint-stamps-default": (r"\.(png|svg)$", 80, 1100),
    "wesnoth-1.16-data": (r"(portraits|story|maps|titles|images/items|backgrounds)/.*\.(png|jpg|webp)$", 160, 900),
    "wesnoth-1.16-httt": (r"(portraits|story|maps)/.*\.(png|jpg|webp)$", 160, 200),
    "wesnoth-1.16-sof": (r"(portraits|story|maps)/.*\.(png|jpg|webp)$", 160, 100),
    "wesnoth-1.16-thot": (r"(portraits|story|maps)/.*\.(png|jpg|webp)$", 160, 100),
    "wesnoth-1.16-utbs": (r"(portraits|story|maps)/.*\.(png|jpg|webp)$", 160, 200),
    "freeorion-data": (r"\.(png|jpg)$", 128, 700),
    "stellarium-data": (r"skycultures/.*\.png$", 200, 300),
    "flare-game": (r"\.(png|jpg)$", 200, 100),
    "freeciv-data": (r"(wonders|intro|buildings|flags).*\.(png|jpg)$", 100, 100),
    "colobot-common-textures": (r"\.(png|jpg)$", 128, 60),
    "plasma-workspace-wallpapers": (r"\.(png|jpg|webp)$", 300, 100),
    "gnome-backgrounds": (r"\.(png|jpg|webp|svg)$", 300, 40),
    "mate-backgrounds": (r"\.(png|jpg|webp)$", 300, 40),
    "lomiri-wallpapers-16.04": (r"\.(png|jpg)$", 300, 20),
    "lomiri-wallpapers-20.04": (r"\.(png|jpg)$", 300, 20),
    "ukui-wallpapers": (r"\.(png|jpg)$", 300, 20),
    "marble-data": (r"\.(png|jpg)$", 200, 40),
    "python3-skimage": (r"data/.*\.(png|jpg|jpeg|tif)$", 128, 30),
    "kmahjongg": (r"\.(png|jpg)$", 200, 20),
}


def held_back(name: str) -> bool:
    """Whether a picture is kept from the training, by its name alone: for thresholds, calibration and figures."""
    return int(hashlib.sha256(name.encode()).hexdigest()[:8], 16) < HELD_BACK * 2**32


def small(path: Path, draw: np.random.Generator) -> Image.Image | None:
    try:
        if path.suffix == ".svg":
            return None
        image = Image.open(path)
        image.draft("RGB", (SIDE, SIDE))
        image = ImageOps.exif_transpose(image)
        if "A" in image.mode or "transparency" in image.info:
            layer = image.convert("RGBA")
            box = layer.getchannel("A").getbbox()
            layer = layer.crop(box) if box else layer
            shade = "white" if draw.random() < 0.6 else tuple(int(v) for v in draw.integers(90, 256, 3))
            image = Image.alpha_composite(Image.new("RGBA", layer.size, shade), layer)
        image = image.convert("RGB")
    except (OSError, ValueError, SyntaxError):
        return None
    image.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
    return image


def candidates(photos: Path, packages: Path) -> Iterator[tuple[str, Path, int, int]]:
    for path in sorted((photos / "clothing").glob("*.jpg")):
        yield "clothing", path, 64, 10_000
    for name, (pattern, side, most) in PACKAGES.items():
        paths = [one for one in sorted((packages / name).rglob("*")) if re.search(pattern, str(one), re.I)]
        order = np.random.default_rng(7).permutation(len(paths))
        for at in order:
            if paths[at].is_file():
                yield name, paths[at], side, most


def emoji(packages: Path, target: Path, most: int = 500) -> int:
    """Drawings of objects out of Noto Color Emoji (SIL Open Font License), each on a shade of its own."""
    from PIL import ImageDraw, ImageFont

    font = ImageFont.truetype(str(next((packages / "fonts-noto-color-emoji").rglob("*.ttf"))), 109)
    draw, made = np.random.default_rng(7), 0
    target.mkdir(parents=True, exist_ok=True)
    for code in draw.permutation(np.r_[0x1F300:0x1F650, 0x1F680:0x1F6FF, 0x1F900:0x1FAFF])[: most * 2]:
        shade = tuple(int(value) for value in draw.integers(140, 256, 3))
        image = Image.new("RGB", (150, 140), shade)
        ImageDraw.Draw(image).text((7, 7), chr(code), font=font, embedded_color=True)
        if made < most and np.asarray(image).std() > 25:
            image.save(target / f"{code:x}.jpg", quality=92)
            made += 1
    return made


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("--photos", type=Path, default=Path("../shared/photos"))
    parser.add_argument("--packages", type=Path, required=True)
    args = parser.parse_args()
    seen = np.zeros((0, 64), bool)
    counts: dict[str, int] = {}
    draw = np.random.default_rng(7)
    for kind, path, side, most in candidates(args.photos, args.packages):
        if counts.get(kind, 0) >= most:
            continue
        image = small(path, draw)
        if (
            image is None
            or min(image.size) < min(side, 96)
            or max(image.size) < side
            or np.asarray(image).std() < 12
        ):
            continue
        bits = imagehash.phash(image).hash.flatten()[None]
        if kind != "clothing" and len(seen) and (seen ^ bits).sum(axis=1).min() < 10:
            continue  # a frame of an animation, or the same picture in another size
        seen = np.concatenate([seen, bits])
        counts[kind] = counts.get(kind, 0) + 1
        name = (
            path.stem
            if kind == "clothing"
            else hashlib.sha256(str(path.relative_to(args.packages)).encode()).hexdigest()[:16]
        )
        target = args.folder / kind
        target.mkdir(parents=True, exist_ok=True)
        out = io.BytesIO()
        image.save(out, "JPEG", quality=90)
        (target / f"{name}.jpg").write_bytes(out.getvalue())
    counts["fonts-noto-color-emoji"] = emoji(args.packages, args.folder / "fonts-noto-color-emoji")
    for kind, count in counts.items():
        print(f"{kind:30} {count}")


if __name__ == "__main__":
    main()
