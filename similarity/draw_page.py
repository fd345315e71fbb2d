"""Draws an SVG or the first page of a PDF: a program of its own, run by ``similarity.drawings``.

    python draw_page.py svg|pdf SIDE SECONDS MEGABYTES < drawing > picture

Libraries in C++ and Rust on foreign files: a process apart bounds their memory and time, and may crash alone.
Before it reads anything it gives up the right to more memory, to more time and to writing files. Nothing here opens
a network connection, and no reference that leads out of the file is left in it.

Exit codes: 0 drawn, 3 broken, 4 locked by a password, 5 no drawing at all.
"""

from __future__ import annotations

import resource
import struct
import sys
import zlib
from typing import Any

BROKEN, LOCKED, FOREIGN = 3, 4, 5
MAX_TEXT = 8 * 2**20
MAX_ENTITY_FILE = 2**19
MAX_ENTITY = 200
# Width, height, bytes a row, channels; then the rows. Zeros: a PNG follows.
HEAD = struct.Struct("<IIII")
_PICTURES = ("data:image/png", "data:image/jpeg", "data:image/jpg", "data:image/gif", "data:image/webp")


class Refused(Exception):
    """``code`` is the exit code."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


def draw_svg(data: bytes, side: int) -> bytes:
    """HEAD of zeros and a PNG whose long side is ``side``. What is drawn is what was looked through."""
    import resvg_py

    return HEAD.pack(0, 0, 0, 0) + resvg_py.svg_to_bytes(svg_string=closed(data), width=side, height=side)


def closed(data: bytes) -> str:
    """The drawing without DTD and entities, and without references that lead out of it."""
    from xml.etree import ElementTree  # the parser is defusedxml's

    root = _parse(unzipped(data))
    if _local(root.tag) != "svg":
        raise Refused(FOREIGN)
    for element in root.iter():
        for name in [name for name in element.attrib if _local(name) == "href"]:
            target = element.attrib[name].strip()
            if not target.startswith("#") and not target[:30].lower().startswith(_PICTURES):
                del element.attrib[name]
    text: str = ElementTree.tostring(root, encoding="unicode")
    return text


def unzipped(data: bytes) -> bytes:
    if data[:2] == b"\x1f\x8b":
        data = zlib.decompressobj(31).decompress(data, MAX_TEXT + 1)
    if len(data) > MAX_TEXT:
        raise Refused(BROKEN)
    return data


def _parse(data: bytes) -> Any:
    """Entities as drawing programs use them: few, short, plain text. No others, and no external ones."""
    from defusedxml.common import EntitiesForbidden
    from defusedxml.ElementTree import DefusedXMLParser

    class Parser(DefusedXMLParser):  # type: ignore[misc]
        def defused_entity_decl(self, name: str, is_parameter: bool, value: str | None, *where: Any) -> None:
            short = value is not None and len(value) <= MAX_ENTITY and "&" not in value and "<" not in value
            if is_parameter or not short or len(data) > MAX_ENTITY_FILE:
                raise EntitiesForbidden(name, value, *where)

    parser = Parser()
    parser.feed(data)
    return parser.close()


def _local(name: Any) -> str:
    return name.rpartition("}")[2] if isinstance(name, str) else ""


def draw_pdf(data: bytes, side: int) -> bytes:
    """HEAD and the rows of the first page, RGB on white, its long side about ``side``."""
    import pypdfium2
    from pypdfium2.raw import FPDF_ERR_PASSWORD

    try:
        page = pypdfium2.PdfDocument(data)[0]
        bitmap = page.render(scale=side / max(page.get_size()), rev_byteorder=True)
    except pypdfium2.PdfiumError as fault:
        raise Refused(LOCKED if getattr(fault, "err_code", None) == FPDF_ERR_PASSWORD else BROKEN) from fault
    return HEAD.pack(bitmap.width, bitmap.height, bitmap.stride, bitmap.n_channels) + bytes(bitmap.buffer)


def bound(what: int, most: int) -> None:
    """A limit that is lower already stays. Not every system has all of them; there the caller's clock bounds."""
    hard = resource.getrlimit(what)[1]
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    try:
        resource.setrlimit(what, (most, most))
    except (ValueError, OSError):
        if sys.platform == "linux":
            raise


def main() -> int:
    kind, side, seconds, megabytes = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
    bound(resource.RLIMIT_AS, megabytes * 2**20)
    bound(resource.RLIMIT_CPU, seconds)
    bound(resource.RLIMIT_CORE, 0)
    bound(resource.RLIMIT_FSIZE, 0)
    try:
        drawn = {"svg": draw_svg, "pdf": draw_pdf}[kind](sys.stdin.buffer.read(), side)
    except Refused as fault:
        return fault.code
    except Exception:  # whatever a hostile file leads the libraries to
        return BROKEN
    sys.stdout.buffer.write(drawn)
    sys.stdout.buffer.flush()
    return 0


if __name__ == "__main__":
    sys.exit(main())
