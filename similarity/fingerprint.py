"""What is kept of a picture in order to find it again: a frozen, versioned value and its stored form."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass
from functools import cached_property
from itertools import accumulate, pairwise

import numpy as np
from numpy.typing import NDArray

from similarity import agreement, embedding, geometry, views
from similarity.embedding import Model
from similarity.geometry import Features
from similarity.image import decode
from similarity.phash import phash_pair

FORM = "phash64+sift-pca64/3"
_MAGIC = b"ipf2"
_HEAD = struct.Struct(">4s?32s32sQQBBHHHHH")
_FEATURE = 2 * 2 + 1 + 1 + geometry.NUMBERS
_FLAT = 3.0
_SIZE_STEPS = 24.0
_WORKING = 2048
_MOST_PICTURE = 3500
_LOOKED_AT = 900  # of a larger JPEG the decoder leaves out what nobody looks at


class FingerprintError(Exception):
    """The stored form is not one of ours."""


@dataclass(frozen=True)
class Fingerprint:
    """``blank``: the picture shows nothing to tell it by (one flat colour), and matches nothing, itself included.

    ``content`` and ``pixels`` are SHA-256 of bytes and of decoded pixels; the hashes have 64 bits, the second is
    that of the mirrored picture. ``boxes`` are the views (x, y, width, height in fractions) and ``vectors``
    (views x dimensions, int8) their embeddings by ``model``; the first ``views.REGISTERED`` stand for a registered
    picture. ``picture`` is a small picture in RGB. A fresh fingerprint has more features and a larger ``picture``
    than a stored one: a sighted picture is best judged fresh, of a registered one only what is stored is used.
    """

    blank: bool
    content: bytes
    pixels: bytes
    phash: int
    phash_mirrored: int
    model: str
    boxes: tuple[views.Box, ...]
    vectors: NDArray[np.int8]
    features: Features
    picture: NDArray[np.uint8]

    @property
    def algorithm(self) -> str:
        """What made this: another id means that the two can't be compared."""
        return f"{FORM}+{self.model}"

    @property
    def registered_vectors(self) -> NDArray[np.int8]:
        return self.vectors[: views.REGISTERED]

    @cached_property
    def units(self) -> NDArray[np.float32]:
        """``vectors`` as unit vectors; of a sighted picture they serve every candidate."""
        return embedding.unit(self.vectors)

    def to_bytes(self) -> bytes:
        """The stored form: its local features and small picture take at most 16 KB."""
        kept, name = self.features.first(geometry.KEPT), self.model.encode()
        picture = _pack_picture(agreement.small(self.picture))
        head = _HEAD.pack(
            _MAGIC,
            self.blank,
            self.content,
            self.pixels,
            self.phash,
            self.phash_mirrored,
            len(name),
            len(self.boxes),
            self.vectors.shape[1],
            len(kept),
            kept.width,
            kept.height,
            len(picture),
        )
        corners = np.rint(np.array(self.boxes).reshape(-1, 4) * 65535).astype(">u2")
        body = name + corners.tobytes() + self.vectors.tobytes() + _pack_features(kept) + picture
        return bytes(head + body)

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """Strict inverse of ``to_bytes``; raises ``FingerprintError``."""
        if len(data) < _HEAD.size or not data.startswith(_MAGIC):
            raise FingerprintError("not a fingerprint of this version")
        _, blank, content, pixels, one, two, name, count, numbers, points, width, height, picture = (
            _HEAD.unpack_from(data)
        )
        sizes = (name, count * 8, count * numbers, points * _FEATURE, picture)
        if len(data) != _HEAD.size + sum(sizes) or points > geometry.KEPT or not 0 < width * height <= _WORKING**2:
            raise FingerprintError("not a fingerprint of this version")
        parts = [data[start:end] for start, end in pairwise(accumulate((_HEAD.size, *sizes)))]
        try:
            model = parts[0].decode()
        except UnicodeDecodeError as fault:
            raise FingerprintError("the model has no name") from fault
        corners = np.frombuffer(parts[1], ">u2").reshape(-1, 4) / 65535
        return cls(
            blank=blank,
            content=content,
            pixels=pixels,
            phash=one,
            phash_mirrored=two,
            model=model,
            boxes=tuple((float(x), float(y), float(w), float(h)) for x, y, w, h in corners),
            vectors=np.frombuffer(parts[2], np.int8).reshape(count, numbers),
            features=_unpack_features(parts[3], points, width, height),
            picture=_unpack_picture(parts[4]),
        )


def fingerprint(data: bytes, model: Model | None = None) -> Fingerprint:
    """The fingerprint of the picture in ``data``; raises ``similarity.image.PictureError``.

    ``model``: what embeds it, by default the configured one.
    """
    pixels = decode(data, side=_LOOKED_AT).pixels
    picture = geometry.working_picture(pixels)
    grey = geometry.grey_of(picture)
    features = geometry.extract(grey)
    boxes = views.boxes(grey)
    chosen = model or embedding.model()
    hashes = phash_pair(pixels)
    return Fingerprint(
        blank=len(features) < 8 and bool(pixels.reshape(-1, 3).std(axis=0).max() < _FLAT),
        content=hashlib.sha256(data).digest(),
        pixels=hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).digest(),
        phash=hashes[0],
        phash_mirrored=hashes[1],
        model=chosen.id,
        boxes=tuple(boxes),
        vectors=chosen.embed([views.cut(pixels, box) for box in boxes]),
        features=features,
        picture=picture,
    )


def algorithm(model: Model | None = None) -> str:
    """The algorithm that ``fingerprint`` uses with ``model``, by default the configured one."""
    return f"{FORM}+{(model or embedding.model()).id}"


def _pack_features(features: Features) -> bytes:
    places = np.rint(features.points / [features.width, features.height] * 65535).clip(0, 65535).astype(">u2")
    sizes = np.rint(np.log2(np.maximum(features.sizes, 1)) * _SIZE_STEPS).clip(0, 255).astype(np.uint8)
    angles = (np.rint(features.angles / (2 * np.pi) * 256).astype(int) % 256).astype(np.uint8)
    return bytes(places.tobytes() + sizes.tobytes() + angles.tobytes() + features.descriptors.tobytes())


def _unpack_features(data: bytes, count: int, width: int, height: int) -> Features:
    places = np.frombuffer(data, ">u2", 2 * count).reshape(count, 2) / 65535 * [width, height]
    sizes = np.exp2(np.frombuffer(data, np.uint8, count, 4 * count) / _SIZE_STEPS)
    angles = np.frombuffer(data, np.uint8, count, 5 * count) / 256 * 2 * np.pi
    vectors = np.frombuffer(data, np.int8, count * geometry.NUMBERS, 6 * count).reshape(count, geometry.NUMBERS)
    points, widths, turns = (np.asarray(one, np.float32) for one in (places, sizes, angles))
    return Features(points, widths, turns, vectors, width, height)


def _pack_picture(picture: NDArray[np.uint8]) -> bytes:
    import cv2

    for quality in (80, 60, 40, 20):
        data = bytes(cv2.imencode(".jpg", picture[:, :, ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1])
        if len(data) <= _MOST_PICTURE:
            break
    return data


def _unpack_picture(data: bytes) -> NDArray[np.uint8]:
    import cv2

    found = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR_RGB) if data else None
    if found is None or max(found.shape) > agreement.SIDE:
        raise FingerprintError("the small picture is broken")
    return np.asarray(found, np.uint8)
