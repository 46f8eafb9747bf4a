"""What a network is trained for: an objective with data."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import torch
from torch import Tensor

from paretocli.problems.metric import Metric, MetricFunction, TaskFunction

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

    def statistics(self, output: Tensor, target: Tensor) -> Tensor:
        """What the metrics need of a batch, means over it (s,)."""
        parts = [metric.statistics(output, target) for metric in self.all_metrics.values()]
        return torch.cat(parts) if parts else output.new_zeros(0)

    def figures(self, statistics: Tensor) -> Tensor:
        """The metrics (…, q) from their statistics' means (…, s) over all samples."""
        metrics = self.all_metrics.values()
        parts = torch.split(statistics, [metric.size for metric in metrics], dim=-1)
        figures = [metric.figure(part) for metric, part in zip(metrics, parts, strict=True)]
        return torch.stack(figures, dim=-1) if figures else statistics

    @property
    def statistics_size(self) -> int:
        """How many statistics the metrics need."""
        return sum(metric.size for metric in self.all_metrics.values())
