"""What a network is trained for: an objective with data."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from paretocli.core.metric import Metric, MetricFunction, TaskFunction, mean_of

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
        weight: How much each sample counts in the loss, `target (B, …) → (B,)`, not negative: of an
            image with a label for some of its pixels, their share. The loss then gives numbers
            (B,), finite ones also where the weight is 0, and that of a split is Σ w l / Σ w. With
            the mean over an image's labelled pixels as l it is the mean over all of the split's.
            Metrics are left as they are.
        lower_bound: A bound that the loss never falls below; without it the program finds out how
            low the loss gets.
    """

    name: str
    loss: TaskFunction
    metrics: Mapping[str, MetricFunction | Metric] = field(default_factory=dict)
    outputs: int = 1
    missing: float | int | None = None
    lower_bound: float | None = None
    weight: Callable[[Tensor], Tensor] | None = None

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

    def weights(self, target: Tensor) -> Tensor:
        """How much each sample of targets (B, …) counts in the loss (B,); 0 without a label."""
        there = self.labelled(target)
        if self.weight is None:
            return there.float()
        return torch.where(there, self.weight(target), 0.0)

    def scores(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """The loss () and the metrics' statistics (s,) of a batch, where no label counts as 0.

        What follows from means of these over a split is that of its labelled samples: `figures`
        does it for the metrics, a division by `labelled_share` for the loss.
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
        if of is not None and len(target) == 0:  # the sum is 0, and so is its gradient
            return output.sum(), output.new_zeros(self.statistics_size)
        loss, statistics = self._means(output, target)
        if of is None:
            return loss, statistics
        share = len(target) / of
        return share * loss, share * torch.cat([statistics, statistics.new_ones(1)])

    def statistics(self, output: Tensor, target: Tensor) -> Tensor:
        """The statistics of `scores` (s,)."""
        return self.scores(output, target)[1]

    def mean_loss(self, output: Tensor, target: Tensor) -> Tensor:
        """The loss as a mean over samples (), all of which have labels.

        By their weights; 0 where none has any.
        """
        values = self.loss(output, target)
        if self.weight is None:
            return mean_of(values, output)
        weights = self.weight(target)
        total = weights.sum()
        return (weights * values).sum() / torch.where(total > 0, total, 1.0)

    def labelled_share(self, statistics: Tensor) -> Tensor:
        """The samples' mean weight (…), from statistics (…, s): the share of those with a label."""
        if not self.counts_weights:
            return torch.ones_like(statistics[..., :1].sum(dim=-1))
        return statistics[..., self._metrics_size]

    def figures(self, statistics: Tensor) -> Tensor:
        """The metrics (…, q) of the labelled samples, from means of `scores` over them all (…, s).

        NaN where no sample has a label, and for metrics of a whole split.
        """
        if self.missing is not None:
            statistics = statistics[..., :-1] / statistics[..., -1:]
        statistics = statistics[..., : self._metrics_size]
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
        """How many statistics there are: the metrics', the mean weight, the share of labels."""
        return self._metrics_size + (self.weight is not None) + self.counts_labels

    @property
    def counts_labels(self) -> bool:
        """Whether samples may have no label."""
        return self.missing is not None

    @property
    def counts_weights(self) -> bool:
        """Whether some samples may count more than others in the loss, or not at all."""
        return self.counts_labels or self.weight is not None

    @property
    def _metrics_size(self) -> int:
        return sum(metric.size for metric in self.all_metrics.values())

    def _means(self, output: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
        """Means over a batch: of w l (), of the metrics' statistics and of w, where it is given."""
        given = output.detach()
        parts = [metric.statistics(given, target) for metric in self.all_metrics.values()]
        values = self.loss(output, target)
        if self.weight is not None:
            weights = self.weight(target)
            values = weights * values
            parts.append(weights.mean().unsqueeze(0))
        statistics = torch.cat(parts) if parts else given.new_zeros(0)
        return mean_of(values, output), statistics
