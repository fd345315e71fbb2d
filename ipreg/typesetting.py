"""Setting the certificate's page: text that any font of ours can show, and Typst, which makes the PDF.

The fonts come in wheels (Noto Serif SC and Noto Sans SC, Noto Sans CJK for rare characters, Noto for other
scripts); Typst embeds subsets of them. No font of the machine is used, so every machine sets the same page.
"""

from __future__ import annotations

import json
import tempfile
import unicodedata
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import cache
from pathlib import Path

import manimgx_fonts
import manimgx_fonts_cjk
import pylopdf_fonts_zh_cn
import typst
from fontTools.ttLib import TTCollection, TTFont

_PAPERS = Path(__file__).parent / "papers"
_FONTS = [Path(module.__file__ or "").parent for module in (pylopdf_fonts_zh_cn, manimgx_fonts_cjk, manimgx_fonts)]
# PDF/A-2a: archival and accessible. It refuses what it can't show; then a plain PDF is better than none.
_STANDARDS: tuple[list[typst.PDFStandard], ...] = (["a-2a"], [])


def set_page(facts: Mapping[str, object], picture: bytes, *, at: datetime) -> bytes:
    """The certificate as PDF, unsigned: from the same facts, picture (JPEG) and time the same bytes."""
    return set_paper("certificate.typ", facts, {"picture.jpg": picture}, at=at)


def set_paper(template: str, facts: Mapping[str, object], files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """A paper of ``ipreg/papers`` as PDF, unsigned. ``files`` are what the template reads beside the facts."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "main.typ").write_bytes((_PAPERS / template).read_bytes())
        for file, data in files.items():
            (folder / file).write_bytes(data)
        for standards in _STANDARDS:
            try:
                return typst.compile(
                    str(folder / "main.typ"),
                    root=str(folder),
                    font_paths=[str(one) for one in _FONTS],
                    ignore_system_fonts=True,
                    sys_inputs={"facts": json.dumps(facts)},
                    pdf_standards=standards,
                    timestamp=int(at.timestamp()),
                )
            except typst.TypstError as fault:
                failed = fault
        raise failed


def showable(text: str) -> str:
    """``text`` as a certificate can show it: one line, nothing invisible, code points for what no font has."""
    plain = unicodedata.normalize("NFC", " ".join(text.split()))
    return "".join(_shown(letter) for letter in plain)


def _shown(letter: str) -> str:
    # Direction marks and the like could make a certificate read otherwise than what was filed; joiners are needed.
    if unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn"):
        return letter if letter in "\u200c\u200d" else ""
    if "\ufe00" <= letter <= "\ufe0f" or "\U000e0100" <= letter <= "\U000e01ef":
        return ""
    return letter if any(ord(letter) in covered for covered in _coverage()) else f"〔U+{ord(letter):04X}〕"


def _coverage() -> Iterator[frozenset[int]]:
    """The code points of each font, the likeliest font first; the others are read only when they are needed."""
    return (_code_points(place) for place in _places())


@cache
def _places() -> tuple[Path, ...]:
    return tuple(place for folder in _FONTS for place in sorted(folder.glob("*.[ot]t[fc]"), reverse=True))


@cache
def _code_points(place: Path) -> frozenset[int]:
    if place.suffix == ".ttc":
        with TTCollection(place, lazy=True) as fonts:
            return frozenset(fonts.fonts[0].getBestCmap())
    with TTFont(place, lazy=True) as font:
        return frozenset(font.getBestCmap())
