"""The two digests that stand beside every file: SHA-256, and SM3 (GB/T 32905-2016)."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import SM3, Hash


@dataclass(frozen=True)
class Digests:
    """Both in lower-case hex, 64 letters each."""

    sha256: str
    sm3: str


def digests(data: bytes) -> Digests:
    """The digests of ``data``."""
    sm3 = Hash(SM3())
    sm3.update(data)
    return Digests(sha256=hashlib.sha256(data).hexdigest(), sm3=sm3.finalize().hex())
