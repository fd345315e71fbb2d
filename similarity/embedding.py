"""Feature vectors: an ONNX file in, unit vectors out. The file is an interface: any model with the same inputs and
metadata can be put in its place, and its id stands with every vector it made. Beside ``NAME.onnx`` may lie
``NAME.crowd.npy``: the model's vectors of unrelated pictures, by which a likeness is told from what many have.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

MODEL = Path(__file__).parent / "data" / "copy-lite0-2.onnx"
SETTING = "IPREG_EMBEDDING_MODEL"
"""The environment variable that names another ONNX file."""
SCALE = 127
_BATCH = 5  # what a core's cache can hold


class ModelError(Exception):
    """The configured ONNX file can't be read, or lacks what this module asks of it."""


@dataclass(frozen=True)
class Model:
    """An embedding: input ``pictures`` (n x 3 x side x side float32, RGB, 0 to 255), output ``vectors`` (n x
    ``dimensions``, unit length). Metadata of the file: ``id``, ``side``, ``dimensions``. A second output ``cells``
    (n x ``dimensions`` x rows x columns, of any length), where the file has one, says which place is like which."""

    id: str
    side: int
    dimensions: int
    path: Path
    _session: Any
    _lock: threading.Lock

    @classmethod
    def load(cls, path: Path) -> Model:
        """Opens the file with onnxruntime, one thread a call; raises ``ModelError``."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        try:
            session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
            known = session.get_modelmeta().custom_metadata_map
            return cls(known["id"], int(known["side"]), int(known["dimensions"]), path, session, threading.Lock())
        except Exception as fault:  # onnxruntime raises a dozen kinds of its own
            raise ModelError(f"{path}: {fault}") from fault

    def embed(self, parts: Sequence[NDArray[np.uint8]]) -> NDArray[np.int8]:
        """One vector a picture (height x width x 3, RGB), 8 bits a number: ``SCALE`` times a unit vector."""
        batch = np.stack([self._square(one) for one in parts]).transpose(0, 3, 1, 2).astype(np.float32)
        few = [np.ascontiguousarray(batch[start : start + _BATCH]) for start in range(0, len(batch), _BATCH)]
        with self._lock:
            vectors = np.concatenate([self._session.run(["vectors"], {"pictures": one})[0] for one in few])
        # Whole numbers of a unit vector scaled to 127 * 3: its largest part is seldom above a third.
        return np.asarray(np.clip(np.rint(vectors * (SCALE * 3)), -127, 127), np.int8)

    @property
    def has_cells(self) -> bool:
        return any(one.name == "cells" for one in self._session.get_outputs())

    def cells(self, pictures: Sequence[NDArray[np.uint8]]) -> NDArray[np.float32]:
        """What stands where: n x rows x columns x ``dimensions``; only where ``has_cells``."""
        batch = np.stack([self._square(one) for one in pictures]).transpose(0, 3, 1, 2).astype(np.float32)
        with self._lock:
            found = self._session.run(["cells"], {"pictures": np.ascontiguousarray(batch)})[0]
        return np.asarray(found.transpose(0, 2, 3, 1), np.float32)

    def _square(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        import cv2

        how = cv2.INTER_AREA if min(pixels.shape[:2]) > self.side else cv2.INTER_LINEAR
        return np.asarray(cv2.resize(pixels, (self.side, self.side), interpolation=how), np.uint8)


def unit(vectors: NDArray[np.int8]) -> NDArray[np.float32]:
    """Stored vectors as unit vectors."""
    values = vectors.astype(np.float32)
    return np.asarray(values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-9), np.float32)


def model() -> Model:
    """The configured model, opened at its first use."""
    return open_model(Path(os.environ.get(SETTING) or MODEL))


def open_model(path: Path) -> Model:
    """The model in ``path``, opened once a process; raises ``ModelError``. Several can be in use side by side."""
    found = _opened(path)
    _BY_ID[found.id] = found
    return found


def crowd_of(model_id: str) -> NDArray[np.float32] | None:
    """The crowd of the configured model or of another that this process has opened; None where it has none."""
    found = _BY_ID.get(model_id) or model()
    return _crowd(found.path) if found.id == model_id else None


_BY_ID: dict[str, Model] = {}


@cache
def _opened(path: Path) -> Model:
    return Model.load(path)


@cache
def _crowd(path: Path) -> NDArray[np.float32] | None:
    beside = path.with_suffix(".crowd.npy")
    return unit(np.load(beside)) if beside.exists() else None
