"""Losses and metrics that are sums over the batch, and are taken for means."""

import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor

from paretocli.core.inputs import Several, floats_mapped, mapped, sample_count
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Task
from paretocli.errors import InputError

COPIES = (1, 2, 3, 4)
ROUNDING = 1e-3  # relative
RAMP = 0.1  # what is added to outputs for which a loss is 0, relative to the largest

Function = Callable[[Any, Any], Any]


def refuse_sums(task: Task, output: Several, target: Several) -> None:
    """Refuse a loss or metric that grows by the same with each copy of a batch.

    A mean stays as it is with copies of all samples. A figure that grows depends on the size of
    batches, which is another one in training, in evaluation and in what is left at a split's end.
    What grows in other ways, as contrastive losses do, is not judged here.

    Args:
        task: The task; its loss and its metrics run without an error on these samples.
        output: (B, …), without a gradient.
        target: (B, …), all labelled.

    Raises:
        InputError: There is one.
    """
    once = _growth(task.mean_loss, output, target)
    if once is not None:
        raise InputError(
            f"The loss of task {task.name} is a sum over the batch ({_numbers(once, output)}), so "
            "that it depends on the batch size; let it return the mean, or one number a sample."
        )
    if isinstance(task.loss, LossOfMeans):
        once = _growth(task.loss.statistics, output, target)
        if once is not None:
            raise InputError(
                f"What the loss of task {task.name} follows from are sums over the batch "
                f"({_numbers(once, output)}), so that they depend on the batch size; let its "
                "statistics be means."
            )
    for name, metric in task.all_metrics.items():
        once = None if metric.of_whole else _growth(metric.statistics, output, target)
        if once is not None:
            raise InputError(
                f"The metric {name} of task {task.name} is a sum over the batch "
                f"({_numbers(once, output)}), so that it depends on the batch size; let it return "
                "the mean or one number a sample, or declare it as Metric.whole if it needs all "
                "of a split at once."
            )


def _growth(function: Function, output: Several, target: Several) -> tuple[float, float] | None:
    """A function's value for a batch and for two copies of it, where it is a sum."""
    for tried in (output, floats_mapped(_moved, output)):
        try:
            values = _of_copies(function, tried, target)
        except Exception:  # what fails on copies, or on other outputs, is not judged
            continue
        for first, *others in values.T.tolist():
            step = others[0] - first
            expected = [first + step * (copies - 1) for copies in COPIES[1:]]
            small = ROUNDING * max(abs(step), ROUNDING * abs(first))
            grows = abs(step) > ROUNDING * abs(first)
            if grows and all(abs(a - b) <= small for a, b in zip(others, expected, strict=True)):
                return first, others[0]
    return None


def _moved(output: Tensor) -> Tensor:
    largest = output.abs().max() if output.numel() else 1.0
    ramp = torch.linspace(0, 1, max(1, output.numel()), device=output.device)[: output.numel()]
    return output + RAMP * (1 + largest) * ramp.reshape(output.shape)


@torch.no_grad()
def _of_copies(function: Function, output: Several, target: Several) -> Tensor:
    """The values (c, s) of a function for some numbers of copies of a batch.

    Raises:
        ValueError: It draws at random, or gives what is not finite.
    """

    def value(copies: int) -> Tensor:
        found = function(*(mapped(lambda t: torch.cat([t] * copies), s) for s in (output, target)))
        return torch.as_tensor(found).double().flatten()

    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        values = torch.stack([value(copies) for copies in COPIES])
        again = value(COPIES[0])
    if not torch.equal(values[0], again) or not values.isfinite().all():
        raise ValueError
    return values


def _numbers(values: tuple[float, float], output: Several) -> str:
    once, twice = values
    count = sample_count(output)
    return f"{once:.4g} for {count} samples, {twice:.4g} for these and their copies"
