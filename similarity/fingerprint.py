"""What is kept of a picture in order to find it again: a frozen, versioned value and its stored form."""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass

import numpy as np

from similarity.geometry import MAX_FEATURES, Features, extract
from similarity.image import decode
from similarity.phash import phash

ALGORITHM = "phash64-rootsift/1"
_HEAD = struct.Struct(">4s?32s32sQQffH")
_MAGIC = b"ipf1"
_FLAT = 3.0


class FingerprintError(Exception):
    """The stored form is not one of ours."""


@dataclass(frozen=True)
class Fingerprint:
    """``blank``: the picture shows nothing to tell it by (one flat colour), and matches nothing, itself included.

    ``content`` and ``pixels`` are SHA-256 of bytes and of decoded pixels; the hashes have 64 bits, the second is
    that of the mirrored picture.
    """

    blank: bool
    content: bytes
    pixels: bytes
    phash: int
    phash_mirrored: int
    features: Features
    algorithm: str = ALGORITHM

    def to_bytes(self) -> bytes:
        """At most 16 KB."""
        points = np.clip(np.rint(self.features.points * 65535), 0, 65535).astype(">u2")
        head = _HEAD.pack(
            _MAGIC,
            self.blank,
            self.content,
            self.pixels,
            self.phash,
            self.phash_mirrored,
            self.features.aspect,
            0.0,
            len(points),
        )
        return head + points.tobytes() + self.features.descriptors.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> Fingerprint:
        """Strict inverse of ``to_bytes``; raises ``FingerprintError``."""
        if len(data) < _HEAD.size:
            raise FingerprintError("too short")
        magic, blank, content, pixels, one, two, aspect, _, count = _HEAD.unpack_from(data)
        if magic != _MAGIC or count > MAX_FEATURES or len(data) != _HEAD.size + count * 132:
            raise FingerprintError("not a fingerprint of this version")
        points = np.frombuffer(data, ">u2", count * 2, _HEAD.size).reshape(count, 2)
        vectors = np.frombuffer(data, np.uint8, count * 128, _HEAD.size + count * 4).reshape(count, 128)
        features = Features((points / np.float32(65535)).astype(np.float32), vectors, aspect)
        return cls(blank, content, pixels, one, two, features)


def fingerprint(data: bytes) -> Fingerprint:
    """The fingerprint of the picture in ``data``; raises ``similarity.image.PictureError``."""
    pixels = decode(data).pixels
    features = extract(pixels)
    return Fingerprint(
        blank=bool(pixels.reshape(-1, 3).std(axis=0).max() < _FLAT) and len(features.points) < 8,
        content=hashlib.sha256(data).digest(),
        pixels=hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).digest(),
        phash=phash(pixels),
        phash_mirrored=phash(np.ascontiguousarray(pixels[:, ::-1])),
        features=features,
    )
