"""Loss and metrics of regression tasks. A target that is NaN is missing and counts nowhere."""

from dataclasses import dataclass
from functools import partial

import torch
from torch import Tensor

from paretocli.core.prediction import Number
from paretocli.core.problem import Metric, Task

# Below this share of the training data's variance, a split's own is rounding.
LEAST_VARIANCE = 1e-6


@dataclass(frozen=True)
class Scale:
    """A target's mean and standard deviation over the training data."""

    mean: float
    deviation: float


def regression(name: str, scale: Scale) -> Task:
    """A task with the mean squared error of the standardised target as its loss.

    It is the mean over the targets of a whole split that are there, however it is cut into batches.
    Its metrics are `rmse`, the root of the mean squared error in the target's own units, and `r2`,
    the coefficient of determination, both of the whole split. Without variance in a split, R² has
    no value there.

    Args:
        name: Name of the task.
        scale: What standardises the target.
    """
    return Task(
        name,
        loss=partial(squared_error, scale=scale),
        weight=there,
        lower_bound=0.0,
        prediction=Number(scale.mean, scale.deviation),
        metrics={
            "rmse": Metric(
                partial(error_moments, scale=scale),
                partial(root, scale=scale),
                size=2,
                higher_is_better=False,
            ),
            "r2": Metric(
                partial(all_moments, scale=scale), determination, size=4, higher_is_better=True
            ),
        },
    )


def squared_error(output: Tensor, target: Tensor, *, scale: Scale) -> Tensor:
    """Squared errors (B,) of standardised targets, 0 where these are missing.

    Args:
        output: Standardised predictions (B, 1).
        target: Targets (B,) in their own units, NaN where missing.
        scale: What standardises them.
    """
    return _compared(output, target, scale)[0].square()


def there(target: Tensor) -> Tensor:
    """Which targets (B,) are there: 1, or 0 where they are missing (B,)."""
    return (~target.isnan()).float()


def error_moments(output: Tensor, target: Tensor, *, scale: Scale) -> Tensor:
    """Means (2,) over the batch: squared errors, and the share of targets that are there."""
    error, _, known = _compared(output, target, scale)
    return torch.stack([error.square(), known]).mean(dim=1)


def all_moments(output: Tensor, target: Tensor, *, scale: Scale) -> Tensor:
    """Means (4,) over the batch: squared errors, share there, targets, and squared targets."""
    error, standard, known = _compared(output, target, scale)
    return torch.stack([error.square(), known, standard, standard.square()]).mean(dim=1)


def root(moments: Tensor, *, scale: Scale) -> Tensor:
    """Root of the mean squared error (…) from `error_moments` (…, 2)."""
    squared, share = moments.unbind(dim=-1)
    return scale.deviation * (squared / share).sqrt()


def determination(moments: Tensor) -> Tensor:
    """R² (…) from `all_moments` (…, 4): 1 − mean squared error / variance."""
    error, share, first, second = moments.unbind(dim=-1)
    variance = second / share - (first / share).square()
    nothing = torch.full_like(variance, torch.nan)
    return torch.where(variance > LEAST_VARIANCE, 1 - error / share / variance, nothing)


def _compared(output: Tensor, target: Tensor, scale: Scale) -> tuple[Tensor, Tensor, Tensor]:
    """Errors, standardised targets and whether these are there (1 or 0); all (B,), 0 if not."""
    known = ~target.isnan()
    standard = torch.where(known, (target - scale.mean) / scale.deviation, 0).to(output.dtype)
    error = torch.where(known, output.squeeze(-1) - standard, 0)
    return error, standard, known.to(output.dtype)
