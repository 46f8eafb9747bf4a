"""What a network is trained for: an objective with data."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from paretocli.problems.metric import Metric, MetricFunction, TaskFunction, mean_of

__all__ = ["Task", "TaskFunction"]


@dataclass(frozen=True)
class Task:
    """An objective with data and metrics.

    Attributes:
        name: Short name, used in column names.
        loss: To be minimised: `(output (B, …), target (B, …)) → (B,)`, a number for each sample, or
            their mean ().
        metrics: Further figures by name, never trained on: functions like the loss, which may give
            plain numbers as well, or a `Metric`.
        outputs: Numbers that the task's head gives for a sample, for the generic networks.
        missing: What stands in the targets for no label: any whole number for classes, NaN for
            numbers. A sample is without a label where all entries of its target are that.
        lower_bound: A bound that the loss never falls below; without it the program finds out how
            low the loss gets.
    """

    name: str
    loss: TaskFunction
    metrics: Mapping[str, MetricFunction | Metric] = field(default_factory=dict)
    outputs: int = 1
    missing: float | int | None = None
    lower_bound: float | None = None

    @cached_property
    def all_metrics(self) -> dict[str, Metric]:
        """The metrics by name; plain functions are means."""
        return {
            name: metric if isinstance(metric, Metric) else Metric.mean(metric)
            for name, metric in self.metrics.items()
        }

    def labelled(self, target: Tensor) -> Tensor:
        """Which samples of targets (B, …) have a label (B,)."""
        if self.missing is None:
            return torch.ones(len(target), dtype=torch.bool, device=target.device)
        gone = target.isnan() if math.isnan(self.missing) else target == self.missing
        # The targets of samples may be single numbers: (B,).
        return ~gone.unsqueeze(-1).flatten(1).all(dim=1)

    def scores(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss () and the metrics' statistics (s,) of a batch, where no label counts as 0.

        What follows from means of these over a split is that of its labelled samples: `figures`
        does it for the metrics, a division by their share for the loss.
        """
        if self.missing is None:
            return self.scores_of_labelled(output, target)
        rows = self.labelled(target).nonzero().flatten()
        return self.scores_of_labelled(output[rows], target[rows], of=len(target))

    def scores_of_labelled(
        self, output: Tensor, target: Tensor, *, of: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """As `scores`, from the labelled samples of a batch alone.

        Args:
            output: (n, …), of these samples.
            target: (n, …), likewise.
            of: How many samples the batch has in all; None where all tasks' samples have labels.
        """
        if of is None:
            return self.mean_loss(output, target), self._statistics(output.detach(), target)
        if len(target) == 0:  # the sum is 0, and so is its gradient
            return output.sum(), output.new_zeros(self.statistics_size)
        share = len(target) / of
        statistics = self._statistics(output.detach(), target)
        counted = torch.cat([statistics, statistics.new_ones(1)])
        return share * self.mean_loss(output, target), share * counted

    def statistics(self, output: Tensor, target: Tensor) -> Tensor:
        """The statistics of `scores` (s,)."""
        return self.scores(output, target)[1]

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss as a mean over samples (), all of which have labels."""
        return mean_of(self.loss(output, target), output)

    def labelled_share(self, statistics: Tensor) -> Tensor:
        """The share (…) of samples with a label, from statistics (…, s)."""
        if self.missing is None:
            return torch.ones_like(statistics[..., :1].sum(dim=-1))
        return statistics[..., -1]

    def figures(self, statistics: Tensor) -> Tensor:
        """The metrics (…, q) of the labelled samples, from means of `scores` over them all (…, s).

        NaN where no sample has a label, and for metrics of a whole split.
        """
        if self.missing is not None:
            statistics = statistics[..., :-1] / statistics[..., -1:]
        metrics = self.all_metrics.values()
        parts = torch.split(statistics, [metric.size for metric in metrics], dim=-1)
        figures = [metric.figure(part) for metric, part in zip(metrics, parts, strict=True)]
        return torch.stack(figures, dim=-1) if figures else statistics

    @property
    def whole_metrics(self) -> dict[str, Metric]:
        """The metrics that need all of a split at once, by name."""
        return {name: metric for name, metric in self.all_metrics.items() if metric.of_whole}

    @property
    def statistics_size(self) -> int:
        """How many statistics there are: those of the metrics, and the share of labels."""
        return sum(metric.size for metric in self.all_metrics.values()) + self.counts_labels

    @property
    def counts_labels(self) -> bool:
        """Whether samples may have no label."""
        return self.missing is not None

    def _statistics(self, output: Tensor, target: Tensor) -> Tensor:
        """What the metrics need of a batch, means over it (s,)."""
        parts = [metric.statistics(output, target) for metric in self.all_metrics.values()]
        return torch.cat(parts) if parts else output.new_zeros(0)
