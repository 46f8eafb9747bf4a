"""Building blocks of networks: features from an input of a given shape.

In the generic networks, images of at least 20 × 20 pixels get the convolutions of the MultiMNIST
networks of Hotegni, Berkemeier and Peitz (2024), smaller images and vectors fully connected layers.
"""

from collections.abc import Sequence

import torch
from torch import nn

FEATURES = 50
KERNEL = 5
SMALLEST_CONVOLVED_SIDE = 20
IMAGE_DIMENSIONS = 3


def shared_block(shape: Sequence[int]) -> nn.Sequential:
    """Features (B, 50) for all tasks from inputs (B, *shape)."""
    if _is_convolved(shape):
        convolutions = [*convolution(shape[0], 10, KERNEL), *convolution(10, 20, KERNEL)]
        return with_features(convolutions, shape, FEATURES)
    inputs = _size(shape)
    return nn.Sequential(
        nn.Flatten(), nn.Linear(inputs, 128), nn.ReLU(), nn.Linear(128, FEATURES), nn.ReLU()
    )


def monitor_block(shape: Sequence[int]) -> nn.Sequential:
    """Features (B, 50) for one task from inputs (B, *shape)."""
    if _is_convolved(shape):
        return with_features(convolution(shape[0], 20, KERNEL), shape, FEATURES)
    return nn.Sequential(nn.Flatten(), nn.Linear(_size(shape), FEATURES), nn.ReLU())


def convolution(inputs: int, outputs: int, kernel: int, *, norm: bool = False) -> list[nn.Module]:
    """A convolution, its pooling by 2 and its rectifier, then batch norm if asked for.

    Args:
        inputs: Channels that come in.
        outputs: Channels that go out.
        kernel: Side of the kernels in pixels.
        norm: Whether batch norm comes last.
    """
    # Pooling before the rectifier gives the same numbers for a quarter of the work.
    layers = [nn.Conv2d(inputs, outputs, kernel), nn.MaxPool2d(2), nn.ReLU()]
    return [*layers, nn.BatchNorm2d(outputs)] if norm else layers


def with_features(
    convolutions: Sequence[nn.Module], shape: Sequence[int], features: int
) -> nn.Sequential:
    """Convolutions on inputs (B, *shape), and a linear layer that makes features (B, F) of them."""
    body = nn.Sequential(*convolutions, nn.Flatten())
    # In evaluation, so that batch norm takes no statistics from the image of zeros.
    with torch.no_grad():
        flattened = body.eval()(torch.zeros(1, *shape)).shape[1]
    return nn.Sequential(*body.train(), nn.Linear(flattened, features), nn.ReLU())


def _is_convolved(shape: Sequence[int]) -> bool:
    return len(shape) == IMAGE_DIMENSIONS and min(shape[1:]) >= SMALLEST_CONVOLVED_SIDE


def _size(shape: Sequence[int]) -> int:
    size = 1
    for side in shape:
        size *= side
    return size
