"""The index: which registered pictures are worth a closer look.

Candidates come from the embeddings of all views and from the perceptual hashes. Fingerprints are not held here but
fetched for the few candidates, so what the index keeps of a picture in memory is some hundred bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from similarity.fingerprint import Fingerprint
from similarity.vectors import EXACT_BELOW, VectorHit, VectorIndex
from similarity.verdict import Verdict, judge_all
from similarity.views import REGISTERED

CANDIDATES = 32
_NEAR_HASH = 8
_CLOSE_BY = 4
_EXACT_WHOLES = 20_000
_PARTS_ASK = (0, REGISTERED - 1, REGISTERED)
"""All parts of a listing are looked for among whole designs. Among parts of designs (six times as many) are looked
for only the whole, its middle, and its content or first small part: asking with the others found nothing more."""

Fetch = Callable[[Sequence[str]], Mapping[str, Fingerprint]]


class Vectors(Protocol):
    """What an index of vectors can do: ``VectorIndex`` in memory, or one that a database keeps."""

    def __len__(self) -> int: ...
    def __contains__(self, key: object) -> bool: ...
    def __iter__(self) -> Iterator[str]: ...
    def add(self, key: str, vectors: NDArray[Any]) -> None: ...
    def remove(self, key: str) -> None: ...
    def query(self, vectors: NDArray[Any], limit: int = 20) -> list[VectorHit]: ...


MakeVectors = Callable[[str], Vectors]
"""Makes the index for the "parts" or the "wholes" of pictures."""


@dataclass(frozen=True)
class Found:
    """A registered picture (or, asked the other way, a sighted one) and the verdict on the pair."""

    key: str
    verdict: Verdict


@dataclass(frozen=True)
class Question:
    """The candidates for one picture, with all that the closer look at them needs: ``compare`` is pure."""

    keys: tuple[str, ...]
    pairs: tuple[tuple[Fingerprint, Fingerprint], ...]
    limit: int

    def compare(self) -> list[Found]:
        """The surest first, ``limit`` of them."""
        found = [Found(key, judged) for key, judged in zip(self.keys, judge_all(self.pairs), strict=True)]
        return sorted(found, key=lambda one: -one.verdict.probability)[: self.limit]


class PictureIndex:
    """Fingerprints of one algorithm by key. Blank pictures are held but never found.

    ``fetch`` gives back those of the fingerprints of some keys that are still there, from wherever they are kept;
    without one they are kept here in their stored form. ``views``: how many vectors of each picture are held.
    ``make``: where the vectors lie, this process's memory where nothing is said.
    """

    def __init__(
        self,
        algorithm: str,
        dimensions: int,
        *,
        fetch: Fetch | None = None,
        views: int = REGISTERED,
        make: MakeVectors | None = None,
    ) -> None:
        def in_memory(what: str) -> Vectors:
            exact = _EXACT_WHOLES if what == "wholes" else EXACT_BELOW
            return VectorIndex(dimensions, model=algorithm, exact_below=exact)

        self.algorithm = algorithm
        make = make or in_memory
        self._vectors, self._wholes = make("parts"), make("wholes")
        self._hashes: dict[str, tuple[int, int]] = {}
        self._table: tuple[list[str], np.ndarray] | None = None
        self._views = views
        self._stored: dict[str, bytes] = {}
        self._fetch = fetch or self._kept
        self._keep = fetch is None

    def __len__(self) -> int:
        return len(self._vectors)

    def __contains__(self, key: str) -> bool:
        return key in self._vectors

    def __iter__(self) -> Iterator[str]:
        return iter(self._vectors)

    def add(self, key: str, fingerprint: Fingerprint) -> None:
        """Holds ``fingerprint`` under ``key``, in place of what was there; ``ValueError`` for another algorithm."""
        if fingerprint.algorithm != self.algorithm:
            raise ValueError(f"{fingerprint.algorithm} can't be compared with {self.algorithm}")
        vectors = fingerprint.vectors[: self._views]
        held = vectors[:0] if fingerprint.blank else vectors
        self._vectors.add(key, held)
        self._wholes.add(key, held[:1])
        self._hashes.pop(key, None)
        if not fingerprint.blank:
            self._hashes[key] = (fingerprint.phash, fingerprint.phash_mirrored)
        self._table = None
        if self._keep:
            self._stored[key] = fingerprint.to_bytes()

    def remove(self, key: str) -> None:
        """Forgets ``key``; raises ``KeyError`` where it is not held."""
        self._vectors.remove(key)
        self._wholes.remove(key)
        self._hashes.pop(key, None)
        self._stored.pop(key, None)
        self._table = None

    def candidates(self, asked: Fingerprint, limit: int = CANDIDATES) -> list[str]:
        """The at most ``limit`` keys most worth a closer look, best first."""
        if asked.blank:
            return []
        vectors = asked.vectors[: self._asked_views()]
        wholes = [hit.key for hit in self._wholes.query(vectors, limit // 2)]
        parts = [
            hit.key for hit in self._vectors.query(vectors[[at for at in _PARTS_ASK if at < len(vectors)]], limit)
        ]
        # By turns: a part that is like another part is a weaker sign than one that is like a whole picture.
        both = [key for pair in zip_longest(wholes, parts) for key in pair if key is not None]
        return list(dict.fromkeys([*self._near_hashes(asked)[:_CLOSE_BY], *both]))[:limit]

    def search(
        self,
        asked: Fingerprint,
        *,
        limit: int = 10,
        candidates: int = CANDIDATES,
        asked_is_registered: bool = False,
    ) -> list[Found]:
        """The surest first; ``asked_is_registered`` where the index holds sighted pictures and a design asks."""
        return self.question(
            asked, limit=limit, candidates=candidates, asked_is_registered=asked_is_registered
        ).compare()

    def question(
        self,
        asked: Fingerprint,
        *,
        limit: int = 10,
        candidates: int = CANDIDATES,
        asked_is_registered: bool = False,
    ) -> Question:
        """``search`` up to its costly part, which any process can do."""
        wanted = self.candidates(asked, candidates)
        there = self._fetch(wanted) if wanted else {}
        keys = tuple(key for key in wanted if key in there)
        others = [there[key] for key in keys]
        pairs = tuple((asked, other) if asked_is_registered else (other, asked) for other in others)
        return Question(keys, pairs, limit)

    def _asked_views(self) -> int | None:
        """Where the index holds registered views, all views ask; where it holds all, the registered ones do."""
        return None if self._views == REGISTERED else REGISTERED

    def _near_hashes(self, asked: Fingerprint) -> list[str]:
        if self._table is None:
            values = np.array(list(self._hashes.values()), np.uint64).reshape(-1, 2)
            self._table = (list(self._hashes), values[:, 0].copy())
        keys, hashes = self._table
        upright, mirrored = (
            np.bitwise_count(hashes ^ np.uint64(value)) for value in (asked.phash, asked.phash_mirrored)
        )
        bits = np.minimum(upright, mirrored)
        close = np.flatnonzero(bits <= _NEAR_HASH)
        return [keys[at] for at in close[np.argsort(bits[close], kind="stable")]]

    def _kept(self, keys: Sequence[str]) -> dict[str, Fingerprint]:
        return {key: Fingerprint.from_bytes(self._stored[key]) for key in keys if key in self._stored}
