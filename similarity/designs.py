"""The same design in a new photograph: goods recognised, where ``similarity.fingerprint`` recognises pictures.

A design is shown by several filed views, and all of them stand for it together: what is asked of a sighted picture
is how like it is to the nearest of them, given how like it is to unrelated goods. The embedding is a model of its
own behind the interface of ``similarity.embedding``; docs/model-card.md says what it was trained on and where it
fails. Its verdict is for a person to look at, never a certainty: two chairs of two makers may differ in what no
photograph at hand shows.
"""

from __future__ import annotations

import json
import os
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from similarity import embedding
from similarity.embedding import Model, crowd_of, open_model
from similarity.image import decode
from similarity.verdict import Verdict

MODEL = Path(__file__).parent / "data" / "design-lite0-2.onnx"
JUDGE = Path(__file__).parent / "data" / "design-judge-3.json"
SETTING = "IPREG_DESIGN_MODEL"
"""The environment variable that names another ONNX file."""
FORM = "design-print/1"
ALGORITHM = "design-verdict/3"
LOOK_THRESHOLD = 0.5
"""From here on a pair is worth a person's look. There is no threshold from which it would be certain."""
_COPY_THRESHOLD = 0.5
_MOST = 0.98  # no photograph taken anew is more certain than this
_FEW = 3
_LOOKED_AT = 640
_FLAT = 1.0
_MAGIC = b"ipd1"
_HEAD = struct.Struct(">4s?HH")

Floats = NDArray[np.float32]


class Kind(StrEnum):
    """What a sighted picture is to a design."""

    COPY = "copy"
    """The same picture, perhaps edited."""
    NEW_PHOTOGRAPH = "new_photograph"
    """Another picture of the same design."""
    SIMILAR = "similar"
    """Goods of a similar design."""
    OTHER = "other"


class DesignPrintError(Exception):
    """The stored form is not one of ours."""


@dataclass(frozen=True)
class DesignPrint:
    """What is kept of one picture to recognise its goods: ``vector`` (int8, ``model``'s dimensions). ``blank``: the
    picture shows nothing, and is like nothing."""

    model: str
    blank: bool
    vector: NDArray[np.int8]

    @cached_property
    def unit(self) -> Floats:
        return np.asarray(embedding.unit(self.vector[None])[0], np.float32)

    def to_bytes(self) -> bytes:
        name = self.model.encode()
        return _HEAD.pack(_MAGIC, self.blank, len(name), len(self.vector)) + name + self.vector.tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> DesignPrint:
        """Strict inverse of ``to_bytes``; raises ``DesignPrintError``."""
        if len(data) < _HEAD.size or not data.startswith(_MAGIC):
            raise DesignPrintError("not a design print of this version")
        _, blank, name, numbers = _HEAD.unpack_from(data)
        if len(data) != _HEAD.size + name + numbers:
            raise DesignPrintError("not a design print of this version")
        try:
            model = data[_HEAD.size : _HEAD.size + name].decode()
        except UnicodeDecodeError as fault:
            raise DesignPrintError("the model has no name") from fault
        return cls(model, blank, np.frombuffer(data, np.int8, numbers, _HEAD.size + name))


@dataclass(frozen=True)
class DesignVerdict:
    """``same``: the calibrated probability (0 to 1) that the picture shows goods of the design; ``similar``: that
    it shows these or goods made much like them, never less than ``same``. ``nearest``: the place of the filed view
    that is nearest, and ``likeness`` the cosine to it."""

    same: float
    similar: float
    nearest: int
    likeness: float
    algorithm: str = ALGORITHM


@dataclass(frozen=True)
class Finding:
    """What a picture is to a design, and how probable just that is."""

    kind: Kind
    probability: float


def model() -> Model:
    """The configured design model, opened at its first use; raises ``similarity.embedding.ModelError``."""
    return open_model(Path(os.environ.get(SETTING) or MODEL))


def design_print(data: bytes, chosen: Model | None = None) -> DesignPrint:
    """The print of the picture in ``data``; raises ``similarity.image.PictureError``."""
    return print_of(decode(data, side=_LOOKED_AT).pixels, chosen)


