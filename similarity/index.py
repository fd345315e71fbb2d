"""The index: which registered pictures are worth a closer look. Exact."""

from __future__ import annotations

import os
import struct
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from similarity.fingerprint import Fingerprint, FingerprintError
from similarity.geometry import Features
from similarity.phash import BITS
from similarity.vectors import IndexFileError

_CLOSE = 0.80
_MAGIC = b"ipreg-index/1\n"
_RECORD = struct.Struct(">HI")


@dataclass(frozen=True)
class Hit:
    """A candidate: its key, and a score that only orders candidates of one query."""

    key: str
    score: float


class PictureIndex:
    """Fingerprints by key. Blank pictures are held but never found."""

    def __init__(self) -> None:
        self._held: dict[str, Fingerprint] = {}
        self._table: _Table | None = None

    def __len__(self) -> int:
        return len(self._held)

    def __contains__(self, key: str) -> bool:
        return key in self._held

    def get(self, key: str) -> Fingerprint | None:
        return self._held.get(key)

    def add(self, key: str, fingerprint: Fingerprint) -> None:
        """Holds ``fingerprint`` under ``key``, in place of what was there."""
        self._held[key] = fingerprint
        self._table = None

    def remove(self, key: str) -> None:
        """Forgets ``key``; raises ``KeyError`` where it is not held."""
        del self._held[key]
        self._table = None

    def query(self, fingerprint: Fingerprint, limit: int = 20) -> list[Hit]:
        """The at most ``limit`` best candidates, best first, found upright and mirrored."""
        if fingerprint.blank or not self._held:
            return []
        if self._table is None:
            self._table = _Table(self._held)
        scores = self._table.scores(fingerprint)
        best = np.argsort(-scores, kind="stable")[:limit]
        return [Hit(self._table.keys[at], float(scores[at])) for at in best if scores[at] > 0]

    def save(self, path: Path) -> None:
        """Writes a new file and puts it in place of the old one in one step: a killed save leaves the old one."""
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)
        with os.fdopen(handle, "wb") as out:
            out.write(_MAGIC + struct.pack(">Q", len(self._held)))
            for key, one in self._held.items():
                word, body = key.encode(), one.to_bytes()
                out.write(_RECORD.pack(len(word), len(body)) + word + body)
            out.flush()
            os.fsync(out.fileno())
        Path(name).replace(path)

    @classmethod
    def load(cls, path: Path) -> PictureIndex:
        """Strict inverse of ``save``: a short or foreign file raises ``IndexFileError``."""
        data = path.read_bytes()
        if not data.startswith(_MAGIC) or len(data) < len(_MAGIC) + 8:
            raise IndexFileError("not an index")
        (count,) = struct.unpack_from(">Q", data, len(_MAGIC))
        at, index = len(_MAGIC) + 8, cls()
        for _ in range(count):
            if at + _RECORD.size > len(data):
                raise IndexFileError("the file ends too early")
            key_size, size = _RECORD.unpack_from(data, at)
            at += _RECORD.size
            key, body = data[at : at + key_size], data[at + key_size : at + key_size + size]
            at += key_size + size
            try:
                index.add(key.decode(), Fingerprint.from_bytes(body))
            except (UnicodeDecodeError, FingerprintError) as fault:
                raise IndexFileError("a record is broken") from fault
        if at != len(data) or len(index) != count:
            raise IndexFileError("the file has other records than it says")
        return index


class _Table:
    """All hashes and descriptors in arrays: made at the first query after a change."""

    def __init__(self, held: dict[str, Fingerprint]) -> None:
        shown = {key: one for key, one in held.items() if not one.blank}
        self.keys = list(shown)
        self._hashes = np.array([one.phash for one in shown.values()], np.uint64)
        counts = [len(one.features.points) for one in shown.values()]
        self._owner = np.repeat(np.arange(len(counts)), counts)
        vectors = [one.features.descriptors for one in shown.values()]
        self._vectors = (np.concatenate(vectors) if vectors else np.zeros((0, 128))).astype(np.float32) / 512

    def scores(self, fingerprint: Fingerprint) -> NDArray[np.float64]:
        upright = self._hash_scores(fingerprint.phash) + self._votes(fingerprint.features)
        mirrored = self._hash_scores(fingerprint.phash_mirrored) + self._votes(fingerprint.features.mirrored())
        return np.maximum(upright, mirrored)

    def _hash_scores(self, value: int) -> NDArray[np.float64]:
        differing = np.bitwise_count(self._hashes ^ np.uint64(value)).astype(np.float64)
        scores: NDArray[np.float64] = np.maximum(0.0, BITS / 2 - 8 - differing)
        return scores

    def _votes(self, features: Features) -> NDArray[np.float64]:
        """For each registered picture how many of the query's features have a close one there."""
        votes = np.zeros(len(self.keys))
        if not len(self._vectors) or not len(features.points):
            return votes
        likeness = features.descriptors.astype(np.float32) / 512 @ self._vectors.T
        for row in likeness:
            close = np.flatnonzero(row >= max(_CLOSE, np.partition(row, -1)[-1] * 0.97))
            votes[np.unique(self._owner[close])] += 1.0 / max(1, len(close)) ** 0.5
        return votes
