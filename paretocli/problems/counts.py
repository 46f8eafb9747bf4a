"""Loss and metrics of tasks that predict counts. A target that is NaN counts nowhere."""

import shlex
from functools import partial
from pathlib import Path

import pandas as pd
import torch
from torch import Tensor

from paretocli.core.prediction import Count
from paretocli.core.problem import Metric, Task
from paretocli.problems.cells import refuse
from paretocli.problems.numbers_task import training_numbers
from paretocli.problems.regression import (
    Scale,
    all_moments,
    determination,
    error_moments,
    root,
    there,
)
from paretocli.problems.splitting import Rows
from paretocli.problems.targets import task_name


def count_task(values: pd.Series, rows: Rows, path: Path) -> Task:
    """A task with half the mean Poisson deviance as its loss; the network gives a log rate.

        μ = mean · exp(output),   loss = y log(y / μ) − y + μ

    The mean is that of the training rows, which an output of 0 predicts. The metrics are
    `deviance`, the mean Poisson deviance, `rmse` and `r2`, all of the whole split.

    McCullagh and Nelder, *Generalized Linear Models* (1989), chapter 6.

    Args:
        values: The counts (N,), NaN where missing.
        rows: Of each split.
        path: The file, for the messages.

    Raises:
        InputError: A cell is no count, all of a split are missing, or those for training are all
            the same.
    """
    refuse(
        values,
        values.notna() & ((values < 0) | (values % 1 != 0)),
        path,
        "where counts were expected, whole numbers from 0 on; correct it, or take the column for "
        f"numbers with --task {shlex.quote(f'{values.name}=number')}",
    )
    training = training_numbers(values, rows, path)
    mean, scale = float(training.mean()), Scale(float(training.mean()), float(training.std()))
    return Task(
        task_name(str(values.name)),
        loss=partial(half_deviance, mean=mean),
        weight=there,
        lower_bound=0.0,
        prediction=Count(mean),
        metrics={
            "deviance": Metric(
                partial(deviances, mean=mean), _mean_of_known, size=2, higher_is_better=False
            ),
            "rmse": Metric(
                partial(_error_moments, scale=scale),
                partial(root, scale=scale),
                size=2,
                higher_is_better=False,
            ),
            "r2": Metric(
                partial(_all_moments, scale=scale), determination, size=4, higher_is_better=True
            ),
        },
    )


def half_deviance(output: Tensor, target: Tensor, *, mean: float) -> Tensor:
    """Halves of Poisson deviances (B,), 0 where targets are missing.

    Args:
        output: Logarithms of rates over the mean (B, 1).
        target: Counts (B,), NaN where missing.
        mean: What an output of 0 predicts.
    """
    known = ~target.isnan()
    count = torch.where(known, target, mean).to(output.dtype)
    logarithm = torch.where(known, output.squeeze(-1), 0)
    # y log(y / mean) is 0 where y is.
    constant = torch.special.xlogy(count, count / mean) - count
    return torch.where(known, constant - count * logarithm + mean * logarithm.exp(), 0)


def deviances(output: Tensor, target: Tensor, *, mean: float) -> Tensor:
    """Means (2,) over the batch: Poisson deviances, and the share of targets that are there."""
    found = 2 * half_deviance(output, target, mean=mean)
    return torch.stack([found, there(target).to(found.dtype)]).mean(dim=1)


def _mean_of_known(moments: Tensor) -> Tensor:
    """The mean (…) over targets that are there, from `deviances` (…, 2)."""
    total, share = moments.unbind(dim=-1)
    return total / share


def _error_moments(output: Tensor, target: Tensor, *, scale: Scale) -> Tensor:
    return error_moments(_standardised(output, scale), target, scale=scale)


def _all_moments(output: Tensor, target: Tensor, *, scale: Scale) -> Tensor:
    return all_moments(_standardised(output, scale), target, scale=scale)


def _standardised(output: Tensor, scale: Scale) -> Tensor:
    """Predicted counts (B, 1) in standard deviations from their mean."""
    return scale.mean * output.expm1() / scale.deviation
