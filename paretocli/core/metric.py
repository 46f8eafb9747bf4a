"""Figures that a task reports beside its loss, and how they are put together from batches."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from paretocli.core.inputs import Several, first_of

__all__ = ["Metric", "MetricFunction", "TaskFunction"]

# Of an output and a target (B, …): tensors, or tuples or dictionaries of tensors.
TaskFunction = Callable[[Any, Any], Tensor]
MetricFunction = Callable[[Any, Any], Any]  # gives a tensor, or a plain number


@dataclass(frozen=True)
class Metric:
    """A metric, and how it is worked out for a split that is measured in batches.

    Most are means over samples: `Metric.mean`, which is also what a plain function is taken for.
    R², the mean IoU and the like follow from several means: these are given as they are,
    `Metric(statistics, figure, size)`. What follows from no means, such as an area under a curve,
    needs all of a split at once: `Metric.whole`.

    Attributes:
        statistics: `(output (B, …), target (B, …)) → (s,)`, means over the batch.
        figure: `(…, s) → (…)`, the metric from the statistics' means over a split.
        size: s.
        higher_is_better: Whether more of it is better; None where nobody said so.
        function: What `mean` and `whole` were given; None otherwise.
    """

    statistics: TaskFunction
    figure: Callable[[Tensor], Tensor]
    size: int
    higher_is_better: bool | None = None
    function: MetricFunction | None = None

    @classmethod
    def mean(cls, function: MetricFunction, *, higher_is_better: bool | None = None) -> "Metric":
        """A mean over samples.

        Args:
            function: `(output (B, …), target (B, …)) → (B,)`, a number for each sample, or their
                mean, as a tensor () or a plain number.
            higher_is_better: Whether more of it is better.
        """
        return cls(partial(_mean, function), _only, 1, higher_is_better, function)

    @classmethod
    def whole(cls, function: MetricFunction, *, higher_is_better: bool | None = None) -> "Metric":
        """A metric of a whole split, such as the area under the ROC curve.

        Args:
            function: `(output (N, …), target (N, …)) → ()`, from all labelled samples of a split,
                on the CPU and without gradients, to a tensor () or a plain number; NaN where it
                has no value. It is called for one network at a time, once a split, and not for
                the running figures of training.
            higher_is_better: Whether more of it is better.
        """
        return cls(_nothing, _no_figure, 0, higher_is_better, function)

    @property
    def of_whole(self) -> bool:
        """Whether it needs all of a split at once."""
        return self.size == 0


def mean_of(values: Any, like: Tensor) -> Tensor:
    """A mean over samples () from numbers of samples (B,), or from their mean.

    Args:
        values: A tensor (B,) or (), or a plain number, as from what is computed without torch.
        like: A tensor of the device and type that a plain number gets.
    """
    found = values if isinstance(values, Tensor) else like.new_tensor(values)
    return found.mean() if found.dim() == 1 else found


def _mean(function: MetricFunction, output: Several, target: Several) -> Tensor:
    return mean_of(function(output, target), first_of(output)).unsqueeze(0)


def _only(means: Tensor) -> Tensor:
    return means.squeeze(-1)


def _nothing(output: Several, target: Several) -> Tensor:
    return first_of(output).new_zeros(0)


def _no_figure(statistics: Tensor) -> Tensor:
    """NaN (…): what batches say of a metric of a whole split."""
    return torch.full_like(statistics.sum(dim=-1), torch.nan)
