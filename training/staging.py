"""Rendered goods as filings and as sellers show them: on white, or in a room, recoloured, cropped, blurred,
mirrored."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]


def _open(data: bytes) -> Picture:
    """Height x width x 4, RGB and transparency."""
    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_UNCHANGED)
    return found[:, :, [2, 1, 0, 3]]


def _over(goods: Picture, ground: Picture) -> Picture:
    alpha = goods[:, :, 3:].astype(np.float32) / 255
    return (goods[:, :, :3] * alpha + ground * (1 - alpha)).astype(np.uint8)


def _plain(shape: tuple[int, ...], draw: np.random.Generator) -> Picture:
    """A wall of one colour or of two that run into each other."""
    low = 200 if draw.random() < 0.6 else 40
    one, two = draw.uniform(low, 255, (2, 3))
    if draw.random() < 0.5:
        two = one
    slope = np.linspace(0, 1, shape[0], dtype=np.float32)[:, None, None]
    return np.broadcast_to(one + (two - one) * slope, (*shape[:2], 3)).astype(np.uint8)


def _room(photograph: Picture, shape: tuple[int, ...], draw: np.random.Generator) -> Picture:
    height, width = photograph.shape[:2]
    side = int(min(height, width) * draw.uniform(0.5, 1.0))
    y, x = draw.integers(height - side + 1), draw.integers(width - side + 1)
    cut = cv2.resize(photograph[y : y + side, x : x + side], (shape[1], shape[0]), interpolation=cv2.INTER_AREA)
    soft = draw.uniform(0, 3)
    return cv2.GaussianBlur(cut, (0, 0), soft) if soft > 0.3 else cut


def _move(goods: Picture, draw: np.random.Generator, much: float) -> Picture:
    """Smaller or larger, elsewhere, a little turned and in another perspective; mirrored every other time."""
    height, width = goods.shape[:2]
    rows, columns = np.flatnonzero(goods[:, :, 3].max(axis=1) > 20), np.flatnonzero(goods[:, :, 3].max(axis=0) > 20)
    if len(rows) < 8 or len(columns) < 8:
        return goods
    left, right, top, bottom = columns[0], columns[-1], rows[0], rows[-1]
    scale = draw.uniform(0.5, 1.12) * width / max(right - left, bottom - top)
    if draw.random() < 0.4:
        scale = draw.uniform(0.85, 1.15)  # as the camera had it
    corners = np.float32([[left, top], [right, top], [right, bottom], [left, bottom]])
    middle = corners.mean(axis=0)
    turn = np.radians(draw.normal(0, 4 * much))
    spin = np.float32([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    stretch = np.float32([np.exp(draw.normal(0, 0.06 * much)), np.exp(draw.normal(0, 0.06 * much))])
    placed = ((corners - middle) * stretch * scale) @ spin.T
    placed += draw.normal(0, 0.04 * much, (4, 2)) * scale * (right - left)
    room = np.maximum(0, width - np.ptp(placed, axis=0)) / 2
    placed += np.float32([width / 2, height / 2]) + draw.uniform(-1, 1, 2) * room * 0.8
    if draw.random() < 0.5:
        placed[:, 0] = width - placed[:, 0]
    map_ = cv2.getPerspectiveTransform(corners, placed.astype(np.float32))
    return cv2.warpPerspective(goods, map_, (width, height), flags=cv2.INTER_AREA)


def _recolour(goods: Picture, draw: np.random.Generator) -> Picture:
    kind = draw.random()
    colours = goods[:, :, :3]
    if kind < 0.65:
        hsv = cv2.cvtColor(colours, cv2.COLOR_RGB2HSV).astype(np.float32)
        hsv[:, :, 0] = (hsv[:, :, 0] + draw.uniform(10, 170)) % 180
        hsv[:, :, 1] = np.clip(hsv[:, :, 1] * draw.uniform(0.4, 1.6) + draw.choice([0, 0, 40]), 0, 255)
        colours = cv2.cvtColor(hsv.astype(np.uint8), cv2.COLOR_HSV2RGB)
    elif kind < 0.8:
        grey = cv2.cvtColor(colours, cv2.COLOR_RGB2GRAY)
        colours = np.stack([grey] * 3, axis=2)
    else:
        colours = np.clip(colours[:, :, draw.permutation(3)] * draw.uniform(0.6, 1.4, 3), 0, 255).astype(np.uint8)
    return np.concatenate([colours, goods[:, :, 3:]], axis=2)


def _tone(picture: Picture, draw: np.random.Generator) -> Picture:
    values = picture.astype(np.float32) / 255
    values = values ** np.exp(draw.normal(0, 0.3)) * draw.uniform(0.7, 1.25)
    values = (values - 0.5) * draw.uniform(0.7, 1.3) + 0.5 + draw.normal(0, 0.02, 3)
    if draw.random() < 0.15:
        values += draw.normal(0, draw.uniform(0.01, 0.06), values.shape)
    picture = (values.clip(0, 1) * 255).astype(np.uint8)
    if draw.random() < 0.25:
        picture = cv2.GaussianBlur(picture, (0, 0), draw.uniform(0.4, 1.6))
    if draw.random() < 0.5:
        quality = int(draw.integers(35, 92))
        data = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
        picture = cv2.imdecode(data, cv2.IMREAD_COLOR)
    return picture


def _cover(picture: Picture, draw: np.random.Generator) -> Picture:
    """Something in front of it: a label, a hand, another thing."""
    height, width = picture.shape[:2]
    high, wide = int(height * draw.uniform(0.08, 0.35)), int(width * draw.uniform(0.08, 0.35))
    y, x = draw.integers(height - high), draw.integers(width - wide)
    picture[y : y + high, x : x + wide] = draw.integers(0, 256, 3)
    return picture


def filed_view(data: bytes, draw: np.random.Generator) -> Picture:
    """As it is filed: on white, all of it, in its own colours mostly; mirrored now and then."""
    return filed(data, draw)[0]


def filed(data: bytes, draw: np.random.Generator) -> tuple[Picture, Picture]:
    """``filed_view``, and where the goods are in it (height x width)."""
    goods = _open(data)
    if draw.random() < 0.15:
        goods = _recolour(goods, draw)
    if draw.random() < 0.5:
        goods = np.ascontiguousarray(goods[:, ::-1])
    picture = _over(goods, np.full((*goods.shape[:2], 3), 255, np.uint8))
    return _tone(picture, draw) if draw.random() < 0.4 else picture, goods[:, :, 3]


def new_photograph(data: bytes, photograph: Picture, draw: np.random.Generator) -> Picture:
    """As a seller shows it; ``photograph``: the room it may stand in."""
    return posed(data, photograph, draw)[0]


def posed(data: bytes, photograph: Picture, draw: np.random.Generator) -> tuple[Picture, Picture]:
    """``new_photograph``, and where the goods are in it (height x width)."""
    goods = _open(data)
    if draw.random() < 0.4:
        goods = _recolour(goods, draw)
    goods = _move(goods, draw, 1.0)
    staged = draw.random() < 0.5
    ground = _room(photograph, goods.shape, draw) if staged else _plain(goods.shape, draw)
    picture = _tone(_over(goods, ground), draw)
    return _cover(picture, draw) if draw.random() < 0.12 else picture, goods[:, :, 3]


def edited_photograph(photograph: Picture, draw: np.random.Generator) -> Picture:
    """A part of a photograph, as another camera might have taken it."""
    height, width = photograph.shape[:2]
    share = draw.uniform(0.6, 1.0)
    high, wide = int(height * share), int(width * min(1.0, share * np.exp(draw.normal(0, 0.1))))
    y, x = draw.integers(height - high + 1), draw.integers(width - wide + 1)
    cut = photograph[y : y + high, x : x + wide]
    solid = np.concatenate([cut, np.full((*cut.shape[:2], 1), 255, np.uint8)], axis=2)
    if draw.random() < 0.4:
        solid = _recolour(solid, draw)
    if draw.random() < 0.5:
        solid = np.ascontiguousarray(solid[:, ::-1])
    return _tone(np.ascontiguousarray(solid[:, :, :3]), draw)
