"""Any bytes: a picture, or an error that says what was wrong; never a crash, never hours or gigabytes."""

from __future__ import annotations

import base64
import gzip
import io
import struct
import subprocess
import sys
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kinds import QUARTERS, SVG_HEAD, all_kinds, encode, pdf_scene, scene, svg, svg_scene
from PIL import Image, ImageCms

from similarity import draw_page
from similarity.image import Picture, PictureError, decode, sniff, thumbnail

KINDS = all_kinds()
CORNERS = {
    "left top": (0.25, 0.25),
    "right top": (0.75, 0.25),
    "left bottom": (0.25, 0.75),
    "right bottom": (0.75, 0.75),
}


def colours(picture: Picture) -> dict[str, tuple[int, ...]]:
    """The colour in the middle of each quarter."""
    return {
        place: tuple(int(level) for level in picture.pixels[int(y * picture.height), int(x * picture.width)])
        for place, (x, y) in CORNERS.items()
    }


def assert_shows_scene(picture: Picture, within: int = 24) -> None:
    for place, colour in colours(picture).items():
        assert np.abs(np.array(colour) - QUARTERS[place]).max() <= within, place


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_is_read_named_and_shown_small(kind: str) -> None:
    data = KINDS[kind]
    picture = decode(data)
    assert_shows_scene(picture)
    assert picture.pixels.dtype == np.uint8
    assert sniff(data) == picture.media_type
    with Image.open(io.BytesIO(thumbnail(data, 48))) as small:
        assert small.format == "JPEG"
        assert max(small.size) == 48


def test_media_types() -> None:
    named = {kind: decode(data).media_type for kind, data in KINDS.items() if " " not in kind}
    assert named["SVG"] == "image/svg+xml"
    assert named["PDF"] == "application/pdf"
    assert named["PSD"] == "image/vnd.adobe.photoshop"
    assert named["MPO"] == "image/jpeg"
    assert all(word.isascii() and "/" in word for word in named.values())


