"""An index of vectors by key: exact while small, approximate when large, behind one interface.

A picture is held as a few unit vectors (its views). Where the time and the memory go:

- The rows, 16 bits a number, lie in an unnamed file and are read where they are needed. They are what scores are
  computed from, in either mode; nothing else is kept from which a score could differ.
- Below ``EXACT_BELOW`` vectors every row is compared.
- Above, every vector has a 2-bit code a dimension in memory (64 bytes of 256 dimensions). A fast scan (faiss) of
  all codes leaves a short list, whose rows are then compared as in exact mode. No lists, no graph: what a vector's
  neighbours are does not matter, so adding and removing are cheap and the recall does not hang on clusters.

The codes follow "product quantisation with fast scan" (Andre, Kermarrec, Le Scouarnec 2015) with a codebook that is
not searched for but known: after a random rotation every coordinate is nearly normal, and the best 2-bit quantiser
of a normal variable is Lloyd's and Max's (1960).

>>> import numpy as np
>>> index = VectorIndex(3, model="example/1")
>>> index.add("red", np.array([[1.0, 0.0, 0.0]]))
>>> index.add("warm", np.array([[0.8, 0.6, 0.0], [0.0, 1.0, 0.0]]))
>>> [(hit.key, round(hit.score, 2), hit.view) for hit in index.query(np.array([[0.0, 1.0, 0.0]]), limit=5)]
[('warm', 1.0, 1), ('red', 0.0, 0)]
"""

from __future__ import annotations

import hashlib
import json
import math
import mmap
import os
import struct
import tempfile
import threading
import warnings
import weakref
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

EXACT_BELOW = 20_000
MAX_VIEWS = 64
_SHORT_LIST = 1_000
_LONGEST_LIST = 20_000
_WANTED_RECALL = 0.995
_TRIED = 64
_TOP = 20
_TOGETHER = 10
"""So many vectors ask for one list when it is measured how long that has to be."""
_BLOCK = 8_192
_RETRAIN = 2
_SAMPLE = 20_000
_MAGIC = b"ipreg-vectors/1\n"
_SIZE = struct.Struct(">Q")
_MAX_HEAD = 4_096
_KEY = struct.Struct(">HB")
_LEVELS = np.array([-1.5104, -0.4528, 0.4528, 1.5104], np.float32)

Floats = NDArray[np.float32]
Slots = NDArray[np.int64]


class IndexFileError(Exception):
    """The file is not a whole index of ours; build the index anew from where the fingerprints are kept."""


@dataclass(frozen=True)
class VectorHit:
    """``score`` is the greatest cosine (-1 to 1) between a vector of the query and one of ``key``.

    ``query_view`` and ``view`` are the places of those two vectors in the arrays that were given.
    """

    key: str
    score: float
    query_view: int
    view: int


