"""Adapters as peft puts them beside a network's layers, without peft."""

import torch
from torch import Tensor, nn

from tests.odd import CLASSES, problem

WIDTH, RANK = 16, 3


class Lora(nn.Module):
    """A frozen layer and, beside it, B A x times a number."""

    def __init__(self, layer: nn.Linear | nn.Conv2d, *, scale: float = 2.0, bias: bool = False):
        super().__init__()
        self.base = layer.requires_grad_(False)
        self.scale = scale
        self.dropout = nn.Dropout(0.1)
        if isinstance(layer, nn.Linear):
            self.inner: nn.Module = nn.Linear(layer.in_features, RANK, bias=False)
            self.outer: nn.Module = nn.Linear(RANK, layer.out_features, bias=bias)
        else:
            how = {"stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation}
            size = layer.kernel_size
            self.inner = nn.Conv2d(layer.in_channels, RANK, size, bias=False, **how)
            self.outer = nn.Conv2d(RANK, layer.out_channels, 1, bias=bias)

    def forward(self, inputs: Tensor) -> Tensor:
        beside = self.outer(self.inner(self.dropout(inputs)))
        result: Tensor = self.base(inputs) + self.scale * beside
        return result


class Adapted(nn.Module):
    """A frozen body with adapters beside two of its layers, and two heads that are trained."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Linear(6, WIDTH).requires_grad_(False)
        self.hidden = Lora(nn.Linear(WIDTH, WIDTH))
        self.last = Lora(nn.Linear(WIDTH, WIDTH, bias=False), bias=True)
        self.kind = nn.Linear(WIDTH, CLASSES)
        self.size = nn.Linear(WIDTH, 1)

    def forward(self, inputs: Tensor) -> list[Tensor]:
        features = torch.relu(self.hidden(torch.relu(self.first(inputs))))
        features = torch.relu(self.last(features))
        return [self.kind(features), self.size(features).squeeze(-1)]


SHIPPED = 7 * WIDTH + 2 * (WIDTH + 1) * WIDTH + (WIDTH + 1) * (CLASSES + 1)
"""Parameters once the adapters are part of the matrices beside them."""


def make():
    """A small problem whose network has adapters."""
    return problem(Adapted)
