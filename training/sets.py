"""The rendered designs and the photographs that the design model is fitted, exported and calibrated with."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import torch
from torch import Tensor

FEWEST = 3


class Sets:
    """The designs that were drawn (name, filed views by name, new photographs), and photographs for rooms."""

    def __init__(self, renders: Path, clothing: Path, side: int) -> None:
        self.side = side
        self.photographs = [one.read_bytes() for one in sorted(clothing.rglob("*.jpg"))]
        self.designs: list[tuple[str, dict[str, bytes], list[bytes]]] = []
        for place in sorted(renders.iterdir()):
            filed = {one.stem: one.read_bytes() for one in sorted(place.glob("filed-*.webp"))}
            new = [one.read_bytes() for one in sorted(place.glob("new-*.webp"))]
            if len(filed) >= FEWEST and len(new) >= FEWEST:
                self.designs.append((place.name, filed, new))

    def tensor(self, picture: np.ndarray) -> Tensor:
        how = cv2.INTER_AREA if min(picture.shape[:2]) > self.side else cv2.INTER_LINEAR
        return torch.from_numpy(
            cv2.resize(picture, (self.side, self.side), interpolation=how).transpose(2, 0, 1).copy()
        )

    def photograph(self, draw: np.random.Generator) -> np.ndarray:
        data = self.photographs[draw.integers(len(self.photographs))]
        return cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_REDUCED_COLOR_2)[:, :, ::-1]
