"""Building blocks of the generic networks: features from an input of a given shape.

Images of at least 20 × 20 pixels get the convolutions of the MultiMNIST networks of Hotegni,
Berkemeier and Peitz (2024), smaller images and vectors fully connected layers.
"""

from collections.abc import Sequence

import torch
from torch import nn

FEATURES = 50
SMALLEST_CONVOLVED_SIDE = 20
IMAGE_DIMENSIONS = 3


def shared_block(shape: Sequence[int]) -> nn.Sequential:
    """Features (B, 50) for all tasks from inputs (B, *shape)."""
    if _is_convolved(shape):
        convolutions = [*_convolution(shape[0], 10), *_convolution(10, 20)]
        return _with_features(convolutions, shape)
    inputs = _size(shape)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, FEATURES), nn.ReLU()
    )


def monitor_block(shape: Sequence[int]) -> nn.Sequential:
    """Features (B, 50) for one task from inputs (B, *shape)."""
    if _is_convolved(shape):
        return _with_features(_convolution(shape[0], 20), shape)
    return nn.Sequential(nn.Flatten(), nn.Linear(_size(shape), FEATURES), nn.ReLU())


def _is_convolved(shape: Sequence[int]) -> bool:
    return len(shape) == IMAGE_DIMENSIONS and min(shape[1:]) >= SMALLEST_CONVOLVED_SIDE


def _convolution(inputs: int, outputs: int) -> list[nn.Module]:
    # Pooling before the rectifier gives the same numbers for a quarter of the work.
    return [nn.Conv2d(inputs, outputs, 5), nn.MaxPool2d(2), nn.ReLU()]


def _with_features(convolutions: list[nn.Module], shape: Sequence[int]) -> nn.Sequential:
    body = nn.Sequential(*convolutions, nn.Flatten())
    with torch.no_grad():
        flattened = body(torch.zeros(1, *shape)).shape[1]
    return nn.Sequential(*body, nn.Linear(flattened, FEATURES), nn.ReLU())


def _size(shape: Sequence[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
