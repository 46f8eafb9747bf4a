"""Tasks of scene understanding, with one prediction a pixel, and their losses and metrics.

Pixels without a label, a depth or a normal count nowhere. A loss is the mean over a batch's valid
pixels, so that of a split in several batches is the mean of these, weighted by the batches' sizes;
of a batch without a valid pixel it is 0. Metrics are those of a whole split, over all its valid
pixels at once.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.problems.pixel_metrics import (
    PixelFunction,
    mean_iou,
    mean_of_pixels,
    median_of_pixels,
)
from paretocli.problems.problem import Task
from paretocli.problems.scene_files import UNLABELLED

ANGLES = (11.25, 22.5, 30.0)
LARGEST_ANGLE, BINS = 180, 1800  # in degrees, a tenth of a degree each
# Shorter predictions of normals are not stretched to length 1 in training: their gradient, which
# grows with one over the length, stays finite.
SHORTEST = 1e-3


def segmentation(name: str, classes: int) -> Task:
    """Classes of pixels: outputs (B, C, H, W), targets (B, H, W), −1 where unlabelled.

    Loss: cross-entropy. Metrics: `miou`, the mean over classes of intersection over union, for all
    classes that are seen or predicted somewhere in the split; `pixel_accuracy`.
    """
    return Task(
        name,
        loss=_cross_entropy,
        lower_bound=0.0,
        metrics={
            "miou": mean_iou(classes, ignored=UNLABELLED),
            "pixel_accuracy": mean_of_pixels(_correct),
        },
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
        lower_bound=0.0,
        metrics={
            "abs_error": mean_of_pixels(_absolute_error),
            "rel_error": mean_of_pixels(_relative_error),
        },
    )


def normals(name: str) -> Task:
    """Surface normals: outputs and targets (B, 3, H, W) of any length, targets 0 where invalid.

    Loss: 1 − cosine of the angle between the two. Metrics, of the angles in degrees: `mean_angle`,
    `median_angle` (from a histogram of 0.1°, so exact to 0.1°), and `within_11`, `within_22` and
    `within_30`, the shares of at most 11.25°, 22.5° and 30°.
    """
    shares = {f"within_{int(limit)}": mean_of_pixels(_within(limit)) for limit in ANGLES}
    return Task(
        name,
        loss=_loss(_one_less_cosine),
        lower_bound=0.0,
        metrics={
            "mean_angle": mean_of_pixels(_angle),
            "median_angle": median_of_pixels(_angle, largest=LARGEST_ANGLE, bins=BINS),
            **shares,
        },
        outputs=3,
    )


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