class VectorIndex:
    """Unit vectors of ``dim`` numbers, up to ``MAX_VIEWS`` a key; safe for threads.

    ``model`` names what made the vectors: vectors of different models can't be compared, so a file of another model
    is refused. ``folder`` is where the unnamed file of rows lies (2 bytes a number; it is gone with the process,
    also with a killed one); None means the system's folder for temporary files.
    """

    def __init__(
        self, dim: int = 256, *, model: str, folder: Path | None = None, exact_below: int = EXACT_BELOW
    ) -> None:
        if dim < 1:
            raise ValueError("a vector has at least one number")
        self.dim = dim
        self.model = model
        self._folder = folder
        self._exact_below = exact_below
        self._lock = threading.RLock()
        self._clear()

    def _clear(self) -> None:
        self._rows = _Rows(self.dim, self._folder)
        self._numbers: dict[str, int] = {}
        self._keys: list[str | None] = []
        self._first = _Column(np.int64)  # by key number
        self._owner = _Column(np.int32)  # by slot; -1 where the vector was removed
        self._live = 0
        self._scan: _Scan | None = None

    def __len__(self) -> int:
        """How many keys are held, those without vectors included."""
        return len(self._numbers)

    def __contains__(self, key: object) -> bool:
        return key in self._numbers

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._numbers))

    @property
    def vector_count(self) -> int:
        return self._live

    def add(self, key: str, vectors: NDArray[Any]) -> None:
        """Holds ``vectors`` (n x dim) under ``key``, in place of what was there; n = 0: held but never found.

        Floats are scaled to unit length. Signed 8-bit codes are taken for the directions that they show, so stored
        codes need no scale. Raises ``ValueError`` for another shape, more than ``MAX_VIEWS`` vectors, a vector of
        zeros or of what is no number.
        """
        if len(key.encode()) > 0xFFFF:
            raise ValueError("the key is too long")
        rows = unit_vectors(vectors, self.dim).astype(np.float16)
        if len(rows) > MAX_VIEWS:
            raise ValueError(f"more than {MAX_VIEWS} vectors")
        with self._lock:
            first = self._rows.append(rows)  # the one step that can fail, on a full disk; nothing has changed yet
            if key in self._numbers:
                self._forget(key)
            self._enter(key, first, rows)
            self._tidy()

    def remove(self, key: str) -> None:
        """Forgets ``key``; raises ``KeyError`` where it is not held."""
        with self._lock:
            self._forget(key)
            self._tidy()

    def vectors(self, key: str) -> Floats:
        """The unit vectors of ``key``, n x dim, as they are compared; raises ``KeyError``."""
        with self._lock:
            return self._rows.read(self._slots(self._numbers[key]))

    def query(self, vectors: NDArray[Any], limit: int = 20) -> list[VectorHit]:
        """The ``limit`` keys with the highest scores, best first; give all views of one picture in one call."""
        asked = unit_vectors(vectors, self.dim)
        with self._lock:
            if limit < 1 or not len(asked) or not self._live:
                return []
            if self._scan is None or self._live < self._exact_below:
                slots, scores = self._compare_all(asked)
            else:
                slots, scores = self._compare_some(asked, 50 * limit)
            return self._hits(slots, scores, limit)

    def save(self, path: Path) -> None:
        """Writes a new file and puts it in place of the old one in one step: a killed save leaves the old one.

        Queries wait while it is written (512 bytes a vector), not while it is brought to the disk.
        """
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}-")
        try:
            with os.fdopen(handle, "wb") as out:
                with self._lock:
                    self._write(out)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(path)
        except BaseException:
            Path(name).unlink(missing_ok=True)
            raise
        _sync_folder(path.parent)

    @classmethod
    def load(
        cls,
        path: Path,
        dim: int = 256,
        *,
        model: str,
        folder: Path | None = None,
        exact_below: int = EXACT_BELOW,
    ) -> VectorIndex:
        """Strict inverse of ``save``.

        Raises ``IndexFileError`` where the file is short, longer than it says, damaged, foreign, or of another
        model or dimension; the caller then builds the index anew. ``OSError`` where it can't be read at all.
        """
        index = cls(dim, model=model, folder=folder, exact_below=exact_below)
        with path.open("rb") as file:
            index._read(_Checked(file))
        index._tidy()
        return index

    # Keys and slots. A key's vectors lie in adjacent slots; a removed slot stays until the next tidying.

    def _enter(self, key: str, first: int, rows: NDArray[np.float16]) -> None:
        number = len(self._keys)
        self._numbers[key] = number
        self._keys.append(key)
        self._first.extend(np.array([first]))
        self._owner.extend(np.full(len(rows), number))
        self._live += len(rows)
        if self._scan is not None and len(rows):
            self._scan.append(rows.astype(np.float32))

    def _forget(self, key: str) -> None:
        number = self._numbers.pop(key)
        slots = self._slots(number)
        self._owner.values[slots] = -1
        self._keys[number] = None
        self._live -= len(slots)

    def _slots(self, number: int) -> Slots:
        first = int(self._first.values[number])
        owners = self._owner.values[first : first + MAX_VIEWS]
        return first + np.flatnonzero(owners == number)

    def _tidy(self) -> None:
        """Drops removed rows once they are many; starts, renews or ends the scan where the size asks for it."""
        if len(self._keys) > 2 * len(self._numbers) + 1_000 or self._rows.count > 1.25 * self._live + 1_000:
            self._compact()
        if self._live < self._exact_below // 2:
            self._scan = None
        elif self._live >= self._exact_below and (
            self._scan is None or self._live >= _RETRAIN * self._scan.trained_on
        ):
            self._scan = _Scan(self._rows, self._live)

    def _compact(self) -> None:
        old_rows, old_keys, counts, live = self._rows, self._keys, self._counts(), self._owner.values >= 0
        rows = _Rows(self.dim, self._folder)
        for start, block in old_rows.blocks():
            rows.append(block[live[start : start + len(block)]])
        self._clear()
        self._rows = rows
        self._enter_all([key for key in old_keys if key is not None], counts)

    def _enter_all(self, keys: list[str], counts: NDArray[np.int64]) -> None:
        """Names the owners of rows that lie there already, in the order of ``keys``."""
        self._keys = list(keys)
        self._numbers = {key: number for number, key in enumerate(keys)}
        self._first.extend(np.concatenate([[0], np.cumsum(counts)[:-1]]) if len(keys) else np.zeros(0))
        self._owner.extend(np.repeat(np.arange(len(keys)), counts))
        self._live = int(counts.sum())

    def _counts(self) -> NDArray[np.int64]:
        """How many vectors each key has, in the order of the slots."""
        owners = self._owner.values
        counts = np.bincount(owners[owners >= 0], minlength=len(self._keys))
        return counts[[key is not None for key in self._keys]] if self._keys else np.zeros(0, np.int64)

    # Comparing

    def _compare_all(self, asked: Floats) -> tuple[Slots, Floats]:
        scores = np.empty((len(asked), self._rows.count), np.float32)
        for start, block in self._rows.blocks():
            scores[:, start : start + len(block)] = asked @ block.astype(np.float32).T
        live = np.flatnonzero(self._owner.values >= 0)
        return live, scores if len(live) == self._rows.count else scores[:, live]

    def _compare_some(self, asked: Floats, least: int) -> tuple[Slots, Floats]:
        """One short list for all views of the query: a part that is like nothing much takes no place on it.

        What is among the best of all views is among the best of its nearest one, so each is asked for no more than
        it would be alone. Where many of those found were removed meanwhile, more are asked for: the list is not
        silently short.
        """
        assert self._scan is not None
        rows = self._rows.count
        alone, wanted = (max(self._scan.short_list(rows, views), least) for views in (1, len(asked)))
        count = alone
        while True:
            found, nearness = self._scan.search(asked, min(count, rows))
            live = (found >= 0) & (self._owner.values[found] >= 0)
            if count >= rows or live.sum(axis=1).min() >= min(alone // 2, self._live):
                break
            count *= 4
        slots = np.sort(_first_of_each(found[live], nearness[live])[:wanted])
        return slots, asked @ self._rows.read(slots).T

    def _hits(self, slots: Slots, scores: Floats, limit: int) -> list[VectorHit]:
        """``scores``: query views x slots. Keys are told apart only among as many slots as can be needed."""
        best = scores.max(axis=0)
        enough = limit * MAX_VIEWS
        near = np.argpartition(-best, enough)[:enough] if len(best) > enough else np.arange(len(best))
        near = near[np.lexsort((slots[near], -best[near]))]
        hits: dict[int, VectorHit] = {}
        for at in near.tolist():
            slot = int(slots[at])
            number = int(self._owner.values[slot])
            key = self._keys[number]
            if number in hits or key is None:
                continue
            view = slot - int(self._first.values[number])
            hits[number] = VectorHit(key, float(best[at]), int(scores[:, at].argmax()), view)
            if len(hits) == limit:
                break
        return list(hits.values())

    # The file: magic, size of the head, head (JSON), keys with their counts, rows, SHA-256 of all before.

    def _write(self, out: BinaryIO) -> None:
        digest = hashlib.sha256()

        def put(data: bytes) -> None:
            digest.update(data)
            out.write(data)

        counts = self._counts().tolist()
        names = [key.encode() for key in self._keys if key is not None]
        words = b"".join(_KEY.pack(len(w), n) + w for w, n in zip(names, counts, strict=True))
        head = {"model": self.model, "dim": self.dim, "keys": len(names), "words": len(words), "rows": self._live}
        written = json.dumps(head).encode()
        put(_MAGIC + _SIZE.pack(len(written)) + written + words)
        live = self._owner.values >= 0
        for start, block in self._rows.blocks():
            put(block[live[start : start + len(block)]].astype("<f2").tobytes())
        out.write(digest.digest())

    def _read(self, file: _Checked) -> None:
        if file.take(len(_MAGIC)) != _MAGIC:
            raise IndexFileError("not an index of this version")
        head = _head(file)
        if head["model"] != self.model or head["dim"] != self.dim:
            raise IndexFileError(f"made by {head['model']!r} with {head['dim']} dimensions")
        keys, counts = _words(file.take(head["words"]))
        if len(keys) != head["keys"] or len(set(keys)) != len(keys) or sum(counts) != head["rows"]:
            raise IndexFileError("the file holds another number of keys or vectors than it says")
        for start in range(0, head["rows"], _BLOCK):
            many = min(_BLOCK, head["rows"] - start)
            block = np.frombuffer(file.take(many * self.dim * 2), "<f2").reshape(many, self.dim)
            self._rows.append(block.astype(np.float16))
        file.finish()
        self._enter_all(keys, np.array(counts, np.int64))


class _Rows:
    """Vectors in 16-bit floats, in an unnamed file that is mapped: the system keeps of it what memory allows."""

    def __init__(self, dim: int, folder: Path | None) -> None:
        self.count = 0
        self._dim = dim
        self._mapped = np.zeros((0, dim), np.float16)
        with tempfile.TemporaryFile(dir=folder, prefix="ipreg-rows-") as file:
            self._handle = os.dup(file.fileno())
        weakref.finalize(self, os.close, self._handle)

    def append(self, rows: NDArray[np.float16]) -> int:
        """Returns the slot of the first; a failed write leaves ``count`` and so the contents as they were."""
        data, at = memoryview(np.ascontiguousarray(rows).tobytes()), self.count * self._dim * 2
        while data:
            done = os.pwrite(self._handle, data, at)
            data, at = data[done:], at + done
        self.count += len(rows)
        return self.count - len(rows)

    def read(self, slots: Slots) -> Floats:
        if not len(slots):
            return np.zeros((0, self._dim), np.float32)
        if len(self._mapped) <= slots.max():
            mapped = mmap.mmap(self._handle, self.count * self._dim * 2, mmap.MAP_SHARED, mmap.PROT_READ)
            mapped.madvise(mmap.MADV_RANDOM)  # else the rows around come too
            self._mapped = np.frombuffer(mapped, np.float16).reshape(-1, self._dim)
        return self._mapped[slots].astype(np.float32)

    def blocks(self) -> Iterator[tuple[int, NDArray[np.float16]]]:
        """All rows as (first slot, rows); a block is overwritten by the next one."""
        buffer = np.empty((min(_BLOCK, self.count), self._dim), np.float16)
        for start in range(0, self.count, _BLOCK):
            block = buffer[: min(_BLOCK, self.count - start)]
            got = os.preadv(self._handle, [block.data], start * self._dim * 2)
            if got != block.nbytes:
                raise OSError("the file of rows was cut short")
            yield start, block


class _Column:
    """Numbers that grow at the end, without one Python object each."""

    def __init__(self, kind: type[np.int32] | type[np.int64]) -> None:
        self._held: NDArray[Any] = np.empty(16, kind)
        self._count = 0

    @property
    def values(self) -> NDArray[Any]:
        return self._held[: self._count]

    def extend(self, more: NDArray[Any]) -> None:
        count = self._count + len(more)
        if count > len(self._held):
            grown = np.empty(max(count, len(self._held) * 5 // 4 + 16), self._held.dtype)
            grown[: self._count] = self.values
            self._held = grown
        self._held[self._count : count] = more
        self._count = count


class _Scan:
    """2-bit codes of all rows, by slot, removed ones included."""

    def __init__(self, rows: _Rows, live: int) -> None:
        self.trained_on = live
        self._dim = rows._dim
        self._turn = _rotation(self._dim)
        self._codes = self._empty(rows)
        for _, block in rows.blocks():
            self.append(block.astype(np.float32))
        self._measured_on = rows.count
        self._needed = self._measure(rows)

    def short_list(self, count: int, views: int) -> int:
        """How many of ``count`` codes must be looked into: as was measured, more as the index has grown since.

        ``views``: how many vectors ask together; between one and those that were measured together it lies between.
        """
        alone, together = self._needed
        share = min(1.0, (views - 1) / (_TOGETHER - 1))
        needed = math.ceil((alone + (together - alone) * share) * max(1.0, count / self._measured_on))
        return min(_LONGEST_LIST, max(_SHORT_LIST, needed))

    def _measure(self, rows: _Rows) -> tuple[float, float]:
        """Asks for some of the rows themselves and looks how far down the scan's list the truly best ones stand.

        How well codes tell neighbours apart depends on the model: where all its vectors point nearly one way, the
        list has to be longer. Several vectors that ask for one list need another length than one alone.
        """
        draw = np.random.default_rng(2)
        chosen = np.sort(draw.choice(rows.count, min(_TRIED, rows.count), replace=False))
        asked = rows.read(chosen)
        best, scores = _best(rows, asked, 2 * _TOP)
        # A picture's own vectors, which lie beside each other, are found anyhow: the others are what counts.
        scores[abs(best - chosen[:, None]) < _TOP // 2] = -np.inf
        found, nearness = self.search(asked, min(_LONGEST_LIST, rows.count))

        def needed(parties: list[Slots]) -> float:
            ranks = [
                _ranks(
                    _first_of_each(found[who].ravel(), nearness[who].ravel()),
                    _first_of_each(best[who].ravel(), scores[who].ravel())[:_TOP],
                )
                for who in parties
            ]
            return float(np.quantile(np.concatenate(ranks), _WANTED_RECALL))

        together = [draw.choice(len(asked), min(_TOGETHER, len(asked)), replace=False) for _ in range(_TRIED // 2)]
        return needed([np.array([one]) for one in range(len(asked))]), needed(together)

    def _empty(self, rows: _Rows) -> Any:
        """The codebook: 16 pairs of levels for each two coordinates, fitted to their means and spreads."""
        draw = np.random.default_rng(1)
        many = min(_SAMPLE, rows.count)
        sample = self._rotate(rows.read(np.sort(draw.choice(rows.count, many, replace=False))))
        mean, spread = sample.mean(axis=0), np.maximum(sample.std(axis=0), 1e-6)
        levels = mean[:, None] + spread[:, None] * _LEVELS
        book = np.stack([levels[0::2][:, np.arange(16) % 4], levels[1::2][:, np.arange(16) // 4]], axis=2)
        faiss = _faiss()
        codes = faiss.IndexPQFastScan(len(levels), len(levels) // 2, 4, faiss.METRIC_INNER_PRODUCT)
        faiss.copy_array_to_vector(np.ascontiguousarray(book, np.float32).ravel(), codes.pq.centroids)
        codes.is_trained = True
        return codes

    def append(self, rows: Floats) -> None:
        self._codes.add(self._rotate(rows))

    def search(self, asked: Floats, count: int) -> tuple[Slots, Floats]:
        """The ``count`` likeliest slots for each query, len(asked) x count, and about how near they are."""
        nearness, found = self._codes.search(self._rotate(asked), count)
        return found, nearness

    def _rotate(self, rows: Floats) -> Floats:
        return np.ascontiguousarray(rows @ self._turn)


def _first_of_each(slots: Slots, nearness: Floats) -> Slots:
    """The slots, each once, nearest first."""
    nearest, first = np.unique(slots[np.argsort(-nearness, kind="stable")], return_index=True)
    return np.asarray(nearest[np.argsort(first)])


def _ranks(found: Slots, right: Slots) -> Slots:
    """At which places of ``found`` (from 1) ``right`` stands; the longest list's length for what is missing."""
    places = np.flatnonzero(np.isin(found, right)) + 1
    return np.pad(places, (0, len(right) - len(places)), constant_values=_LONGEST_LIST)


def _best(rows: _Rows, asked: Floats, many: int) -> tuple[Slots, Floats]:
    """The slots of the ``many`` greatest cosines of each query and those, by comparing all; in no order."""
    slots = np.zeros((len(asked), 0), np.int64)
    scores = np.zeros((len(asked), 0), np.float32)
    for start, block in rows.blocks():
        here = asked @ block.astype(np.float32).T
        scores = np.concatenate([scores, here], axis=1)
        slots = np.concatenate([slots, np.broadcast_to(np.arange(start, start + len(block)), here.shape)], axis=1)
        kept = np.argpartition(-scores, min(many, scores.shape[1]) - 1, axis=1)[:, :many]
        scores, slots = np.take_along_axis(scores, kept, 1), np.take_along_axis(slots, kept, 1)
    return slots, scores


class _Checked:
    """A file that is read to its end, and its digest."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._left = os.fstat(file.fileno()).st_size - hashlib.sha256().digest_size
        self._digest = hashlib.sha256()

    def take(self, size: int) -> bytes:
        if size > self._left:
            raise IndexFileError("the file ends too early")
        data = self._file.read(size)
        if len(data) != size:
            raise IndexFileError("the file ends too early")
        self._left -= size
        self._digest.update(data)
        return data

    def finish(self) -> None:
        if self._left or self._file.read() != self._digest.digest():
            raise IndexFileError("the file is longer than it says, or damaged")


def _head(file: _Checked) -> dict[str, Any]:
    (size,) = _SIZE.unpack(file.take(_SIZE.size))
    if size > _MAX_HEAD:
        raise IndexFileError("the head is broken")
    try:
        head = json.loads(file.take(size))
    except ValueError as fault:
        raise IndexFileError("the head is broken") from fault
    kinds = {"model": str, "dim": int, "keys": int, "words": int, "rows": int}
    if not isinstance(head, dict) or any(type(head.get(name)) is not kind for name, kind in kinds.items()):
        raise IndexFileError("the head is broken")
    if min(head["dim"], head["keys"], head["words"], head["rows"]) < 0:
        raise IndexFileError("the head is broken")
    return head


def _words(data: bytes) -> tuple[list[str], list[int]]:
    keys, counts, at = [], [], 0
    while at < len(data):
        try:
            size, count = _KEY.unpack_from(data, at)
            word = data[at + _KEY.size : at + _KEY.size + size]
            keys.append(word.decode())
        except (struct.error, UnicodeDecodeError) as fault:
            raise IndexFileError("a key is broken") from fault
        if len(word) != size or count > MAX_VIEWS:
            raise IndexFileError("a key is broken")
        counts.append(count)
        at += _KEY.size + size
    return keys, counts


def unit_vectors(vectors: NDArray[Any], dim: int) -> Floats:
    rows = np.asarray(vectors)
    if rows.ndim != 2 or rows.shape[1] != dim:
        raise ValueError(f"vectors must be an array of n x {dim}, not {rows.shape}")
    floats = rows.astype(np.float64)
    lengths = np.linalg.norm(floats, axis=1, keepdims=True)
    if not np.isfinite(lengths).all() or (lengths < 1e-9).any():
        raise ValueError("a vector is zero or no number")
    return np.asarray(floats / lengths, np.float32)


@cache
def _rotation(dim: int) -> Floats:
    """dim x (dim or one more): a rotation drawn once and for all, with a column of zeros to make pairs."""
    turn = np.linalg.qr(np.random.default_rng(7).standard_normal((dim, dim)))[0]
    return np.asarray(np.pad(turn, ((0, 0), (0, dim % 2))), np.float32)


@cache
def _faiss() -> Any:
    """One thread: a query takes milliseconds, and the threads of a web server would fight over the cores."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SWIG's own, on Python 3.12 and later
        import faiss
    faiss.omp_set_num_threads(1)
    return faiss


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
