"""Content-addressed files: what is put in is found again by its SHA-256, and never changes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ipreg.digests import digests
from ipreg.errors import CallerError, MissingError
from ipreg.models import StoredFile
from similarity.image import MAX_BYTES, MAX_PIXELS, PictureError, decode, sniff, thumbnail

_DIGEST = re.compile(r"[0-9a-f]{64}")


class Store:
    """A folder of files named by digest, two levels deep so that no folder grows too long."""

    def __init__(self, folder: Path, *, max_bytes: int = MAX_BYTES, max_pixels: int = MAX_PIXELS) -> None:
        self.max_bytes = max_bytes
        self.max_pixels = max_pixels
        self._files = folder / "files"
        self._thumbnails = folder / "thumbnails"

    def put(self, data: bytes) -> str:
        """Keeps ``data`` and returns its SHA-256 in hex. The same content again costs nothing."""
        digest = hashlib.sha256(data).hexdigest()
        if not self._place(self._files, digest).exists():
            _write_whole(self._place(self._files, digest), data)
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of that digest; raises ``MissingError`` where there are none."""
        return self.path(digest).read_bytes()

    def path(self, digest: str) -> Path:
        """Where the bytes lie; raises ``MissingError`` where there are none."""
        if not _DIGEST.fullmatch(digest) or not (place := self._place(self._files, digest)).is_file():
            raise MissingError("file_missing", digest=digest)
        return place

    def thumbnail(self, digest: str, side: int) -> bytes:
        """A JPEG whose long side is at most ``side`` pixels, made once."""
        place = self._place(self._thumbnails, digest).with_suffix(f".{side}.jpg")
        if not place.is_file():
            _write_whole(place, thumbnail(self.get(digest), side))
        return place.read_bytes()

    @staticmethod
    def _place(folder: Path, digest: str) -> Path:
        return folder / digest[:2] / digest[2:4] / digest


def _write_whole(place: Path, data: bytes) -> None:
    """Writes all or nothing: a killed or out-of-space writer leaves no half file under the final name."""
    place.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(dir=place.parent, prefix=".part-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(place)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def keep_picture(session: Session, store: Store, *, data: bytes, now: datetime) -> StoredFile:
    """Checks that ``data`` is a picture we can read, stores it and returns its row.

    Raises ``CallerError`` with the codes of ``similarity.image.PictureError``.
    """
    try:
        picture = decode(data, max_bytes=store.max_bytes, max_pixels=store.max_pixels)
    except PictureError as fault:
        raise CallerError(fault.code, field=None, **fault.values) from fault
    digest = digests(data)
    if known := session.get(StoredFile, digest.sha256):
        store.put(data)  # the row may have outlived a lost file
        return known
    store.put(data)
    kept = StoredFile(
        sha256=digest.sha256,
        sm3=digest.sm3,
        size=len(data),
        media_type=sniff(data) or "application/octet-stream",
        width=picture.width,
        height=picture.height,
        created_at=now,
    )
    session.add(kept)
    session.flush()
    return kept
