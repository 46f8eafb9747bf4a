"""A deep trunk that all tasks share, for inputs of any shape."""

import math
from itertools import pairwise

from paretocli.networks.registry import NetworkKind

WIDTH, LAYERS = 24, 4


def make(shape, outputs):
    from torch import nn  # here, so that `paretocli --help` needs no torch

    from paretocli.networks.hps import HardParameterSharing

    widths = [math.prod(shape)] + [WIDTH] * LAYERS
    layers = [nn.Flatten()]
    for before, after in pairwise(widths):
        layers += [nn.Linear(before, after), nn.ReLU()]
    return HardParameterSharing(nn.Sequential(*layers), WIDTH, outputs)


DEEP = NetworkKind(make, f"{LAYERS} shared layers")