def print_of(pixels: NDArray[np.uint8], chosen: Model | None = None) -> DesignPrint:
    """``design_print`` of decoded pixels (height x width x 3, RGB)."""
    use = chosen or model()
    blank = bool(pixels.reshape(-1, 3).std(axis=0).max() < _FLAT)
    return DesignPrint(use.id, blank, use.embed([pixels])[0])


def algorithm(chosen: Model | None = None) -> str:
    """What ``design_print`` is made by with ``chosen``, by default the configured model."""
    return f"{FORM}+{(chosen or model()).id}"


def judge_design(filed: Sequence[DesignPrint], sighted: DesignPrint) -> DesignVerdict:
    """All filed views of one design against one picture; prints of another model than the picture's are left
    out."""
    usable = [at for at, one in enumerate(filed) if not one.blank and one.model == sighted.model]
    if not usable or sighted.blank:
        return DesignVerdict(0.0, 0.0, 0, 0.0)
    judged = judge_likeness(likeness(np.stack([filed[at].unit for at in usable]), sighted), sighted)
    return replace(judged, nearest=usable[judged.nearest])


@dataclass(frozen=True)
class Likeness:
    """How like a picture is to a design: the cosine to each view, and to the nearest picture ``between`` views."""

    cosines: Floats
    between: float


def likeness(views: Floats, sighted: DesignPrint) -> Likeness:
    """Of a design's views (n x dimensions, unit length) to a picture. Goods are seldom photographed just from where
    they were filed: half way between two views stands a picture that nobody filed, and near to it the new one."""
    cosines = views @ sighted.unit
    lengths = np.sqrt(np.maximum(2 + 2 * views @ views.T, 1e-6))
    return Likeness(cosines, float(((cosines[:, None] + cosines[None]) / lengths).max()))


def judge_likeness(found: Likeness, sighted: DesignPrint, others: Floats | None = None) -> DesignVerdict:
    """The verdict. ``others``: how like the picture is to other designs (``Likeness.between``), if there are any:
    what is as like to them is no sign."""
    nearest = int(found.cosines.argmax())
    same, similar = chances(evidence(found, crowd(sighted, others))[None])[0]
    return DesignVerdict(float(same), float(similar), nearest, round(float(found.cosines[nearest]), 4))


def crowd(sighted: DesignPrint, others: Floats | None = None) -> Floats:
    """How like a picture is to the nearest few of unrelated goods, the nearest first: of the model's crowd and of
    ``others``."""
    drawn = crowd_of(sighted.model)
    known = np.zeros(1, np.float32) if drawn is None else drawn @ sighted.unit
    known = known if others is None else np.concatenate([known, others])
    return np.asarray(-np.sort(-known)[:_FEW], np.float32)


def evidence(found: Likeness, crowd: Floats) -> NDArray[np.float64]:
    """The numbers that the judge weighs: the likeness between views, that of the nearest two views in the mean, and
    what sets the first apart from a few of the crowd and from the nearest of it."""
    two = np.sort(found.cosines)[-2:].mean()
    return np.array([found.between, two, found.between - crowd.mean(), found.between - crowd[0]], np.float64)


def chances(numbers: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rows of ``evidence`` to rows of (same, similar)."""
    stored = _judge()
    found = []
    for name in ("same", "similar"):
        weights, bias = np.array(stored[name]["weights"]), float(stored[name]["bias"])
        found.append(_MOST / (1 + np.exp(-(numbers @ weights + bias))))
    return np.stack([found[0], np.maximum(*found)], axis=1)


def tell_apart(copied: Verdict | None, design: DesignVerdict | None) -> Finding:
    """Which of the three it is: the same picture, the same design photographed anew, or a similar design. The surer
    statement goes before: where the picture itself was copied, that it shows the same goods is said with it."""
    if copied is not None and copied.probability >= _COPY_THRESHOLD:
        return Finding(Kind.COPY, copied.probability)
    if design is not None and design.same >= LOOK_THRESHOLD:
        return Finding(Kind.NEW_PHOTOGRAPH, design.same)
    if design is not None and design.similar >= LOOK_THRESHOLD:
        return Finding(Kind.SIMILAR, design.similar)
    return Finding(Kind.OTHER, max(copied.probability if copied else 0.0, design.same if design else 0.0))


@cache
def _judge() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(JUDGE.read_text())
    return found
