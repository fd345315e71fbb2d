"""The encrypted files of one filing, in a folder of their own; read and written like those of the open store."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import BinaryIO

from ipreg.errors import MissingError, ProofError
from ipreg.objects import Files
from ipreg.vault.cipher import decrypt, encrypt
from ipreg.vault.seekable import seekable
from similarity.image import thumbnail

_DIGEST = re.compile(r"[0-9a-f]{64}")


class _Pieces(Iterator[bytes]):
    """Pieces of an open file, the first of them read; closed at its end, or by who stops before."""

    def __init__(self, file: BinaryIO, pieces: Iterator[bytes]) -> None:
        self._file = file
        self._pieces = chain([next(pieces)], pieces)

    def __next__(self) -> bytes:
        try:
            return next(self._pieces)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._file.close()


class SealedShelf:
    """Files by SHA-256 of their content, encrypted under ``key``; ``token`` names the shelf."""

    def __init__(self, files: Files, token: str, key: bytes, *, max_bytes: int, max_pixels: int) -> None:
        self.max_bytes = max_bytes
        self.max_pixels = max_pixels
        self._files = files
        self._token = token
        self._key = key

    def put(self, data: bytes) -> str:
        """Keeps ``data`` and returns its SHA-256 in hex. The same content again costs nothing."""
        digest = hashlib.sha256(data).hexdigest()
        if not self.holds(digest):
            self._write(digest, [data])
        return digest

    def take(self, digest: str, pieces: Iterable[bytes]) -> None:
        """Keeps the content of that digest, piece by piece; raises ``ProofError`` where it is another."""
        seen = hashlib.sha256()

        def watched() -> Iterator[bytes]:
            for piece in pieces:
                seen.update(piece)
                yield piece
            if seen.hexdigest() != digest:
                raise ProofError("vault_file_swapped")

        self._write(digest, watched())

    def holds(self, digest: str) -> bool:
        return self._files.find(self._name(digest)) is not None

    def get(self, digest: str) -> bytes:
        """The bytes of that digest; raises ``MissingError`` where there are none."""
        return b"".join(self.pieces(digest))

    def pieces(self, digest: str) -> Iterator[bytes]:
        """The same piece by piece. The first is checked before this returns."""
        return self._read(digest)

    def open(self, digest: str) -> BinaryIO:
        """The same, to be read from any place in it; the caller closes it."""
        place = self._files.find(self._name(digest))
        if place is None:
            raise MissingError("file_missing", digest=digest)
        return seekable(place.open("rb"), key=self._key, context=self._context(digest))

    def thumbnail(self, digest: str, side: int) -> bytes:
        """A JPEG whose long side is at most ``side`` pixels, made once and kept encrypted."""
        name = f"{digest}.{side}"
        if self._files.find(self._name(name)) is None:
            self._write(name, [thumbnail(self.get(digest), side)])
        return b"".join(self._read(name))

    def remove_all(self) -> None:
        """Takes the folder away; harmless where it is gone."""
        self._files.remove_under(f"vault/{self._token}")

    def _write(self, name: str, pieces: Iterable[bytes]) -> None:
        self._files.write(self._name(name), encrypt(pieces, key=self._key, context=self._context(name)))

    def _read(self, name: str) -> Iterator[bytes]:
        place = self._files.find(self._name(name))
        if place is None:
            raise MissingError("file_missing", digest=name)
        file = place.open("rb")
        try:
            return _Pieces(file, decrypt(file, key=self._key, context=self._context(name)))
        except BaseException:
            file.close()
            raise

    def _name(self, name: str) -> str:
        if not _DIGEST.fullmatch(name.partition(".")[0]):
            raise MissingError("file_missing", digest=name)
        return f"vault/{self._token}/{name}"

    def _context(self, name: str) -> bytes:
        return f"{self._token}/{name}".encode()
