"""Content-addressed files: what is put in is found again by its SHA-256, and never changes.

The open store holds them as they are; a sealed filing's lie on a shelf of their own, encrypted (``ipreg.vault``).
"""

from __future__ import annotations

import hashlib
import io
import re
import secrets
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from ipreg import filekinds
from ipreg.digests import digests
from ipreg.errors import CallerError, MissingError
from ipreg.files import write_whole
from ipreg.models import StoredFile, VaultKey
from ipreg.objects import Files, LocalFiles
from ipreg.vault.cipher import KEY_SIZE, decrypt, encrypt
from ipreg.vault.keyring import Keyring
from ipreg.vault.shelf import SealedShelf
from similarity.image import MAX_BYTES, MAX_PIXELS, PictureError, decode, sniff, thumbnail

_DIGEST = re.compile(r"[0-9a-f]{64}")
_PIECE = 1 << 20


class Shelf(Protocol):
    """Where the files of a filing lie: the open store, or a sealed shelf."""

    max_bytes: int
    max_pixels: int

    def put(self, data: bytes) -> str: ...
    def get(self, digest: str) -> bytes: ...
    def holds(self, digest: str) -> bool: ...
    def pieces(self, digest: str) -> Iterator[bytes]: ...
    def thumbnail(self, digest: str, side: int) -> bytes: ...


class Store:
    """Files named by digest, two levels deep so that no folder grows too long; previews lie in ``folder``.

    ``files`` is where the bytes are; ``folder`` itself where nothing is said.
    """

    def __init__(
        self,
        folder: Path,
        *,
        max_bytes: int = MAX_BYTES,
        max_pixels: int = MAX_PIXELS,
        keyring: Keyring | None = None,
        files: Files | None = None,
    ) -> None:
        self.max_bytes = max_bytes
        self.max_pixels = max_pixels
        self.keyring = keyring or Keyring(folder / "secrets" / "vault-keys")
        self.files: Files = files or LocalFiles(folder)
        self._thumbnails = folder / "thumbnails"

    def put(self, data: bytes) -> str:
        """Keeps ``data`` and returns its SHA-256 in hex. The same content again costs nothing."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.files.holds(_name(digest)):
            self.files.write(_name(digest), [data])
        return digest

    def put_ahead(self, contents: Iterable[bytes]) -> None:
        """Keeps what is about to be filed or seen, before the transaction that does it, as ``put_ahead`` below."""
        put_ahead(self, contents)

    def take(self, digest: str, pieces: Iterator[bytes]) -> None:
        """Keeps a content whose digest is known already, piece by piece."""
        self.files.write(_name(digest), pieces)

    def holds(self, digest: str) -> bool:
        return bool(_DIGEST.fullmatch(digest)) and self.files.find(_name(digest)) is not None

    def get(self, digest: str) -> bytes:
        """The bytes of that digest; raises ``MissingError`` where there are none."""
        return self.path(digest).read_bytes()

    def pieces(self, digest: str) -> Iterator[bytes]:
        """The same piece by piece."""
        place = self.path(digest)

        def read() -> Iterator[bytes]:
            with place.open("rb") as file:
                while piece := file.read(_PIECE):
                    yield piece

        return read()

    def path(self, digest: str) -> Path:
        """Where the bytes lie; raises ``MissingError`` where there are none."""
        place = self.files.find(_name(digest)) if _DIGEST.fullmatch(digest) else None
        if place is None:
            raise MissingError("file_missing", digest=digest)
        return place

    def thumbnail(self, digest: str, side: int) -> bytes:
        """A JPEG whose long side is at most ``side`` pixels, made once."""
        place = self._preview(digest).with_suffix(f".{side}.jpg")
        if not place.is_file():
            write_whole(place, [thumbnail(self.get(digest), side)])
        return place.read_bytes()

    def remove(self, digest: str) -> None:
        """Takes a file and its previews away; harmless where they are gone. The caller knows: nobody needs it."""
        if _DIGEST.fullmatch(digest):
            self.files.remove(_name(digest))
            place = self._preview(digest)
            for preview in place.parent.glob(f"{digest}.*"):
                preview.unlink(missing_ok=True)

    # --- Sealed shelves

    def new_key(self, session: Session, *, now: datetime) -> VaultKey:
        """The key of a new sealed shelf, kept wrapped."""
        made = self.key_ahead(now=now)
        session.add(made)
        session.flush()
        return made

    def key_ahead(self, *, now: datetime) -> VaultKey:
        """The same for who fills the shelf first and adds the row afterwards; a shelf without a row goes some days
        later.
        """
        made = VaultKey(token=secrets.token_hex(16), created_at=now)
        made.wrapped, made.wrapped_by = self.keyring.wrap(
            secrets.token_bytes(KEY_SIZE), context=_wrapping(made.token), now=now
        )
        return made

    def seal_ahead(self, contents: Iterable[bytes], *, now: datetime) -> VaultKey:
        """The key of a new shelf, which holds ``contents`` already, for the transaction that files them sealed."""
        made = self.key_ahead(now=now)
        put_ahead(self.sealed_shelf(made), contents)
        return made

    def shelf(self, key: VaultKey | None) -> Shelf:
        """Where the files of a filing with this key lie; the open store without one."""
        return self if key is None else self.sealed_shelf(key)

    def sealed_shelf(self, key: VaultKey) -> SealedShelf:
        """Raises ``ProofError`` where the key can't be unwrapped, ``MissingError`` where it was destroyed."""
        return SealedShelf(
            self.files, key.token, self.secret(key), max_bytes=self.max_bytes, max_pixels=self.max_pixels
        )

    def secret(self, key: VaultKey) -> bytes:
        """The key itself, unwrapped."""
        if key.wrapped is None:
            raise MissingError("vault_key_destroyed")
        return self.keyring.unwrap(key.wrapped, key_id=key.wrapped_by, context=_wrapping(key.token))

    def encrypted(self, key: VaultKey, name: str, data: bytes) -> bytes:
        """Data of the filing that lie in the database, such as a fingerprint; ``name`` says which."""
        return b"".join(encrypt([data], key=self.secret(key), context=f"{key.token}/{name}".encode()))

    def decrypted(self, key: VaultKey, name: str, data: bytes) -> bytes:
        """The reverse; raises ``ProofError``."""
        context = f"{key.token}/{name}".encode()
        return b"".join(decrypt(io.BytesIO(data), key=self.secret(key), context=context))

    def rewrap(self, key: VaultKey, *, now: datetime) -> None:
        """The same key under the keyring's first one; the files stay as they are."""
        if key.wrapped is not None:
            key.wrapped, key.wrapped_by = self.keyring.wrap(self.secret(key), context=_wrapping(key.token), now=now)

    def sweep(self, key: VaultKey) -> None:
        """Takes the shelf's folder away; needs no key."""
        SealedShelf(self.files, key.token, b"", max_bytes=0, max_pixels=0).remove_all()

    def _preview(self, digest: str) -> Path:
        return self._thumbnails / digest[:2] / digest[2:4] / digest


