"""Turns a trained embedding into the ONNX file that the product ships: 8-bit weights and activations. Beside it
goes its crowd: vectors of training pictures, by which a likeness is told from what many pictures have in common.

    python training/export.py EMBED.pt PICTURES OUT.onnx --id copy-lite0/2 [--side 128]

The file carries its id, its input side and its dimensions as metadata; the command prints size, opset and SHA-256.
"""

from __future__ import annotations

import argparse
import hashlib
import tempfile
from pathlib import Path

import numpy as np
import onnx
import torch
from network import DIMENSIONS, Embedder
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from train import Pairs

from similarity.embedding import Model

OPSET = 17
CROWD = 384


class Sample(CalibrationDataReader):
    """Training pictures, registered and sighted, by which the range of each activation is set."""

    def __init__(self, pictures: Path, side: int, batches: int) -> None:
        pairs = iter(Pairs(pictures, 8, side, seed=99))
        self.batches = iter([torch.cat(next(pairs)[:2]).float().numpy() for _ in range(batches)])

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"pictures": batch}


def fold_pads(path: Path) -> None:
    """Moves each padding by zeros into the convolution behind it: by itself it would be done in floats, and took a
    third of the time."""
    file = onnx.load(path)
    held = {one.name: onnx.numpy_helper.to_array(one) for one in file.graph.initializer}
    pads = {node.output[0]: node for node in file.graph.node if node.op_type == "Pad"}
    for node in file.graph.node:
        pad = pads.get(node.input[0])
        if node.op_type != "Conv" or pad is None:
            continue
        before, after = held[pad.input[1]].reshape(2, 4)[:, 2:]
        sides = next(one for one in node.attribute if one.name == "pads")
        sides.ints[:] = (np.array(sides.ints) + np.r_[before, after]).tolist()
        node.input[0] = pad.input[0]
        file.graph.node.remove(pad)
    onnx.save(file, path)


def write_crowd(pictures: Path, model_file: Path) -> None:
    model = Model.load(model_file)
    pairs = Pairs(pictures, 1, model.side, seed=1)
    draw = np.random.default_rng(11)
    mine, others = np.flatnonzero(pairs.clothing), np.flatnonzero(~pairs.clothing)
    chosen = np.r_[draw.choice(mine, CROWD // 2, False), draw.choice(others, CROWD // 2, False)]
    vectors = np.concatenate([model.embed([pairs.load(at)]) for at in chosen])
    np.save(model_file.with_suffix(".crowd.npy"), vectors)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("pictures", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--id", required=True)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--batches", type=int, default=16)
    args = parser.parse_args()
    model = Embedder()
    model.load_state_dict(torch.load(args.weights, weights_only=True))
    model.eval()
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared = Path(folder) / "plain.onnx", Path(folder) / "prepared.onnx"
        sample = torch.rand(2, 3, args.side, args.side) * 255
        names = {"input_names": ["pictures"], "output_names": ["vectors"]}
        axes = {"pictures": {0: "n"}, "vectors": {0: "n"}}
        torch.onnx.export(
            model, (sample,), str(plain), **names, dynamic_axes=axes, opset_version=OPSET, dynamo=False
        )
        quant_pre_process(str(plain), str(prepared))
        fold_pads(prepared)
        quantize_static(
            str(prepared),
            str(args.out),
            Sample(args.pictures, args.side, args.batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Add", "Clip"],
        )
    file = onnx.load(args.out)
    for key, value in {"id": args.id, "side": args.side, "dimensions": DIMENSIONS}.items():
        file.metadata_props.add(key=key, value=str(value))
    onnx.save(file, args.out)
    write_crowd(args.pictures, args.out)
    data = args.out.read_bytes()
    print(f"{args.id}: {len(data)} bytes, opset {OPSET}, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
