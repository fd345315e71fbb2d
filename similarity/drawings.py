"""SVG and PDF: recognised here, drawn by a program of its own that is bounded in memory and time."""

from __future__ import annotations

import io
import math
import subprocess
import sys
import zlib
from pathlib import Path

from PIL import Image

from similarity.draw_page import FOREIGN, HEAD, LOCKED

MEDIA_TYPES = {"svg": "image/svg+xml", "pdf": "application/pdf"}
SIDE = 2_048
SECONDS = 4
MEGABYTES = 1_024
_LOOKED_AT = 4_096
_PROGRAM = Path(__file__).with_name("draw_page.py")


class DrawingError(Exception):
    """Why nothing was drawn: ``code`` is one of ``similarity.image.PictureError``'s."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def drawing_kind(data: bytes) -> str | None:
    """``svg`` (zipped or not) or ``pdf`` by the first bytes, or None.

    >>> drawing_kind(b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>")
    'svg'
    >>> drawing_kind(b"GIF89a") is None
    True
    """
    head = data[:_LOOKED_AT]
    if head[:2] == b"\x1f\x8b":
        try:
            head = zlib.decompressobj(31).decompress(head, _LOOKED_AT)
        except zlib.error:
            return None
    if head.lstrip()[:5] == b"%PDF-":
        return "pdf"
    text = head.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")
    return "svg" if text[:1] == b"<" and b"svg" in text.lower() else None


def draw(data: bytes, kind: str, *, side: int = SIDE) -> Image.Image:
    """The drawing with a long side of about ``side`` pixels; of a PDF the first page.

    Raises ``DrawingError`` with one of the codes ``picture_broken``, ``picture_not_a_picture``, ``picture_locked``
    (a PDF with a password) and ``picture_too_slow``.
    """
    command = [sys.executable, "-I", str(_PROGRAM), kind, str(side), str(SECONDS), str(MEGABYTES)]
    try:
        done = subprocess.run(command, input=data, capture_output=True, timeout=SECONDS + 1, env={})  # noqa: S603
    except subprocess.TimeoutExpired as fault:
        raise DrawingError("picture_too_slow") from fault
    if done.returncode:
        slow = done.returncode in (-9, -24)  # SIGKILL and SIGXCPU: the limit of time
        codes = {LOCKED: "picture_locked", FOREIGN: "picture_not_a_picture"}
        raise DrawingError("picture_too_slow" if slow else codes.get(done.returncode, "picture_broken"))
    return _picture(done.stdout)


def _picture(drawn: bytes) -> Image.Image:
    width, height, stride, channels = HEAD.unpack_from(drawn)
    rows = drawn[HEAD.size :]
    if not width:
        image = Image.open(io.BytesIO(rows))
        image.load()
        return image
    mode = {1: "L", 3: "RGB", 4: "RGBX"}[channels]
    return Image.frombytes("L" if mode == "L" else "RGB", (width, height), rows, "raw", mode, stride)


def side_within(pixels: int) -> int:
    """The side at which no drawing has more than ``pixels``."""
    return max(1, min(SIDE, math.isqrt(pixels)))
