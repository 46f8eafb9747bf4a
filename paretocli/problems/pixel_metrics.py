"""Metrics over all pixels of a split that count, from statistics that are means over batches.

All of them are NaN where no pixel counts, and have fixed sizes and no control flow that depends on
data, so that `vmap` can take them.
"""

from collections.abc import Callable

import torch
from torch import Tensor

from paretocli.core.problem import Metric

# A number for each pixel and whether it counts, both (B, …), from output and target
PixelFunction = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def mean_of_pixels(pixels: PixelFunction) -> Metric:
    """The mean of a number over the pixels that count."""

    def statistics(output: Tensor, target: Tensor) -> Tensor:
        values, valid = pixels(output, target)
        return torch.stack([torch.where(valid, values, 0.0).mean(), valid.float().mean()])

    return Metric(statistics, lambda s: s[..., 0] / s[..., 1], size=2)


def median_of_pixels(pixels: PixelFunction, *, largest: float, bins: int) -> Metric:
    """The median of a number from 0 to `largest` over the pixels that count.

    It comes from a histogram, and is exact to the width of its bins; within a bin the numbers are
    taken to be spread evenly.
    """

    def statistics(output: Tensor, target: Tensor) -> Tensor:
        values, valid = pixels(output, target)
        # From 0 as well: what a network that has diverged gives is no number at all.
        cells = (values * (bins / largest)).long().clamp(0, bins - 1)
        return _histogram(cells, valid, bins)

    def figure(statistics: Tensor) -> Tensor:
        counts = statistics.cpu().double()  # not every device has such numbers
        up_to = counts.cumsum(dim=-1)
        half = up_to[..., -1:] / 2
        middle = (up_to < half).sum(dim=-1, keepdim=True)
        beyond = (up_to.gather(-1, middle) - half) / counts.gather(-1, middle)
        return ((middle + 1 - beyond) * (largest / bins)).squeeze(-1).to(statistics)

    return Metric(statistics, figure, size=bins)


def mean_iou(classes: int, *, ignored: int) -> Metric:
    """Mean intersection over union, from the confusion matrix (C, C) of a whole split.

    The mean is over the classes that are seen or predicted somewhere in the split. Outputs are
    logits (B, C, …), targets classes (B, …); pixels with the target `ignored` do not count.
    """

    def statistics(output: Tensor, target: Tensor) -> Tensor:
        cells = classes * target + output.argmax(dim=1)
        return _histogram(cells, target != ignored, classes**2)

    def figure(statistics: Tensor) -> Tensor:
        confusion = statistics.reshape(*statistics.shape[:-1], classes, classes)
        both = confusion.diagonal(dim1=-2, dim2=-1)
        either = confusion.sum(dim=-1) + confusion.sum(dim=-2) - both
        occurs = either > 0
        return torch.where(occurs, both / either, 0.0).sum(dim=-1) / occurs.sum(dim=-1)

    return Metric(statistics, figure, size=classes**2, higher_is_better=True)


def _histogram(cells: Tensor, valid: Tensor, size: int) -> Tensor:
    """The shares (size,) of all pixels that count and lie in each cell."""
    cells = torch.where(valid, cells, size).flatten()
    # Added up as whole numbers, which is exact below 2^24 pixels a cell and batch.
    ones = torch.ones((), device=cells.device).expand(cells.shape)
    counts = torch.zeros(size + 1, device=cells.device).scatter_add(0, cells, ones)
    return counts[:size] / cells.shape[0]
