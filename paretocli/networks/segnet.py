"""SegNet, an encoder and decoder that remember where maxima were, and parameter sharing with it.

Badrinarayanan, Kendall and Cipolla, *SegNet: A Deep Convolutional Encoder-Decoder Architecture for
Image Segmentation*, IEEE PAMI 39 (2017).
"""

from collections.abc import Sequence
from itertools import pairwise
from typing import NamedTuple

import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor, nn

IMAGE_CHANNELS = 3

Stages = Sequence[tuple[int, int]]


class Passed(NamedTuple):
    """What a stage computed: what its last convolution gives, and what attention looks at.

    In the encoder, attention looks at the first convolution's features, in the decoder at what is
    put back to the places of the maxima.
    """

    seen: Tensor
    last: Tensor


class SegNet(nn.Module):
    """Features of every pixel, by stages of convolutions with poolings between, and back again.

    A stage of the encoder is some convolutions 3 × 3, each with batch norm and a rectifier; then
    the maximum of each 2 × 2 pixels goes on. The decoder's stages mirror them, coarsest first: each
    puts its inputs back to the places of these maxima, zeros elsewhere, and convolves as often.

    Args:
        stages: Width (channels) and number of convolutions of each stage, finest first. The paper
            has (64, 2), (128, 2), (256, 3), (512, 3), (512, 3).
    """

    def __init__(self, stages: Stages) -> None:
        super().__init__()
        widths = [width for width, _ in stages]
        self.encoder = nn.ModuleList(
            _stage([given, *[width] * count])
            for given, (width, count) in zip([IMAGE_CHANNELS, *widths[:-1]], stages, strict=True)
        )
        self.decoder = nn.ModuleList(
            _stage([*[width] * count, made])
            for made, (width, count) in zip([widths[0], *widths[:-1]], stages, strict=True)
        )

    def forward(self, images: Tensor) -> Tensor:
        """Features (B, width of the finest stage, H, W) from images (B, 3, H, W)."""
        return self.passes(images)[-1].last

    def passes(self, images: Tensor) -> list[Passed]:
        """What each stage computes: first those of the encoder, then those of the decoder."""
        passed, places, features = [], [], images
        for stage in self.encoder:
            first, *others = stage.children()
            seen = features = first(features)
            for convolution in others:
                features = convolution(features)
            passed.append(Passed(seen, features))
            features, indices = F.max_pool2d(features, 2, return_indices=True)
            places.append(indices)
        for depth in reversed(range(len(self.decoder))):
            features = unpooled(features, places[depth], passed[depth].last.shape[-2:])
            passed.append(Passed(features, self.decoder[depth](features)))
            features = passed[-1].last
        return passed


class SharedSegNet(nn.Module):
    """Hard parameter sharing where every pixel is predicted: one SegNet, a head for each task.

    Args:
        stages: Those of the SegNet.
        outputs: Channels that each task's head gives.
    """

    def __init__(self, stages: Stages, outputs: Sequence[int]) -> None:
        super().__init__()
        self.shared = SegNet(stages)
        self.heads = nn.ModuleList(head(stages[0][0], count) for count in outputs)

    def forward(self, images: Tensor) -> list[Tensor]:
        """One output (B, outputs_t, H, W) a task from images (B, 3, H, W)."""
        features = self.shared(images)
        return [head(features) for head in self.heads]


def convolved(given: int, made: int, kernel: int = 3) -> nn.Sequential:
    """A convolution that keeps an image's size, batch norm and a rectifier."""
    # A bias would be taken away again by batch norm.
    convolution = nn.Conv2d(given, made, kernel, padding=kernel // 2, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(made), nn.ReLU())


def head(features: int, outputs: int) -> nn.Sequential:
    """Outputs (B, outputs, H, W) of a task from features (B, features, H, W)."""
    return nn.Sequential(convolved(features, features), nn.Conv2d(features, outputs, 1))


def unpooled(maxima: Tensor, places: Tensor, size: Sequence[int]) -> Tensor:
    """Put maxima (B, C, h, w) back to their places, with zeros elsewhere: (B, C, *size).

    The same as `max_unpool2d`, which `vmap` has to loop over.
    """
    height, width = size
    empty = maxima.new_zeros(*maxima.shape[:2], height * width)
    filled = empty.scatter(2, places.flatten(2), maxima.flatten(2))
    return filled.reshape(*maxima.shape[:2], height, width)


def _stage(channels: Sequence[int]) -> nn.Sequential:
    return nn.Sequential(*(convolved(given, made) for given, made in pairwise(channels)))
