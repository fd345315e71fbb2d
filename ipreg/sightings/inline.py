"""Pictures that stand in a feed themselves, as ``data:image/...;base64,...`` (RFC 2397): taken out and named."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re

MAX_PICTURES = 2000
_INLINE = re.compile(rb"data:image\\?/[\w.+-]{1,40};base64,((?:[A-Za-z0-9+/=]|\\/)+)")


def take_out(data: bytes) -> tuple[bytes, dict[str, bytes]]:
    """The feed with a name in the place of each inline picture, and the pictures by name.

    What is no base64 becomes an empty picture, so that only its row is refused; so does what comes after
    ``MAX_PICTURES``. Works on any text format: such an address has no character that one of them would quote, but
    for the slash that some write as ``\\/`` in JSON.
    """
    pictures: dict[str, bytes] = {}

    def named(found: re.Match[bytes]) -> bytes:
        content = _decoded(found[1].replace(b"\\", b"")) if len(pictures) < MAX_PICTURES else b""
        name = f"inline-{hashlib.sha256(content).hexdigest()[:40]}"
        pictures[name] = content
        return name.encode()

    return _INLINE.sub(named, data), pictures


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return b""
