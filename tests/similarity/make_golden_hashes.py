"""Makes golden_hashes.json anew, by ImageHash alone: python tests/similarity/make_golden_hashes.py

The pictures are sums of waves, so that they can be made anywhere without a file and without a decoder.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

GOLDEN = Path(__file__).with_name("golden_hashes.json")
SIZES = [(1, 1), (1, 40), (40, 1), (7, 5), (31, 33), (32, 32), (64, 48), (211, 307), (600, 20), (480, 640)]


def waves(seed: int, height: int, width: int) -> NDArray[np.uint8]:
    """height x width x 3. Rounded to steps of 8 before the last cast, so the last bits of a sine do not matter."""
    draw = np.random.default_rng(seed)
    y, x = np.mgrid[0:height, 0:width].astype(float)
    layers = [
        sum(
            np.sin(x / w * draw.uniform(1, 9) + draw.uniform(0, 6)) * np.cos(y / h * draw.uniform(1, 9))
            for w, h in draw.uniform(5, 80, (4, 2))
        )
        for _ in range(3)
    ]
    values: NDArray[Any] = np.clip(np.rint(np.stack(layers, axis=2) * 5 + 15.3), 0, 31) * 8
    return values.astype(np.uint8)


def main() -> None:
    import imagehash
    from PIL import Image

    rows = []
    for seed, (height, width) in enumerate(SIZES * 3):
        image = Image.fromarray(waves(seed, height, width))
        mirrored = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
        hashes = [str(imagehash.phash(one)) for one in (image, mirrored)]
        rows.append({"seed": seed, "height": height, "width": width, "hash": hashes[0], "mirrored": hashes[1]})
    GOLDEN.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
