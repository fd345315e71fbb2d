"""Edits as a seller would make them to hide a copy, drawn at random: the positives of the contrastive training.

Pictures are RGB arrays of 8 bits. All randomness comes from the generator that is handed in.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]
Draw = np.random.Generator
Edit = Callable[[Picture, Draw], Picture]
Box = tuple[int, int, int, int]


def _resize(im: Picture, width: float, height: float, draw: Draw) -> Picture:
    how = [cv2.INTER_LINEAR, cv2.INTER_AREA, cv2.INTER_CUBIC][draw.integers(3)]
    return cv2.resize(im, (max(24, round(width)), max(24, round(height))), interpolation=how)


def _colour(draw: Draw) -> tuple[int, int, int]:
    if draw.random() < 0.3:
        return ((255, 255, 255), (0, 0, 0))[draw.integers(2)]
    red, green, blue = draw.integers(0, 256, 3)
    return int(red), int(green), int(blue)


def jpeg(im: Picture, draw: Draw) -> Picture:
    _, data = cv2.imencode(".jpg", im, [cv2.IMWRITE_JPEG_QUALITY, int(draw.integers(8, 65))])
    return cv2.imdecode(data, cv2.IMREAD_COLOR)


def rescale(im: Picture, draw: Draw) -> Picture:
    factor = draw.uniform(0.2, 0.7)
    return _resize(im, im.shape[1] * factor, im.shape[0] * factor, draw)


def pixelate(im: Picture, draw: Draw) -> Picture:
    factor = draw.uniform(0.12, 0.35)
    small = _resize(im, im.shape[1] * factor, im.shape[0] * factor, draw)
    return cv2.resize(small, im.shape[1::-1], interpolation=cv2.INTER_NEAREST)


def stretch(im: Picture, draw: Draw) -> Picture:
    return _resize(im, im.shape[1] * draw.uniform(0.65, 1.5), im.shape[0], draw)


def mirror(im: Picture, draw: Draw) -> Picture:
    return im[:, ::-1]


def quarter_turn(im: Picture, draw: Draw) -> Picture:
    return np.rot90(im, int(draw.integers(1, 4)))


def turn(im: Picture, draw: Draw) -> Picture:
    height, width = im.shape[:2]
    angle = draw.choice([-1, 1]) * draw.uniform(3, 30)
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1.0)
    cos, sin = abs(matrix[0, 0]), abs(matrix[0, 1])
    wide, high = int(height * sin + width * cos), int(height * cos + width * sin)
    matrix[:, 2] += [(wide - width) / 2, (high - height) / 2]
    fill = cv2.BORDER_CONSTANT if draw.random() < 0.8 else cv2.BORDER_REFLECT
    out = cv2.warpAffine(
        im, matrix, (wide, high), flags=cv2.INTER_LINEAR, borderMode=fill, borderValue=_colour(draw)
    )
    if draw.random() < 0.3:  # the corners cut away
        cut = draw.uniform(0.05, 0.2)
        out = out[int(high * cut) : int(high * (1 - cut)), int(wide * cut) : int(wide * (1 - cut))]
    return out


def perspective(im: Picture, draw: Draw) -> Picture:
    height, width = im.shape[:2]
    corners = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
    reach = draw.uniform(0.05, 0.22)
    moved = corners + (
        draw.uniform(0, reach, (4, 2)) * [width, height] * np.sign([width / 2, height / 2] - corners)
    )
    source, target = (moved, corners) if draw.random() < 0.6 else (corners, moved)
    matrix = cv2.getPerspectiveTransform(source.astype(np.float32), target.astype(np.float32))
    return cv2.warpPerspective(im, matrix, (width, height), borderValue=_colour(draw))


def tone(im: Picture, draw: Draw) -> Picture:
    values = im.astype(np.float32) * draw.uniform(0.45, 1.7)
    mean = values.mean()
    values = (values - mean) * draw.uniform(0.45, 1.8) + mean
    grey = values.mean(axis=2, keepdims=True)
    values = grey + (values - grey) * draw.uniform(0.0, 2.2)
    if draw.random() < 0.3:
        values = 255 * (np.clip(values, 0, 255) / 255) ** draw.uniform(0.5, 2.0)
    return np.clip(values, 0, 255).astype(np.uint8)


def tint(im: Picture, draw: Draw) -> Picture:
    return np.clip(im * draw.uniform(0.6, 1.4, 3), 0, 255).astype(np.uint8)


def recolour(im: Picture, draw: Draw) -> Picture:
    hsv = cv2.cvtColor(im, cv2.COLOR_RGB2HSV)
    hsv[:, :, 0] = (hsv[:, :, 0].astype(int) + draw.integers(15, 165)) % 180
    if draw.random() < 0.4:
        hsv[:, :, 1] = np.clip(hsv[:, :, 1] * draw.uniform(0.5, 1.8), 0, 255)
    return cv2.cvtColor(hsv, cv2.COLOR_HSV2RGB)


def swap_channels(im: Picture, draw: Draw) -> Picture:
    return im[:, :, draw.permutation(3)]


def negative(im: Picture, draw: Draw) -> Picture:
    return 255 - im


def posterize(im: Picture, draw: Draw) -> Picture:
    step = int(draw.integers(32, 90))
    return (im // step * step + step // 2).clip(0, 255).astype(np.uint8)


def grey(im: Picture, draw: Draw) -> Picture:
    flat = cv2.cvtColor(im, cv2.COLOR_RGB2GRAY)
    return np.repeat(flat[:, :, None], 3, axis=2)


def outline(im: Picture, draw: Draw) -> Picture:
    edges = cv2.Laplacian(cv2.cvtColor(im, cv2.COLOR_RGB2GRAY), cv2.CV_16S, ksize=3)
    lines = 255 - np.clip(np.abs(edges) * draw.uniform(0.7, 1.6), 0, 255).astype(np.uint8)
    if draw.random() < 0.25:
        return np.repeat(lines[:, :, None], 3, axis=2)
    return (im.astype(np.uint16) * lines[:, :, None] // 255).astype(np.uint8)


def sharpen(im: Picture, draw: Draw) -> Picture:
    soft = cv2.GaussianBlur(im, (0, 0), 2)
    return cv2.addWeighted(im, 1 + draw.uniform(0.5, 2.5), soft, -draw.uniform(0.5, 2.0), 0)


def blur(im: Picture, draw: Draw) -> Picture:
    if draw.random() < 0.2:
        size = int(draw.integers(3, 12))
        kernel = np.zeros((size, size), np.float32)
        kernel[size // 2] = 1.0 / size
        return cv2.filter2D(im, -1, kernel if draw.random() < 0.5 else kernel.T.copy())
    return cv2.GaussianBlur(im, (0, 0), draw.uniform(0.5, 2.0))


def noise(im: Picture, draw: Draw) -> Picture:
    spread = draw.uniform(8, 40)
    return np.clip(im + draw.normal(0, spread, im.shape), 0, 255).astype(np.uint8)


def shade(im: Picture, draw: Draw) -> Picture:
    """A light falling from one side, or dark corners."""
    height, width = im.shape[:2]
    across, down = np.meshgrid(np.linspace(-1, 1, width), np.linspace(-1, 1, height))
    if draw.random() < 0.5:
        light = 1 + draw.uniform(-0.6, 0.6) * across + draw.uniform(-0.6, 0.6) * down
    else:
        light = 1 - draw.uniform(0.2, 0.6) * (across**2 + down**2)
    return np.clip(im * light[:, :, None], 0, 255).astype(np.uint8)


_WORDS = [
    "SALE -50%",
    "NEW 2026",
    "HOT 99.00",
    "FREE",
    "ORIGINAL",
    "shop",
    "www.store",
    "BUY 1 GET 1",
    "No. 1",
    "OK",
]


def banner(im: Picture, draw: Draw) -> Picture:
    out = np.ascontiguousarray(im).copy()
    height, width = out.shape[:2]
    for _ in range(draw.integers(1, 3)):
        high = int(height * draw.uniform(0.06, 0.26))
        top = int(draw.choice([0, height - high, draw.integers(0, max(1, height - high))]))
        colour = _colour(draw)
        cv2.rectangle(out, (0, top), (width, top + high), colour, -1)
        contrast = tuple(255 - part for part in colour)
        size = high / 40
        _write(out, (6, top + int(high * 0.75)), size, contrast, draw)
    return out


def _write(out: Picture, place: tuple[int, int], size: float, colour: tuple[int, ...], draw: Draw) -> None:
    font = [cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_COMPLEX][draw.integers(3)]
    word = _WORDS[draw.integers(len(_WORDS))]
    cv2.putText(out, word, place, font, size, colour, max(1, int(size * 2)), cv2.LINE_AA)


def watermark(im: Picture, draw: Draw) -> Picture:
    layer = np.ascontiguousarray(im).copy()
    height, width = layer.shape[:2]
    step = max(16, int(height * draw.uniform(0.12, 0.35)))
    for down in range(int(draw.integers(8, 40)), height, step):
        _write(layer, (int(draw.integers(-20, width // 2)), down), width / 250, _colour(draw), draw)
    return cv2.addWeighted(im, 0.5, layer, 0.5, 0) if draw.random() < 0.8 else layer


def sticker(im: Picture, draw: Draw) -> Picture:
    """Discs, boxes and words laid over parts of the picture."""
    out = np.ascontiguousarray(im).copy()
    height, width = out.shape[:2]
    for _ in range(draw.integers(1, 5)):
        size = int(min(height, width) * draw.uniform(0.06, 0.2))
        x, y = int(draw.integers(0, width)), int(draw.integers(0, height))
        if draw.random() < 0.4:
            cv2.circle(out, (x, y), size, _colour(draw), -1, cv2.LINE_AA)
        elif draw.random() < 0.5:
            cv2.rectangle(out, (x, y), (x + size * 2, y + size), _colour(draw), -1)
        else:
            _write(out, (x, y), size / 20, _colour(draw), draw)
    return out


def border(im: Picture, draw: Draw) -> Picture:
    reach = int(min(im.shape[:2]) * draw.uniform(0.04, 0.3))
    sides = [reach if draw.random() < 0.8 else 0 for _ in range(4)]
    return cv2.copyMakeBorder(im, *sides, cv2.BORDER_CONSTANT, value=_colour(draw))


LIGHT: list[Edit] = [jpeg, rescale, stretch, mirror, tone, blur, noise, banner, watermark, border, tint, shade]
LIGHT += [sticker, sharpen]
HEAVY: list[Edit] = [turn, quarter_turn, recolour, grey, outline, perspective, pixelate, posterize, swap_channels]
RARE: list[Edit] = [negative]


def crop(im: Picture, draw: Draw, low: float, high: float) -> Picture:
    height, width = im.shape[:2]
    wide, tall = max(16, int(width * draw.uniform(low, high))), max(16, int(height * draw.uniform(low, high)))
    x, y = int(draw.integers(0, width - wide + 1)), int(draw.integers(0, height - tall + 1))
    return im[y : y + tall, x : x + wide]


def edit(im: Picture, draw: Draw) -> Picture:
    """None to four edits, most often a light one and a heavy one."""
    if draw.random() < 0.55:
        im = crop(im, draw, 0.36, 0.95)
    steps: list[Edit] = [LIGHT[at] for at in draw.choice(len(LIGHT), draw.integers(1, 3), replace=False)]
    if draw.random() < 0.65:
        steps += [HEAVY[at] for at in draw.choice(len(HEAVY), draw.integers(1, 3), replace=False)]
    if draw.random() < 0.03:
        steps += RARE
    draw.shuffle(steps)  # type: ignore[arg-type]
    for step in steps:
        im = np.ascontiguousarray(step(im, draw))
    return im


def stage(im: Picture, other: Picture, draw: Draw) -> tuple[Picture, Box]:
    """The picture shown inside another one; where it lies there as x, y, width, height."""
    how = draw.random()
    side = 288
    back = cv2.resize(other, (side, side), interpolation=cv2.INTER_AREA)
    factor = draw.uniform(0.3, 0.75) * side / max(im.shape[:2])
    small = _resize(im, im.shape[1] * factor, im.shape[0] * factor, draw)
    high, wide = small.shape[:2]
    x, y = int(draw.integers(0, max(1, side - wide + 1))), int(draw.integers(0, max(1, side - high + 1)))
    if how < 0.25:  # a page of one colour
        back[:] = _colour(draw)
    room = back[y : y + high, x : x + wide]
    small = small[: room.shape[0], : room.shape[1]]
    if how > 0.6:  # printed on cloth
        cloth = cv2.cvtColor(room, cv2.COLOR_RGB2GRAY).astype(np.float32)
        light = 0.55 + 0.45 * (cloth - cloth.min()) / max(1.0, float(np.ptp(cloth)))
        small = (small * light[:, :, None]).astype(np.uint8)
    room[:] = small
    return back, (x, y, wide, high)


def window_on(im: Picture, box: Box, draw: Draw) -> Picture:
    """A window as the search lays it: near the box, not on it."""
    x, y, wide, high = box
    left = x - wide * draw.uniform(-0.15, 0.45)
    right = x + wide + wide * draw.uniform(-0.15, 0.45)
    top = y - high * draw.uniform(-0.15, 0.45)
    bottom = y + high + high * draw.uniform(-0.15, 0.45)
    cut = im[max(0, int(top)) : max(8, int(bottom)), max(0, int(left)) : max(8, int(right))]
    return cut if min(cut.shape[:2]) >= 8 else im


def pair(im: Picture, other: Picture, draw: Draw) -> tuple[Picture, Picture]:
    """A registered view and a sighted one of the same picture."""
    registered = im
    if draw.random() < 0.35:
        registered = im = crop(im, draw, 0.55, 0.8)
        if draw.random() < 0.5:
            im = crop(im, draw, 0.75, 1.0)
    sighted = edit(im, draw)
    if draw.random() < 0.4:
        shown, box = stage(sighted, other, draw)
        sighted = window_on(shown, box, draw)
        if draw.random() < 0.4:
            last: list[Edit] = [jpeg, tone, blur, noise]
            sighted = last[draw.integers(4)](np.ascontiguousarray(sighted), draw)
    return registered, np.ascontiguousarray(sighted)
