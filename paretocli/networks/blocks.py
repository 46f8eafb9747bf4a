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
    layers = [layer for stage in shared_stages(shape) for layer in stage]
    return (
        with_features(layers, shape, FEATURES) if _is_convolved(shape) else nn.Sequential(*layers)
    )


def shared_stages(shape: Sequence[int], *, norm: bool = False) -> list[nn.Sequential]:
    """The two stages of the shared block: the first takes inputs (B, *shape), the second its own.

    Args:
        shape: Of one sample.
        norm: Whether batch norm ends each.
    """
    if _is_convolved(shape):
        first = convolution(shape[0], 10, KERNEL, norm=norm)
        second = convolution(10, 20, KERNEL, norm=norm)
    else:
        first = [nn.Flatten(), *fully_connected(size_of_shape(shape), 128, norm=norm)]
        second = fully_connected(128, FEATURES, norm=norm)
    return [nn.Sequential(*first), nn.Sequential(*second)]


def monitor_block(shape: Sequence[int]) -> nn.Sequential:
    """Features (B, 50) for one task from inputs (B, *shape)."""
    if _is_convolved(shape):
        return with_features(convolution(shape[0], 20, KERNEL), shape, FEATURES)
    return nn.Sequential(nn.Flatten(), nn.Linear(size_of_shape(shape), FEATURES), nn.ReLU())


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


def fully_connected(inputs: int, outputs: int, *, norm: bool = False) -> list[nn.Module]:
    """A linear layer and its rectifier, then batch norm if asked for."""
    layers = [nn.Linear(inputs, outputs), nn.ReLU()]
    return [*layers, nn.BatchNorm1d(outputs)] if norm else layers


def attention_mask(given: int, made: int, *, images: bool) -> nn.Sequential:
    """Shares (B, made, …) between 0 and 1 from features (B, given, …): two maps of the channels.

    Args:
        given: Channels of the features.
        made: Channels of the shares.
        images: Whether there are pixels, (B, C, H, W), and not (B, C).
    """

    def channel_map(inputs: int) -> list[nn.Module]:
        # A bias would be taken away again by batch norm.
        if images:
            return [nn.Conv2d(inputs, made, 1, bias=False), nn.BatchNorm2d(made)]
        return [nn.Linear(inputs, made, bias=False), nn.BatchNorm1d(made)]

    return nn.Sequential(*channel_map(given), nn.ReLU(), *channel_map(made), nn.Sigmoid())


def with_features(
    convolutions: Sequence[nn.Module], shape: Sequence[int], features: int
) -> nn.Sequential:
    """Convolutions on inputs (B, *shape), and a linear layer that makes features (B, F) of them."""
    (flattened,) = shapes_after([nn.Sequential(*convolutions, nn.Flatten())], shape)[0]
    return nn.Sequential(*convolutions, nn.Flatten(), nn.Linear(flattened, features), nn.ReLU())


@torch.no_grad()
def shapes_after(stages: Sequence[nn.Module], shape: Sequence[int]) -> list[tuple[int, ...]]:
    """The shapes of one sample after each stage, where the first takes inputs (B, *shape)."""
    sample, shapes = torch.zeros(1, *shape), []
    for stage in stages:
        # In evaluation, so that batch norm takes no statistics from the zeros.
        sample = stage.eval()(sample)
        stage.train()
        shapes.append(tuple(sample.shape[1:]))
    return shapes


def _is_convolved(shape: Sequence[int]) -> bool:
    return len(shape) == IMAGE_DIMENSIONS and min(shape[1:]) >= SMALLEST_CONVOLVED_SIDE


def size_of_shape(shape: Sequence[int]) -> int:
    """Numbers of a sample of some shape."""
    size = 1
    for side in shape:
        size *= side
    return size
