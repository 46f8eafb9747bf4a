"""Tasks of scene understanding, with one prediction a pixel, and their losses and metrics.

Pixels without a label, a depth or a normal count nowhere. Losses and metrics are those of a whole
split, over all its valid pixels at once: an image with twice as many of them counts twice. That is
the loss whose minimum the published protocols look for; they report means of batches' means, which
depend on how the batches are cut.
"""

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F  # noqa: N812 - the name that everybody uses
from torch import Tensor

from paretocli.core.problem import Task
from paretocli.problems.pixel_metrics import (
    PixelFunction,
    mean_iou,
    mean_of_pixels,
    median_of_pixels,
)
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
        loss=_loss(_cross_entropy),
        weight=_valid_share(_has_class),
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
        weight=_valid_share(_has_depth),
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
        weight=_valid_share(_has_normal),
        lower_bound=0.0,
        metrics={
            "mean_angle": mean_of_pixels(_angle),
            "median_angle": median_of_pixels(_angle, largest=LARGEST_ANGLE, bins=BINS),
            **shares,
        },
        outputs=3,
    )


def _loss(pixels: PixelFunction) -> Callable[[Tensor, Tensor], Tensor]:
    """The means (B,) of numbers over each image's pixels that count, 0 without any."""

    def loss(output: Tensor, target: Tensor) -> Tensor:
        values, valid = pixels(output, target)
        count = valid.flatten(1).sum(dim=1).clamp(min=1)
        return torch.where(valid, values, 0.0).flatten(1).sum(dim=1) / count

    return loss


def _valid_share(valid: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
    """The share (B,) of each image's pixels that count."""

    def weight(target: Tensor) -> Tensor:
        return valid(target).flatten(1).float().mean(dim=1)

    return weight


def _cross_entropy(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    values = F.cross_entropy(output, target, ignore_index=UNLABELLED, reduction="none")
    return values, _has_class(target)


def _correct(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return (output.argmax(dim=1) == target).float(), _has_class(target)


def _absolute_error(output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return (output - target).abs(), _has_depth(target)


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


def _has_class(target: Tensor) -> Tensor:
    return target != UNLABELLED


def _has_depth(target: Tensor) -> Tensor:
    return target > 0


def _has_normal(target: Tensor) -> Tensor:
    return (target != 0).any(dim=1)
