"""Tasks of scene understanding, with one prediction a pixel, and their losses and metrics.

Pixels without a label, a depth or a normal count nowhere. A loss is the mean over a batch's valid
pixels, so that of a split in several batches is the mean of these, weighted by the batches' sizes;
of a batch without a valid pixel it is 0. Metrics are those of a whole split, over all its valid
pixels at once; they are NaN where there is none.

All of it has fixed sizes and no control flow that depends on data, so that `vmap` can take it.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.problems.problem import Metric, Task

UNLABELLED = -1
ANGLES = (11.25, 22.5, 30.0)
BINS_A_DEGREE = 10
LARGEST_ANGLE = 180
# Shorter predictions of normals are not stretched to length 1 in training: their gradient, which
# grows with one over the length, stays finite.
SHORTEST = 1e-3

# Numbers and whether they count, both (B, …), from output and target
PixelFunction = Callable[[Tensor, Tensor], tuple[Tensor, Tensor]]


def segmentation(name: str, classes: int) -> Task:
    """Classes of pixels: outputs (B, C, H, W), targets (B, H, W), −1 where unlabelled.

    Loss: cross-entropy. Metrics: `miou`, the mean over classes of intersection over union, for all
    classes that are seen or predicted somewhere in the split; `pixel_accuracy`.
    """
    return Task(
        name,
        loss=_cross_entropy,
        metrics={"miou": mean_iou(classes), "pixel_accuracy": mean_over_valid(_correct)},
        outputs=classes,
    )


def depth(name: str) -> Task:
    """Depths: outputs and targets (B, 1, H, W), targets 0 where invalid.

    Loss: mean absolute error. Metrics: `abs_error`, the same over a whole split, and `rel_error`,
    the mean of absolute errors over true depths.
    """
    return Task(
        name,
        loss=_loss(_absolute_error),
        metrics={
            "abs_error": mean_over_valid(_absolute_error),
            "rel_error": mean_over_valid(_relative_error),
        },
    )


def normals(name: str) -> Task:
    """Surface normals: outputs and targets (B, 3, H, W) of any length, targets 0 where invalid.

    Loss: 1 − cosine of the angle between the two. Metrics, of the angles in degrees: `mean_angle`,
    `median_angle` (from a histogram of 0.1°, so exact to 0.1°), and `within_11`, `within_22` and
    `within_30`, the shares of at most 11.25°, 22.5° and 30°.
    """
    shares = {f"within_{int(limit)}": mean_over_valid(_within(limit)) for limit in ANGLES}
    return Task(
        name,
        loss=_loss(_one_less_cosine),
        metrics={"mean_angle": mean_over_valid(_angle), "median_angle": MEDIAN_ANGLE, **shares},
        outputs=3,
    )


def mean_over_valid(pixels: PixelFunction) -> Metric:
    """The mean of numbers over all pixels of a split that count."""

    def statistics(output: Tensor, target: Tensor) -> Tensor:
        values, valid = pixels(output, target)
        return torch.stack([torch.where(valid, values, 0.0).mean(), valid.float().mean()])

    return Metric(statistics, lambda s: s[..., 0] / s[..., 1], size=2)


def mean_iou(classes: int) -> Metric:
    """Mean intersection over union, from the confusion matrix (C, C) of a whole split."""

    def statistics(output: Tensor, target: Tensor) -> Tensor:
        cell = classes * target + output.argmax(dim=1)
        return _histogram(cell, target != UNLABELLED, classes**2)

    def figure(statistics: Tensor) -> Tensor:
        confusion = statistics.reshape(*statistics.shape[:-1], classes, classes)
        both = confusion.diagonal(dim1=-2, dim2=-1)
        either = confusion.sum(dim=-1) + confusion.sum(dim=-2) - both
        occurs = either > 0
        iou = torch.where(occurs, both / either, 0.0)
        return iou.sum(dim=-1) / occurs.sum(dim=-1)

    return Metric(statistics, figure, size=classes**2)


def _median_statistics(output: Tensor, target: Tensor) -> Tensor:
    angle, valid = _angle(output, target)
    cell = (angle * BINS_A_DEGREE).long().clamp(max=BINS_A_DEGREE * LARGEST_ANGLE - 1)
    return _histogram(cell, valid, BINS_A_DEGREE * LARGEST_ANGLE)


def _median_figure(histogram: Tensor) -> Tensor:
    up_to = histogram.double().cumsum(dim=-1)
    half = up_to[..., -1:] / 2
    cell = (up_to < half).sum(dim=-1, keepdim=True)
    inside = histogram.double().gather(-1, cell)
    # As if the angles in a cell were spread evenly.
    place = cell + 1 - (up_to.gather(-1, cell) - half) / inside
    return (place / BINS_A_DEGREE).squeeze(-1).to(histogram.dtype)


MEDIAN_ANGLE = Metric(_median_statistics, _median_figure, size=BINS_A_DEGREE * LARGEST_ANGLE)


def _histogram(cells: Tensor, valid: Tensor, size: int) -> Tensor:
    """The share (size,) of all pixels that are valid and lie in each cell."""
    cells = torch.where(valid, cells, size).flatten()
    # Added up as whole numbers, exactly as long as there are fewer than 2^24 pixels a batch.
    ones = torch.ones((), device=cells.device).expand(cells.shape)
    counts = torch.zeros(size + 1, device=cells.device).scatter_add(0, cells, ones)
    return counts[:size] / cells.shape[0]


def _loss(pixels: PixelFunction) -> Callable[[Tensor, Tensor], Tensor]:
    """The mean of numbers over a batch's pixels that count."""

    def loss(output: Tensor, target: Tensor) -> Tensor:
        values, valid = pixels(output, target)
        return torch.where(valid, values, 0.0).sum() / valid.sum().clamp(min=1)

    return loss


def _cross_entropy(output: Tensor, target: Tensor) -> Tensor:
    total = F.cross_entropy(output, target, ignore_index=UNLABELLED, reduction="sum")
    return total / (target != UNLABELLED).sum().clamp(min=1)


def _correct(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return (output.argmax(dim=1) == target).float(), target != UNLABELLED


def _absolute_error(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return (output - target).abs(), target > 0


def _relative_error(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    error, valid = _absolute_error(output, target)
    return error / torch.where(valid, target, 1.0), valid


def _one_less_cosine(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return 1 - F.cosine_similarity(output, target, dim=1, eps=SHORTEST), _has_normal(target)


def _angle(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    """Angles (B, H, W) in degrees; that to a prediction of length 0 is 90°."""
    cosine = F.cosine_similarity(output, target, dim=1, eps=torch.finfo(output.dtype).tiny)
    return cosine.clamp(-1, 1).acos() * (180 / math.pi), _has_normal(target)


def _within(limit: float) -> PixelFunction:
    def pixels(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        angle, valid = _angle(output, target)
        return (angle <= limit).float(), valid

    return pixels


def _has_normal(target: Tensor) -> Tensor:
    return (target != 0).any(dim=1)
