"""Content-addressed files: what is put in is found again by its SHA-256, and never changes."""

from __future__ import annotations

import hashlib
import os
import re
import tempfile
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from ipreg import filekinds
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
            write_whole(self._place(self._files, digest), data)
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
            write_whole(place, thumbnail(self.get(digest), side))
        return place.read_bytes()

    @staticmethod
    def _place(folder: Path, digest: str) -> Path:
        return folder / digest[:2] / digest[2:4] / digest


def write_whole(place: Path, data: bytes) -> None:
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
    return _kept(session, store, data, sniff(data) or filekinds.UNKNOWN, (picture.width, picture.height), now)


def keep_file(session: Session, store: Store, *, data: bytes, now: datetime) -> StoredFile:
    """Stores a designer's own file as bytes and returns its row; it need not be a picture.

    Raises ``CallerError`` with the codes of ``filekinds.kind_of`` and ``file_empty``, ``file_too_large``.
    """
    if not data:
        raise CallerError("file_empty", field=None)
    if len(data) > store.max_bytes:
        raise CallerError("file_too_large", field=None, megabytes=store.max_bytes // 2**20)
    media_type = filekinds.kind_of(data)
    try:
        picture = decode(data, side=256, max_bytes=store.max_bytes, max_pixels=store.max_pixels)
        size = picture.full_size
    except PictureError:
        size = (0, 0)  # kept all the same: only its preview is missing
    return _kept(session, store, data, media_type, size, now)


def _kept(
    session: Session, store: Store, data: bytes, media_type: str, size: tuple[int, int], now: datetime
) -> StoredFile:
    digest = digests(data)
    store.put(data)  # before the row is asked for: it may have outlived a lost file
    if known := session.get(StoredFile, digest.sha256):
        return known
    kept = StoredFile(
        sha256=digest.sha256,
        sm3=digest.sm3,
        size=len(data),
        media_type=media_type,
        width=size[0],
        height=size[1],
        created_at=now,
    )
    session.add(kept)
    session.flush()
    return kept
