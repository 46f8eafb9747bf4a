"""What a network is trained for: an objective with data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from paretocli.core.inputs import AnyForm, Several, first_of, floats_of, mapped, sample_count
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.metric import Metric, MetricFunction, TaskFunction, mean_of
from paretocli.core.missing import Missing, without_label
from paretocli.core.prediction import Prediction
from paretocli.errors import InputError

__all__ = ["Task", "TaskFunction"]


@dataclass(frozen=True)
class Task:
    """An objective with data and metrics.

    Its output and its target are one tensor (B, …) each, or a tuple or dictionary of such tensors,
    as the network and the data give them.

    Attributes:
        name: Short name, used in column names.
        loss: To be minimised: `(output (B, …), target (B, …)) → (B,)`, a number for each sample, or
            their mean (). What is no mean over samples is a `LossOfMeans`.
        metrics: Further figures by name, never trained on: functions like the loss, which may give
            plain numbers as well, or a `Metric`.
        outputs: Numbers that the task's head gives for a sample, for the generic networks, which
            give one tensor a task.
        missing: What stands in the targets for no label: any whole number for classes, NaN for
            numbers. A sample is without a label where all entries of its target are that. Where
            the target is several tensors, it is what stands in some of them, by their names, as
            {"labels": -1}; those of a tuple are named "0", "1" and so on.
        weight: How much each sample counts in the loss, `target (B, …) → (B,)`, not negative: of an
            image with a label for some of its pixels, their share. The loss then gives numbers
            (B,), finite ones also where the weight is 0, and that of a split is Σ w l / Σ w. With
            the mean over an image's labelled pixels as l it is the mean over all of the split's.
            Metrics are left as they are.
        of: Name of another task whose output this one is measured on, as fairness is on that of a
            classifier. The network returns none for this task, and what is exported has none.
        lower_bound: A bound that the loss never falls below; without it the program finds out how
            low the loss gets.
        prediction: What the output says, `Classes(10)`, `Number()` or `Count()`: where that is
            known, sweeps show what a constant and classical models reach beside their front.
    """

    name: str
    loss: TaskFunction
    metrics: Mapping[str, MetricFunction | Metric] = field(default_factory=dict)
    outputs: int = 1
    missing: Missing | None = None
    lower_bound: float | None = None
    weight: Callable[[Any], Tensor] | None = None
    of: str | None = None
    prediction: Prediction | None = None

    def __post_init__(self) -> None:
        given = [name for name in ("missing", "weight") if getattr(self, name) is not None]
        if isinstance(self.loss, LossOfMeans) and given:
            raise InputError(
                f"Task {self.name} has {given[0]}=… with a LossOfMeans, which is for losses that "
                "are means over samples; leave it out, and let the statistics be 0 for samples "
                "that are not to count."
            )

    @cached_property
    def all_metrics(self) -> dict[str, Metric]:
        """The metrics by name; plain functions are means."""
        return {
            name: metric if isinstance(metric, Metric) else Metric.mean(metric)
            for name, metric in self.metrics.items()
        }

    def labelled(self, target: Several) -> Tensor:
        """Which samples of targets (B, …) have a label (B,)."""
        if self.missing is None:
            device = first_of(target).device
            return torch.ones(sample_count(target), dtype=torch.bool, device=device)
        return ~without_label(self.missing, target)

    def weights(self, target: Several) -> Tensor:
        """How much each sample of targets (B, …) counts in the loss (B,); 0 without a label."""
        there = self.labelled(target)
        if self.weight is None:
            return there.float()
        return torch.where(there, self.weight(target), 0.0)

    def scores(self, output: Several, target: Several) -> tuple[Tensor, Tensor]:
        """The loss () and the metrics' statistics (s,) of a batch, where no label counts as 0.

        What follows from means of these over a split is that of its labelled samples: `figures`
        does it for the metrics, a division by `labelled_share` for the loss.
        """
        if self.missing is None:
            return self.scores_of_labelled(output, target)
        rows = self.labelled(target).nonzero().flatten()
        output, labels = rows_of(output, rows), rows_of(target, rows)
        return self.scores_of_labelled(output, labels, of=sample_count(target))

    def scores_of_labelled(
        self, output: Several, target: Several, *, of: int | None = None
    ) -> tuple[Tensor, Tensor]:
        """As `scores`, from the labelled samples of a batch alone.

        Args:
            output: (n, …), of these samples.
            target: (n, …), likewise.
            of: How many samples the batch has in all; None where all tasks' samples have labels.
        """
        count = sample_count(target)
        if of is not None and count == 0:  # the sum is 0, and so is its gradient
            return _sum(output), first_of(output).new_zeros(self.statistics_size)
        loss, statistics = self._means(output, target)
        if of is None:
            return loss, statistics
        share = count / of
        return share * loss, share * torch.cat([statistics, statistics.new_ones(1)])

    def statistics(self, output: Several, target: Several) -> Tensor:
        """The statistics of `scores` (s,)."""
        return self.scores(output, target)[1]

    def mean_loss(self, output: Several, target: Several) -> Tensor:
        """The loss as a mean over samples (), all of which have labels.

        By their weights; 0 where none has any.
        """
        values = self.loss(output, target)
        if self.weight is None:
            return mean_of(values, first_of(output))
        weights = self.weight(target)
        total = weights.sum()
        return (weights * values).sum() / torch.where(total > 0, total, 1.0)

    def loss_over(self, mean: Tensor, statistics: Tensor) -> Tensor:
        """The loss (…) over a split, NaN where none of its samples has a label.

        Args:
            mean: The mean (…) of `scores`' losses over the split.
            statistics: Likewise (…, s).
        """
        if isinstance(self.loss, LossOfMeans):
            return self.loss.figure(self.loss_means(statistics))
        return mean / self.labelled_share(statistics)

    def loss_means(self, statistics: Tensor) -> Tensor:
        """What a `LossOfMeans` follows from, of statistics (…, s)."""
        return statistics[..., self._metrics_size :]

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
        """How many statistics there are.

        Of the metrics, and after them of the loss, or else the mean weight and the share of labels.
        """
        of_loss = self.loss.size if isinstance(self.loss, LossOfMeans) else 0
        return self._metrics_size + of_loss + (self.weight is not None) + self.counts_labels

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

    def _means(self, output: Several, target: Several) -> tuple[Tensor, Tensor]:
        """Means over a batch: of w l (), of the metrics' statistics and of w, where it is given.

        Those that a loss follows from are differentiable too, as the certificate needs them.
        """
        given = mapped(Tensor.detach, output)
        parts = [metric.statistics(given, target) for metric in self.all_metrics.values()]
        if isinstance(self.loss, LossOfMeans):
            means = self.loss.statistics(output, target)
            return self.loss.of_batch(means), torch.cat([*parts, means])
        values = self.loss(output, target)
        if self.weight is not None:
            weights = self.weight(target)
            values = weights * values
            parts.append(weights.mean().unsqueeze(0))
        like = first_of(output)
        statistics = torch.cat(parts) if parts else like.detach().new_zeros(0)
        return mean_of(values, like), statistics


def rows_of(several: AnyForm, rows: Tensor) -> AnyForm:
    """Some of the samples of an output or target (B, …)."""
    return mapped(lambda tensor: tensor[rows], several)


def _sum(output: Several) -> Tensor:
    """The sum of what may have a gradient."""
    first, *others = floats_of(output)
    return sum((tensor.sum() for tensor in others), start=first.sum())
