"""Feature vectors: an ONNX file in, unit vectors out. The file is an interface: any model with the same inputs and
metadata can be put in its place, and its id stands with every vector it made.
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

MODEL = Path(__file__).parent / "data" / "copy-lite0-1.onnx"
SETTING = "IPREG_EMBEDDING_MODEL"
"""The environment variable that names another ONNX file."""
SCALE = 127


class ModelError(Exception):
    """The configured ONNX file can't be read, or lacks what this module asks of it."""


@dataclass(frozen=True)
class Model:
    """An embedding: input ``pictures`` (n x 3 x side x side float32, RGB, 0 to 255), output ``vectors`` (n x
    ``dimensions``, unit length). Metadata of the file: ``id``, ``side``, ``dimensions``."""

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
        with self._lock:
            (vectors,) = self._session.run(["vectors"], {"pictures": np.ascontiguousarray(batch)})
        # Whole numbers of a unit vector scaled to 127 * 3: its largest part is seldom above a third.
        return np.asarray(np.clip(np.rint(vectors * (SCALE * 3)), -127, 127), np.int8)

    def crowd(self) -> NDArray[np.float32] | None:
        """Unit vectors of unrelated pictures, from ``NAME.crowd.npy`` beside the file; None where there is none."""
        path = self.path.with_suffix(".crowd.npy")
        return unit(np.load(path)) if path.exists() else None

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
    return _opened(os.environ.get(SETTING) or str(MODEL))


@cache
def _opened(path: str) -> Model:
    return Model.load(Path(path))