def put_ahead(shelf: Shelf, contents: Iterable[bytes]) -> None:
    """Keeps what is about to be filed or seen, before the transaction that does it: a slow store makes nobody wait.

    What is no picture and of no kind that we take is left to the checks. What no row asks for after all goes some
    days later (``ipreg.orphans``).
    """
    for data in contents:
        if data and len(data) <= shelf.max_bytes and (sniff(data) or _is_taken(data)):
            shelf.put(data)


def _is_taken(data: bytes) -> bool:
    try:
        filekinds.kind_of(data)
    except CallerError:
        return False
    return True


def _name(digest: str) -> str:
    return f"files/{digest[:2]}/{digest[2:4]}/{digest}"


def _wrapping(token: str) -> bytes:
    return f"ipreg vault key {token}".encode()


def keep_picture(session: Session, store: Shelf, *, data: bytes, now: datetime) -> StoredFile:
    """Checks that ``data`` is a picture we can read, stores it and returns its row.

    Raises ``CallerError`` with the codes of ``similarity.image.PictureError``.
    """
    try:
        picture = decode(data, max_bytes=store.max_bytes, max_pixels=store.max_pixels)
    except PictureError as fault:
        raise CallerError(fault.code, field=None, **fault.values) from fault
    return _kept(session, store, data, sniff(data) or filekinds.UNKNOWN, (picture.width, picture.height), now)


def keep_file(session: Session, store: Shelf, *, data: bytes, now: datetime) -> StoredFile:
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
    session: Session, store: Shelf, data: bytes, media_type: str, size: tuple[int, int], now: datetime
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
    try:
        with session.begin_nested():
            session.add(kept)
    except IntegrityError:  # somebody else handed in the same file in the same moment
        return session.get_one(StoredFile, digest.sha256)
    return kept
