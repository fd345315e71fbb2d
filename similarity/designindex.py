"""The index of designs: which filed designs a picture's goods are most like, all views of each taken together."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from similarity import designs
from similarity.designs import DesignPrint, DesignVerdict
from similarity.vectors import MAX_VIEWS, VectorIndex

_NEIGHBOURS = 4


@dataclass(frozen=True)
class FoundDesign:
    """A design, the key of its view that is nearest, and the verdict on the goods."""

    key: str
    view: str
    verdict: DesignVerdict


class DesignIndex:
    """Design prints of one model, several views a design, in the index that holds the pictures' vectors too.

    Blank views are held but never found. A picture that is about as like to a few other designs as to the best says
    little: the verdict is judged by what sets the best one apart from these, and from the model's crowd.
    """

    def __init__(self, model: str, dimensions: int) -> None:
        self.model = model
        self._vectors = VectorIndex(dimensions, model=model)
        self._views: dict[str, list[str]] = {}

    def __len__(self) -> int:
        return len(self._views)

    def __contains__(self, key: str) -> bool:
        return key in self._views

    def __iter__(self) -> Iterator[str]:
        return iter(list(self._views))

    def views(self, key: str) -> list[str]:
        """The keys of the views of a design that can be found."""
        return list(self._views.get(key, []))

    def add(self, key: str, views: Sequence[tuple[str, DesignPrint]]) -> None:
        """Holds the views (key and print) of a design, in place of those it had; ``ValueError`` for another
        model."""
        if any(one.model != self.model for _, one in views):
            raise ValueError(f"not all views of {key} were seen by {self.model}")
        shown = [(name, one) for name, one in views if not one.blank][:MAX_VIEWS]
        rows = np.stack([one.unit for _, one in shown]) if shown else np.zeros((0, self._vectors.dim), np.float32)
        self._vectors.add(key, rows)
        self._views[key] = [name for name, _ in shown]

    def remove(self, key: str) -> None:
        """Forgets the design; raises ``KeyError`` where it is not held."""
        self._vectors.remove(key)
        del self._views[key]

    def search(self, asked: DesignPrint, *, limit: int = 10, without: Collection[str] = ()) -> list[FoundDesign]:
        """The surest first, designs of the keys ``without`` left out; ``ValueError`` for another model."""
        if asked.model != self.model:
            raise ValueError(f"{asked.model} can't be compared with {self.model}")
        if asked.blank:
            return []
        hits = self._vectors.query(asked.unit[None], limit + _NEIGHBOURS + len(without))
        hits = [one for one in hits if one.key not in without]
        if not hits:
            return []
        like = [designs.likeness(self._vectors.vectors(one.key), asked) for one in hits]
        each = np.array([one.between for one in like], np.float32)
        found = []
        for at, (hit, one) in enumerate(zip(hits[:limit], like, strict=False)):
            judged = designs.judge_likeness(one, asked, np.delete(each, at))
            found.append(FoundDesign(hit.key, self._views[hit.key][judged.nearest], judged))
        return sorted(found, key=lambda one: -one.verdict.same)
