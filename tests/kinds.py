"""Small valid files of every kind that is read, made anew in memory."""

from __future__ import annotations

import io
import struct
from functools import cache
from typing import Any

import numpy as np
from PIL import Image
from reportlab.pdfgen.canvas import Canvas

SVG_HEAD = (
    '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="120" height="90">'
)
QUARTERS = {
    "left top": (220, 40, 30),
    "right top": (30, 170, 60),
    "left bottom": (40, 60, 210),
    "right bottom": (0, 0, 0),
}


def scene(width: int = 120, height: int = 90) -> Image.Image:
    """Four quarters in the colours of ``QUARTERS``: what is turned, mirrored or swapped is seen."""
    image = Image.new("RGB", (width, height))
    for place, colour in QUARTERS.items():
        x, y = width // 2 * place.startswith("right"), height // 2 * place.endswith("bottom")
        image.paste(colour, (x, y, x + width // 2, y + height // 2))
    return image


def encode(kind: str, image: Image.Image | None = None, **more: Any) -> bytes:
    if kind in ("HEIF", "AVIF"):
        from pillow_heif import register_heif_opener

        register_heif_opener()
    out = io.BytesIO()
    (scene() if image is None else image).save(out, kind, **more)
    return out.getvalue()


def svg(inside: str, head: str = SVG_HEAD) -> bytes:
    return f"{head}{inside}</svg>".encode()


def svg_scene() -> bytes:
    places = {"left top": (0, 0), "right top": (60, 0), "left bottom": (0, 45), "right bottom": (60, 45)}
    return svg(
        "".join(
            f'<rect x="{x}" y="{y}" width="60" height="45" fill="rgb{QUARTERS[place]}"/>'
            for place, (x, y) in places.items()
        )
    )


def pdf_scene(pages: int = 2, **more: Any) -> bytes:
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(120, 90), invariant=True, **more)
    for page in range(pages):
        for place, colour in QUARTERS.items():
            canvas.setFillColorRGB(*(level / 255 if page == 0 else 0.5 for level in colour))
            canvas.rect(60 * place.startswith("right"), 45 * place.endswith("top"), 60, 45, stroke=0, fill=1)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def psd() -> bytes:
    """Flat, uncompressed; Pillow reads Photoshop's files and writes none (Adobe's file format specification)."""
    image = scene()
    head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, image.height, image.width, 8, 3)
    planes = np.asarray(image).transpose(2, 0, 1).tobytes()
    return head + struct.pack(">IIIH", 0, 0, 0, 0) + planes


@cache
def all_kinds() -> dict[str, bytes]:
    """Every one shows ``scene``, more or less."""
    plain = "AVIF BMP DDS DIB GIF HEIF ICO JPEG JPEG2000 PCX PNG PPM QOI SGI TGA TIFF WEBP".split()
    kinds = {kind: encode(kind) for kind in plain}
    kinds |= {f"TIFF {c}": encode("TIFF", compression=c) for c in ("tiff_lzw", "tiff_adobe_deflate", "packbits")}
    others = [scene().rotate(180), scene().transpose(Image.Transpose.FLIP_LEFT_RIGHT)]
    kinds |= {
        f"{kind} animated": encode(kind, save_all=True, append_images=others) for kind in ("GIF", "PNG", "WEBP")
    }
    kinds["TIFF pages"] = encode("TIFF", save_all=True, append_images=others)
    kinds["TIFF CMYK"] = encode("TIFF", scene().convert("CMYK"))
    kinds["JPEG CMYK"] = encode("JPEG", scene().convert("CMYK"), quality=95)
    kinds["JPEG progressive"] = encode("JPEG", progressive=True)
    kinds["PNG palette"] = encode("PNG", scene().quantize(16))
    kinds["MPO"] = encode("MPO", save_all=True, append_images=others[:1])
    kinds |= {"PSD": psd(), "SVG": svg_scene(), "PDF": pdf_scene()}
    return kinds
