"""An encrypted file read from any place in it: what a ZIP needs, without the whole of it in memory or on disk."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any, BinaryIO

from ipreg.errors import ProofError
from ipreg.vault.cipher import HEAD, PIECE, TAG, opener


class Seekable(io.RawIOBase):
    """The content of ``file``; each piece is given out only once it is found authentic.

    The number of pieces follows from the file's length, so that one cut short fails at what is then its last piece,
    which is looked at first. Raises ``ProofError`` as ``cipher.decrypt`` does; closes ``file`` with itself.
    """

    def __init__(self, file: BinaryIO, *, key: bytes, context: bytes) -> None:
        self._file = file
        self._open: Callable[[bytes, int, bool], bytes] = opener(file.read(HEAD), key=key, context=context)
        stored = file.seek(0, os.SEEK_END) - HEAD
        self._last = max(0, -(-stored // (PIECE + TAG)) - 1)
        self._size = max(0, stored - (self._last + 1) * TAG)
        self._at = 0
        self._held = (-1, b"")
        self._piece(self._last)  # with it the length is authentic too

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        start = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        if start + offset < 0:
            raise ValueError("before the start")
        self._at = start + offset
        return self._at

    def tell(self) -> int:
        return self._at

    def readinto(self, room: Any) -> int:
        """At most to the end of one piece."""
        if self._at >= self._size:
            return 0
        number, inside = divmod(self._at, PIECE)
        part = self._piece(number)[inside : inside + len(room)]
        room[: len(part)] = part
        self._at += len(part)
        return len(part)

    def close(self) -> None:
        self._file.close()
        super().close()

    def _piece(self, number: int) -> bytes:
        if self._held[0] != number:
            self._file.seek(HEAD + number * (PIECE + TAG))
            data = self._file.read(PIECE + TAG)
            self._held = (number, self._open(data, number, number == self._last))
        return self._held[1]


def seekable(file: BinaryIO, *, key: bytes, context: bytes) -> BinaryIO:
    """``Seekable`` with a buffer; ``file`` is closed where it can't be opened."""
    try:
        return io.BufferedReader(Seekable(file, key=key, context=context), PIECE)
    except ProofError:
        file.close()
        raise
