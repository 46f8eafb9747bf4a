"""Two images overlaid in one: the builders of MultiMNIST, Cifar10Mnist and their like."""

import numpy as np
import torch
from torch import Tensor

from paretocli.core.problem import Samples
from paretocli.problems.images import resized

CHUNK = 10_000


def overlay_pairs(
    images: Tensor,
    labels: Tensor,
    *,
    shift: int,
    canvas: int,
    size: int,
    seed: int,
    right: tuple[Tensor, Tensor] | None = None,
) -> Samples:
    """Overlay each image with a partner, from the same set or from another one.

    The left digit lies at the canvas's upper left corner, the right one is shifted down and to
    the right; where both have ink, the brighter one shows. The partner of the i-th image is the
    i-th of a permutation of its set, so every image is used once, or once left and once right.

    Sabour, Frosst and Hinton (2017) and Sener and Koltun (2018) describe MultiMNIST so.

    Args:
        images: uint8 (N, H, W).
        labels: Classes (N,).
        shift: Offset of the right digit in pixels, both ways.
        canvas: Side of the canvas in pixels.
        size: Side of the finished images in pixels.
        seed: Seed of the permutation.
        right: Images and classes of the set that partners come from, as many and of the same
            shapes; the same set unless given.

    Returns:
        Inputs uint8 (N, 1, size, size) and the targets of the left and the right digit (N,).
    """
    others, other_labels = (images, labels) if right is None else right
    partners = torch.from_numpy(np.random.default_rng(seed).permutation(len(images)))
    height, width = images.shape[1:]
    overlaid = torch.empty(len(images), 1, size, size, dtype=torch.uint8)
    for rows in torch.split(torch.arange(len(images)), CHUNK):
        sheet = torch.zeros(len(rows), canvas, canvas, dtype=torch.uint8)
        sheet[:, :height, :width] = images[rows]
        corner = sheet[:, shift : shift + height, shift : shift + width]
        torch.maximum(corner, others[partners[rows]], out=corner)
        overlaid[rows] = resized(sheet.unsqueeze(1), size)
    return Samples(overlaid, (labels.long(), other_labels[partners].long()))


def blend(pictures: Tensor, digits: Tensor) -> Tensor:
    """Lay a half-transparent digit on each picture: the mean of the two, halves rounded up.

    Args:
        pictures: uint8 (N, C, S, S).
        digits: uint8 (N, H, W), resized to the pictures' size and the same in all channels.

    Returns:
        uint8 (N, C, S, S).
    """
    blended = torch.empty_like(pictures)
    for rows in torch.split(torch.arange(len(pictures)), CHUNK):
        ink = resized(digits[rows].unsqueeze(1), pictures.shape[-1])
        total = pictures[rows].to(torch.int16) + ink + 1
        blended[rows] = total.div_(2, rounding_mode="floor").to(torch.uint8)
    return blended
