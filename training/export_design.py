"""Turns a trained design model into the ONNX file that the product ships: 8-bit weights and activations, the
vectors and the map of cells. Beside it goes its crowd: vectors of unrelated goods and photographs.

    python training/export_design.py DESIGN.pt RENDERS CLOTHING OUT.onnx --id design-lite0/2 [--side 160]

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
from export import OPSET, fold_pads
from network import DIMENSIONS, Goods
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process
from sets import Sets
from staging import filed_view, new_photograph

from similarity.designs import print_of
from similarity.embedding import Model

CROWD_GOODS, CROWD_PHOTOGRAPHS = 224, 160


class Sample(CalibrationDataReader):
    """Training pictures, filed and new, by which the range of each activation is set."""

    def __init__(self, sets: Sets, batches: int) -> None:
        draw = np.random.default_rng(99)
        self.batches = iter([self.batch(sets, draw) for _ in range(batches)])

    @staticmethod
    def batch(sets: Sets, draw: np.random.Generator) -> np.ndarray:
        shown = []
        for at in draw.choice(len(sets.designs), 12, replace=False):
            _, views, new = sets.designs[at]
            shown.append(filed_view(views[str(draw.choice(sorted(views)))], draw))
            shown.append(new_photograph(new[draw.integers(len(new))], sets.photograph(draw), draw))
        shown.append(sets.photograph(draw))
        return torch.stack([sets.tensor(one) for one in shown]).float().numpy()

    def get_next(self) -> dict[str, np.ndarray] | None:
        batch = next(self.batches, None)
        return None if batch is None else {"pictures": batch}


def write_crowd(sets: Sets, model_file: Path) -> None:
    model, draw = Model.load(model_file), np.random.default_rng(11)
    chosen = draw.choice(len(sets.designs), min(CROWD_GOODS, len(sets.designs)), replace=False)
    goods = [filed_view(sets.designs[at][1]["filed-perspective"], draw) for at in chosen]
    pictures = goods + [sets.photograph(draw) for _ in range(CROWD_PHOTOGRAPHS)]
    np.save(
        model_file.with_suffix(".crowd.npy"),
        np.stack([print_of(np.ascontiguousarray(one), model).vector for one in pictures]),
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("weights", type=Path)
    parser.add_argument("renders", type=Path)
    parser.add_argument("clothing", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--id", required=True)
    parser.add_argument("--side", type=int, default=160)
    parser.add_argument("--batches", type=int, default=8)
    args = parser.parse_args()
    model = Goods()
    model.load_state_dict(torch.load(args.weights, weights_only=True))
    model.eval()
    sets = Sets(args.renders, args.clothing, args.side)
    with tempfile.TemporaryDirectory() as folder:
        plain, prepared = Path(folder) / "plain.onnx", Path(folder) / "prepared.onnx"
        sample = torch.rand(2, 3, args.side, args.side) * 255
        axes = {"pictures": {0: "n"}, "vectors": {0: "n"}, "cells": {0: "n"}}
        names = {"input_names": ["pictures"], "output_names": ["vectors", "cells"]}
        torch.onnx.export(
            model,
            (sample,),
            str(plain),
            **names,
            dynamic_axes=axes,
            opset_version=OPSET,
            dynamo=False,
        )
        quant_pre_process(str(plain), str(prepared))
        fold_pads(prepared)
        # What is pooled has few numbers, and most of them are small: 8 bits would make nothing of these.
        outside = [one.name for one in onnx.load(prepared).graph.node if not one.name.startswith("/trunk")]
        quantize_static(
            str(prepared),
            str(args.out),
            Sample(sets, args.batches),
            quant_format=QuantFormat.QDQ,
            per_channel=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
            op_types_to_quantize=["Conv", "Add", "Clip"],
            nodes_to_exclude=outside,
        )
    file = onnx.load(args.out)
    for key, value in {"id": args.id, "side": args.side, "dimensions": DIMENSIONS}.items():
        file.metadata_props.add(key=key, value=str(value))
    onnx.save(file, args.out)
    write_crowd(sets, args.out)
    data = args.out.read_bytes()
    print(f"{args.id}: {len(data)} bytes, opset {OPSET}, sha256 {hashlib.sha256(data).hexdigest()}")


if __name__ == "__main__":
    main()
