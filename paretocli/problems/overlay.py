"""Two digits overlaid in one image: the builder of MultiMNIST and its like."""

import numpy as np
import numpy.typing as npt
import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.problems.problem import Samples

CHUNK = 10_000


def overlay_pairs(
    images: Tensor, labels: Tensor, *, shift: int, canvas: int, size: int, seed: int
) -> Samples:
    """Overlay each image with a partner from the same set.

    The left digit lies at the canvas's upper left corner, the right one is shifted down and to
    the right; where both have ink, the brighter one shows. The partner of the i-th image is the
    i-th of a permutation, so every image is once left and once right.

    Sabour, Frosst and Hinton (2017) and Sener and Koltun (2018) describe MultiMNIST so.

    Args:
        images: uint8 (N, H, W).
        labels: Classes (N,).
        shift: Offset of the right digit in pixels, both ways.
        canvas: Side of the canvas in pixels.
        size: Side of the finished images in pixels.
        seed: Seed of the permutation.

    Returns:
        Inputs uint8 (N, 1, size, size) and the targets of the left and the right digit (N,).
    """
    partners = torch.from_numpy(np.random.default_rng(seed).permutation(len(images)))
    height, width = images.shape[1:]
    overlaid = torch.empty(len(images), 1, size, size, dtype=torch.uint8)
    for rows in torch.split(torch.arange(len(images)), CHUNK):
        sheet = torch.zeros(len(rows), canvas, canvas, dtype=torch.uint8)
        sheet[:, :height, :width] = images[rows]
        right = sheet[:, shift : shift + height, shift : shift + width]
        torch.maximum(right, images[partners[rows]], out=right)
        overlaid[rows] = _resized(sheet.unsqueeze(1), size)
    return Samples(overlaid, (labels.long(), labels[partners].long()))


def _resized(sheets: Tensor, size: int) -> Tensor:
    if sheets.shape[-1] == size:
        return sheets
    shrunk = F.interpolate(
        sheets.float(), size=(size, size), mode="bilinear", antialias=True, align_corners=False
    )
    return shrunk.round().clamp(0, 255).to(torch.uint8)


class Normalise:
    """Turn uint8 images into numbers with mean 0 and standard deviation 1, a batch at a time.

    Args:
        images: The training images, uint8, whose pixels give mean and deviation.
    """

    def __init__(self, images: Tensor) -> None:
        pixels: npt.NDArray[np.int64] = np.bincount(images.numpy().ravel(), minlength=256)
        levels = np.arange(256) / 255
        self.mean = float((pixels * levels).sum() / pixels.sum())
        self.deviation = float(np.sqrt((pixels * (levels - self.mean) ** 2).sum() / pixels.sum()))

    def __call__(self, images: Tensor) -> Tensor:
        """Normalised images in single precision, on the device of the batch."""
        return images.float().div_(255).sub_(self.mean).div_(self.deviation)
