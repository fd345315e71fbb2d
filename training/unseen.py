"""Test sets of goods that no model was fitted on, by the design benchmark's own maker.

    python training/unseen.py libraries OUT LIBRARY.sh3f ...     # OUT/chosen-by, OUT/reported, OUT/trained
    render.py BENCH OUT/reported/*.sh3f --registered 35 --queries 350 --seed 11 --backgrounds PHOTOS
    python training/unseen.py join BENCH RENDERS

The models that were held back from the training (training/renders.py) fall into two halves by a digest of their
names: choices may be made by the first, the second is only reported. ``join`` registers models
of the training beside them (RENDERS, by training/renders.py): a larger registry, in which what is asked for has not
been seen before.
"""

from __future__ import annotations

import argparse
import zipfile
from pathlib import Path

from PIL import Image
from renders import FILED, half, held_back, models

PARTS = ("trained", "chosen-by", "reported")


def part(name: str) -> str:
    return PARTS[1 + half(name)] if held_back(name) else PARTS[0]


def split(libraries: list[Path], out: Path) -> None:
    """Writes each library three times, with the models of one part each."""
    for library in libraries:
        parts = {str(Path(name).parent): part(Path(name).stem) for _, name in models([library])}
        with zipfile.ZipFile(library) as whole:
            for one in PARTS:
                (out / one).mkdir(parents=True, exist_ok=True)
                with zipfile.ZipFile(out / one / library.name, "w") as file:
                    for name in whole.namelist():
                        if parts.get(str(Path(name).parent)) == one:
                            file.writestr(name, whole.read(name))


def join(bench: Path, renders: Path, count: int) -> None:
    whole = [one for one in sorted(renders.iterdir()) if "~" not in one.name]
    whole = [one for one in whole if len(list(one.glob("filed-*.webp"))) == len(FILED)]
    for design in whole[:count]:
        for path in design.glob("filed-*.webp"):
            with Image.open(path) as goods:
                page = Image.new("RGB", goods.size, "white")
                page.paste(goods, mask=goods.getchannel("A"))
            page.save(bench / "registry" / f"{design.name}__{path.stem.removeprefix('filed-')}.jpg", quality=92)


def main() -> None:
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True, dest="command")
    libraries = commands.add_parser("libraries")
    libraries.add_argument("out", type=Path)
    libraries.add_argument("libraries", type=Path, nargs="+")
    both = commands.add_parser("join")
    both.add_argument("bench", type=Path)
    both.add_argument("renders", type=Path)
    both.add_argument("--count", type=int, default=100)
    args = parser.parse_args()
    if args.command == "libraries":
        split(args.libraries, args.out)
    else:
        join(args.bench, args.renders, args.count)


if __name__ == "__main__":
    main()
