"""Images as tensors: resizing, normalising, rotating."""

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.core.problem import Samples

ROUNDING = 1e-6  # of a deviation that is none


def images_of(samples: Samples) -> Tensor:
    """The inputs (N, C, H, W) of samples whose inputs are images and nothing else."""
    assert isinstance(samples.inputs, Tensor)
    return samples.inputs


def resized(images: Tensor, size: int) -> Tensor:
    """Images uint8 (N, C, size, size) from (N, C, H, W): bilinear, antialiased, rounded."""
    if images.shape[-2:] == (size, size):
        return images
    scaled = F.interpolate(
        images.float(), size=(size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return scaled.round().clamp(0, 255).to(torch.uint8)


class Normalise:
    """Turn uint8 images into numbers with mean 0 and standard deviation 1, channel by channel.

    Args:
        images: The training images, uint8 (N, C, H, W), whose pixels give means and deviations.
    """

    def __init__(self, images: Tensor) -> None:
        self._settle([_levels(channel) for channel in images.unbind(1)])

    @classmethod
    def from_counts(cls, counts: npt.NDArray[np.int64]) -> "Normalise":
        """The same, from how often each channel of the images has each level (C, 256)."""
        made = cls.__new__(cls)
        made._settle(list(counts))
        return made

    def _settle(self, counts: Sequence[npt.NDArray[np.int64]]) -> None:
        moments = [_mean_and_deviation(levels) for levels in counts]
        self.means: Sequence[float] = [mean for mean, _ in moments]
        # A channel that is the same everywhere is left at 0.
        self.deviations: Sequence[float] = [dev if dev > ROUNDING else 1.0 for _, dev in moments]

    def __call__(self, images: Tensor) -> Tensor:
        """Normalised images in single precision, on the device of the batch."""
        numbers = images.float().div_(255)
        if len(self.means) == 1:
            return numbers.sub_(self.means[0]).div_(self.deviations[0])
        # Not in place: tracers lose the size of the batch where views are written to.
        channels = zip(numbers.unbind(1), self.means, self.deviations, strict=True)
        return torch.stack([(channel - mean).div_(dev) for channel, mean, dev in channels], dim=1)


def _levels(pixels: Tensor) -> npt.NDArray[np.int64]:
    counts: npt.NDArray[np.int64] = torch.bincount(pixels.flatten(), minlength=256).numpy()
    return counts


def _mean_and_deviation(counts: npt.NDArray[np.int64]) -> tuple[float, float]:
    levels = np.arange(256) / 255
    mean = float((counts * levels).sum() / counts.sum())
    return mean, float(np.sqrt((counts * (levels - mean) ** 2).sum() / counts.sum()))


class RandomRotation:
    """Rotate each image of a batch about its centre, by an angle of its own.

    The angles are uniform between −degrees and degrees. They are drawn on the CPU, so that a seed
    means the same ones on every device.

    Args:
        degrees: The largest angle.
    """

    def __init__(self, degrees: float) -> None:
        self.degrees = degrees

    def __call__(self, images: Tensor) -> Tensor:
        """Rotated images (B, C, S, S), on the device of the batch."""
        shares = 2 * torch.rand(len(images)) - 1
        return rotated(images, torch.deg2rad(self.degrees * shares))


def rotated(images: Tensor, angles: Tensor) -> Tensor:
    """Images (B, C, S, S), each rotated anticlockwise by its angle (B,) in radians, bilinearly.

    What lies beyond the edges is mirrored at them. A constant instead would fill the corners, and
    their size would tell the angle.
    """
    angles = angles.to(images)
    cos, sin, zero = angles.cos(), angles.sin(), torch.zeros_like(angles)
    # From a place in the rotated image to where it was, y pointing down.
    maps = torch.stack([cos, -sin, zero, sin, cos, zero], dim=1).reshape(-1, 2, 3)
    places = F.affine_grid(maps, list(images.shape), align_corners=False)
    return F.grid_sample(
        images, places, mode="bilinear", padding_mode="reflection", align_corners=False
    )