def bad_files() -> dict[str, tuple[bytes, str]]:
    jpeg = encode("JPEG", quality=95)
    wide = encode("PNG", Image.new("1", (30_001, 1)))
    big_head = b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", struct.pack(">IIBBBBB", 9_000, 9_000, 8, 2, 0, 0, 0))
    return {
        "nothing": (b"", "picture_empty"),
        "words": (b"hello, this is no picture", "picture_not_a_picture"),
        "zeros": (bytes(5_000), "picture_not_a_picture"),
        "web page": (b"<!DOCTYPE html><html><body><svg></svg></body></html>", "picture_not_a_picture"),
        "program": (b"\x7fELF" + bytes(200), "picture_not_a_picture"),
        "archive": (b"PK\x03\x04" + bytes(200), "picture_not_a_picture"),
        "zipped words": (gzip.compress(b"hello"), "picture_not_a_picture"),
        "cut JPEG": (jpeg[: len(jpeg) // 2], "picture_broken"),
        "JPEG's head": (jpeg[:20], "picture_not_a_picture"),
        "cut PNG": (encode("PNG")[:-60], "picture_broken"),
        "cut WebP": (encode("WEBP")[:-60], "picture_broken"),
        "cut HEIC": (KINDS["HEIF"][:-60], "picture_broken"),
        "cut TIFF": (KINDS["TIFF tiff_lzw"][:300], "picture_not_a_picture"),
        "one pixel too wide": (wide, "picture_too_many_pixels"),
        "81 million pixels": (
            big_head + png_chunk(b"IDAT", b"") + png_chunk(b"IEND", b""),
            "picture_too_many_pixels",
        ),
        "too many bytes": (bytes(20 * 2**20 + 1), "picture_too_large"),
        "PostScript": (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "picture_type_unsupported"),
        "SVG's head": (SVG_HEAD.encode(), "picture_broken"),
        "PDF's head": (b"%PDF-1.4\n", "picture_broken"),
        "cut PDF": (pdf_scene()[:150], "picture_broken"),
        "PDF with password": (pdf_scene(encrypt="secret"), "picture_locked"),
    }


def png_chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@pytest.mark.parametrize("name", bad_files())
def test_faults_are_named(name: str) -> None:
    data, code = bad_files()[name]
    with pytest.raises(PictureError) as caught:
        decode(data)
    assert caught.value.code == code


# Odd but whole


@pytest.mark.parametrize("size", [(1, 1), (1, 500), (30_000, 1), (30_000, 40), (2, 3)])
@pytest.mark.parametrize("kind", ["PNG", "TIFF"])
@pytest.mark.parametrize("side", [None, 64])
def test_sizes(size: tuple[int, int], kind: str, side: int | None) -> None:
    picture = decode(encode(kind, Image.new("RGB", size, (200, 10, 10))), side=side)
    assert picture.full_size == size
    assert (side or 1) <= max(picture.width, picture.height) or max(size) < 64
    assert colours(picture)["left top"] == (200, 10, 10)


def test_sixteen_bits_and_floats_are_not_clipped() -> None:
    ramp = np.linspace(0, 1, 256, dtype=np.float64)[None, :].repeat(4, axis=0)
    right = np.rint(ramp * 255).astype(np.uint8)
    for values in (
        (ramp * 65535).astype(np.uint16),
        (ramp * 65535).astype(np.int32),
        ramp.astype(np.float32),
        (ramp * 255).astype(np.float32),
    ):
        shown = decode(encode("TIFF", Image.fromarray(values))).pixels
        assert np.abs(shown[..., 0].astype(int) - right).max() <= 1
    dark = Image.fromarray(np.full((4, 4), 200, np.uint16))
    assert decode(encode("PNG", dark)).pixels.max() <= 1


def test_numbers_that_are_none() -> None:
    values = np.array([[np.nan, np.inf, -np.inf, -5.0, 0.5, 1.0]], np.float32)
    assert decode(encode("TIFF", Image.fromarray(values))).pixels[0, :, 0].tolist() == [0, 0, 0, 0, 128, 255]


@pytest.mark.parametrize("mode", ["RGBA", "LA", "PA"])
def test_what_is_transparent_is_white(mode: str) -> None:
    image = scene().convert("RGBA")
    image.putalpha(Image.linear_gradient("L").resize(image.size).point(lambda level: 255 if level > 127 else 0))
    image = image.convert(mode) if mode != "PA" else image.quantize(8)
    shown = colours(decode(encode("PNG", image)))
    assert shown["left top"] == shown["right top"] == (255, 255, 255)
    assert shown["right bottom"] == pytest.approx((0, 0, 0), abs=9)


def test_a_transparent_colour_of_a_palette_is_white() -> None:
    image = scene().quantize(4)
    clear = image.getpixel((10, 10))
    assert colours(decode(encode("GIF", image, transparency=clear)))["left top"] == (255, 255, 255)


@pytest.mark.parametrize("turn", range(1, 9))
@pytest.mark.parametrize("side", [None, 60])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_exif_turns_the_picture_upright(turn: int, side: int | None, kind: str) -> None:
    back = {2: 0, 3: 3, 4: 1, 5: 5, 6: 2, 7: 6, 8: 4}  # Pillow's transpositions that undo what the viewer does
    image = scene(1200, 800)
    if turn in back:
        image = image.transpose(Image.Transpose(back[turn]))
    exif = Image.Exif()
    exif[0x0112] = turn
    picture = decode(encode(kind, image, exif=exif), side=side)
    assert picture.full_size == (1200, 800)
    assert picture.width > picture.height
    assert_shows_scene(picture)


def test_broken_exif_is_left_aside() -> None:
    assert_shows_scene(decode(encode("JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff\xff broken")))


def swapped_profile() -> bytes:
    """sRGB's profile under another name and with red and blue exchanged."""
    data = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    swap = {b"rXYZ": b"bXYZ", b"bXYZ": b"rXYZ"}
    table = data[132:].split(b"rXYZ", 1)
    assert len(table) == 2
    changed = bytearray(data)
    for at in range(132, 132 + 12 * struct.unpack_from(">I", data, 128)[0], 12):
        changed[at : at + 4] = swap.get(data[at : at + 4], data[at : at + 4])
    return bytes(changed).replace("sRGB".encode("utf-16-be"), "BGR!".encode("utf-16-be"))


@pytest.mark.parametrize("side", [None, 60])
def test_colours_are_what_the_profile_means(side: int | None) -> None:
    picture = decode(encode("PNG", scene(600, 400), icc_profile=swapped_profile()), side=side)
    shown = colours(picture)["left top"]
    assert shown == pytest.approx(QUARTERS["left top"][::-1], abs=12)


@pytest.mark.parametrize("profile", [b"no profile", swapped_profile()[:200], bytes(5 * 2**20)])
def test_a_broken_profile_is_left_aside(profile: bytes) -> None:
    assert_shows_scene(decode(encode("TIFF", icc_profile=profile)))


def test_lab() -> None:
    to_lab = ImageCms.buildTransform(ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB"), "RGB", "LAB")
    assert_shows_scene(decode(encode("TIFF", ImageCms.applyTransform(scene(), to_lab))))


@pytest.mark.parametrize("kind", ["GIF", "PNG", "WEBP", "TIFF"])
def test_an_animation_that_fades_in_is_known_by_its_first_frame_with_something(kind: str) -> None:
    frames = [Image.new("RGB", (120, 90), "white"), scene(), scene().rotate(180)]
    assert_shows_scene(decode(encode(kind, frames[0], save_all=True, append_images=frames[1:])))


def test_an_animation_of_nothing_is_its_first_frame() -> None:
    frames = [Image.new("RGB", (12, 9), (level, 0, 0)) for level in (40, 90, 140)]
    data = encode("PNG", frames[0], save_all=True, append_images=frames[1:])
    assert colours(decode(data))["left top"] == (40, 0, 0)


# A smaller picture, sooner


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "SVG", "PDF"])
@pytest.mark.parametrize("side", [100, 512, 5_000])
def test_a_smaller_picture_is_as_large_as_was_asked_for(kind: str, side: int) -> None:
    data = KINDS[kind] if kind in ("SVG", "PDF") else encode(kind, scene(2400, 1800))
    picture = decode(data, side=side)
    full = max(picture.full_size)
    assert min(side, full) <= max(picture.width, picture.height) <= max(2 * side, side + 1)
    assert picture.width / picture.height == pytest.approx(4 / 3, abs=0.02)
    assert_shows_scene(picture)


# Drawings


def test_a_zipped_and_a_utf16_drawing() -> None:
    assert_shows_scene(decode(gzip.compress(svg_scene())))
    words = svg_scene().decode()
    assert_shows_scene(decode(('<?xml version="1.0" encoding="utf-16"?>' + words).encode("utf-16")))


def test_drawing_programs_entities_are_understood() -> None:
    head = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/Graphics/SVG/1.1/DTD/svg11.dtd" ['
    words = svg_scene().decode().replace("http://www.w3.org/2000/svg", "&ns_svg;")
    assert_shows_scene(decode(f'{head}<!ENTITY ns_svg "http://www.w3.org/2000/svg">]>{words}'.encode()))


@pytest.mark.parametrize("name", ["href", "xlink:href"])
@pytest.mark.parametrize("form", ["{}", "file://{}", " {}", "data:image/svg+xml;base64,{nested}"])
def test_no_file_is_shown_through_a_drawing(tmp_path: Path, name: str, form: str) -> None:
    secret = tmp_path / "secret.png"
    Image.new("RGB", (20, 20), (255, 0, 0)).save(secret)
    inner = svg(f'<image href="{secret}" width="120" height="90"/>')
    target = form.format(secret, nested=base64.b64encode(inner).decode())
    drawing = svg(f'<rect width="120" height="90" fill="lime"/><image {name}="{target}" width="120" height="90"/>')
    assert set(colours(decode(drawing, side=120)).values()) == {(0, 255, 0)}


def test_a_picture_inside_a_drawing_is_shown() -> None:
    inside = base64.b64encode(encode("PNG")).decode()
    data = svg(f'<image xlink:href="data:image/png;base64,{inside}" width="120" height="90"/>')
    assert_shows_scene(decode(data, side=240))


LAUGHS = '<!DOCTYPE svg [<!ENTITY a "ha">' + "".join(
    f'<!ENTITY {chr(98 + n)} "{f"&{chr(97 + n)};" * 10}">' for n in range(9)
)
BOMB = base64.b64encode(encode("PNG", Image.new("1", (40_000, 40_000)), compress_level=9)).decode()
SLOW_FILTER = '<filter id="f">' + '<feGaussianBlur stdDeviation="50"/>' * 300 + "</filter>"


@pytest.mark.parametrize(
    ("drawing", "code"),
    [
        (f"{LAUGHS}]>{SVG_HEAD}<text>&j;</text></svg>".encode(), "picture_broken"),
        (f'<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>{SVG_HEAD}&x;</svg>'.encode(), "picture_broken"),
        (f'<!DOCTYPE svg [<!ENTITY % x "y"> %x;]>{SVG_HEAD}</svg>'.encode(), "picture_broken"),
        (svg("<g>" * 100_000 + "</g>" * 100_000), "picture_broken"),
        (svg(f'<image href="data:image/png;base64,{BOMB}" width="9" height="9"/>'), "picture_broken"),
        (svg(SLOW_FILTER + '<rect width="99" height="99" filter="url(#f)"/>'), "picture_too_slow"),
        (gzip.compress(svg(" " * 2**24)), "picture_broken"),
    ],
    ids=["laughs", "file", "parameter", "deep", "bomb", "slow", "zipped"],
)
def test_hostile_drawings_are_refused(drawing: bytes, code: str) -> None:
    with pytest.raises(PictureError) as caught:
        decode(drawing)
    assert caught.value.code == code


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_what_is_drawn_never_leads_out(data: st.DataObject) -> None:
    target = data.draw(st.text(st.characters(codec="utf-8", exclude_characters='<&"'), max_size=30))
    name = data.draw(st.sampled_from(["href", "xlink:href", "a:href"]))
    drawing = f'{SVG_HEAD}<g xmlns:a="http://www.w3.org/1999/xlink"><image {name}="{target}"/></g></svg>'
    try:
        left = draw_page.closed(drawing.encode())
    except Exception:
        return  # no XML; the program says "broken"
    kept = target.strip()
    assert ("href" in left) == (kept.startswith("#") or kept.lower().startswith("data:image/"))


# Fuzzing

changes = st.lists(
    st.tuples(
        st.sampled_from(["set", "flip", "cut", "insert", "large"]),
        st.one_of(st.integers(0, 120), st.integers(0, 2**20)),
        st.integers(1, 255),
    ),
    min_size=1,
    max_size=12,
)


def changed(data: bytes, steps: list[tuple[str, int, int]]) -> bytes:
    work = bytearray(data)
    for what, place, value in steps:
        at = place % max(1, len(work))
        if what == "cut":
            del work[at : at + value]
        elif what == "insert":
            work[at:at] = bytes([value]) * (value % 9)
        elif what == "large":
            work[at : at + 4] = b"\xff\xff\xff\xff" if value % 2 else b"\x7f\xff\xff\xff"
        elif work:
            work[at] = value if what == "set" else work[at] ^ 1 << value % 8
    return bytes(work)


@settings(max_examples=1_500, deadline=5_000)
@given(
    st.sampled_from([kind for kind in KINDS if kind not in ("SVG", "PDF")]), changes, st.sampled_from([None, 32])
)
def test_damaged_files_give_a_picture_or_our_error(
    kind: str, steps: list[tuple[str, int, int]], side: int | None
) -> None:
    try:
        picture = decode(changed(KINDS[kind], steps), side=side, max_pixels=2_000_000)
    except PictureError:
        return
    assert picture.pixels.ndim == 3
    assert picture.pixels.shape[2] == 3
    assert 0 < picture.width * picture.height <= 2_000_000


@settings(max_examples=30, deadline=None)
@given(st.sampled_from(["SVG", "PDF"]), changes)
def test_damaged_drawings_give_a_picture_or_our_error(kind: str, steps: list[tuple[str, int, int]]) -> None:
    try:
        assert decode(changed(KINDS[kind], steps), side=64).pixels.size
    except PictureError:
        return


def scan_bomb() -> bytes:
    """A progressive JPEG of 36 million pixels whose last scan is there 20,000 times."""
    data = encode("JPEG", Image.new("L", (6_000, 6_000)), progressive=True)
    last = data.rindex(b"\xff\xda")
    return data[:-2] + data[last:-2] * 20_000 + data[-2:]


def frames_bomb() -> bytes:
    still = Image.new("P", (7_000, 7_000))
    return encode("GIF", still, save_all=True, append_images=[still] * 3, optimize=False)


BOMBS: dict[str, tuple[Callable[[], bytes], bytes]] = {
    "scans": (scan_bomb, b"picture_broken"),
    "PNG": (lambda: encode("PNG", Image.new("1", (30_000, 30_000))), b"picture_too_many_pixels"),
    "TIFF": (
        lambda: encode("TIFF", Image.new("1", (30_000, 30_000)), compression="group4"),
        b"picture_too_many_pixels",
    ),
    "frames": (frames_bomb, b""),
    "largest": (lambda: encode("PNG", Image.new("L", (7_700, 7_700)), compress_level=1), b""),
}


BOUNDED = """
import resource, sys
from similarity.image import PictureError, decode
resource.setrlimit(resource.RLIMIT_AS, (2 * 2**30, 2 * 2**30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
try:
    decode(sys.stdin.buffer.read())
except PictureError as fault:
    print(fault.code)
"""


@pytest.mark.parametrize("name", BOMBS)
def test_bombs_cost_little_memory_and_time(name: str) -> None:
    """Under limits of its own, a process comes to an end by itself."""
    make, words = BOMBS[name]
    done = subprocess.run([sys.executable, "-c", BOUNDED], input=make(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr[-500:]
    assert done.stdout.strip() == words
