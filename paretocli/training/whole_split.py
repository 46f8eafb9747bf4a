"""Metrics that need all of a split at once."""

import math
from collections.abc import Sequence
from functools import partial
from operator import itemgetter

import torch
from torch import Tensor

from paretocli.core.inputs import (
    Several,
    combined,
    mapped,
    sample_count,
    tensors_of,
)
from paretocli.core.metric import Metric
from paretocli.core.task import Task, rows_of
from paretocli.errors import InputError


class WholeSplit:
    """Keeps the labelled samples' outputs and targets on the CPU, batch by batch.

    Only for tasks with a `Metric.whole`; for all others it does nothing.

    Args:
        tasks: All tasks, in order.

    Attributes:
        places: Those of tasks with such metrics.
    """

    def __init__(self, tasks: Sequence[Task]) -> None:
        self._tasks = tuple(tasks)
        self.places = [place for place, task in enumerate(tasks) if task.whole_metrics]
        self._outputs: dict[int, list[Several]] = {place: [] for place in self.places}
        self._targets: dict[int, list[Several]] = {place: [] for place in self.places}

    def add(self, outputs: Sequence[Several], targets: Sequence[Several]) -> None:
        """Take up a batch.

        Args:
            outputs: (K, B, …), of the tasks with such metrics.
            targets: (B, …), of all tasks.
        """
        for place, output in zip(self.places, outputs, strict=True):
            there = self._tasks[place].labelled(targets[place])
            rows = there.nonzero().flatten()
            self._outputs[place].append(mapped(partial(_labelled, rows=rows), output))
            self._targets[place].append(mapped(Tensor.cpu, rows_of(targets[place], rows)))

    def put_into(self, metrics: Tensor) -> Tensor:
        """All metrics (K, q), with these in their places."""
        column = 0
        for place, task in enumerate(self._tasks):
            for name, metric in task.all_metrics.items():
                if metric.of_whole:
                    target = combined(torch.cat, self._targets[place])
                    outputs = combined(partial(torch.cat, dim=1), self._outputs[place])
                    figures = [
                        value_of_whole(task, name, metric, mapped(itemgetter(k), outputs), target)
                        for k in range(sample_count(outputs))
                    ]
                    metrics[:, column] = metrics.new_tensor(figures)
                column += 1
        return metrics


def _labelled(outputs: Tensor, *, rows: Tensor) -> Tensor:
    """Some rows of outputs (K, B, …), on the CPU and without a gradient."""
    return outputs.detach()[:, rows].cpu()


def value_of_whole(
    task: Task, name: str, metric: Metric, output: Several, target: Several
) -> float:
    """A metric of a whole split, NaN without samples or where the outputs are not finite.

    Args:
        task: Whose metric it is, for the message.
        name: Its name, likewise.
        metric: It.
        output: (N, …), on the CPU.
        target: (N, …), likewise.

    Raises:
        InputError: It raises something, or gives no number.
    """
    # A network that has diverged is no reason to stop the others; few such functions take NaN.
    count = sample_count(target)
    finite = all(t.isfinite().all() for t in tensors_of(output).values())
    if count == 0 or not finite:
        return math.nan
    assert metric.function is not None
    try:
        return float(metric.function(output, target))
    except Exception as error:  # whatever a metric of somebody's own raises
        message = (str(error).strip().splitlines() or ["(no message)"])[0].removesuffix(".")
        raise InputError(
            f"The metric {name} of task {task.name} raised {type(error).__name__} on "
            f"{count:,} samples ({message}); it should give one number, NaN where it has "
            "no value."
        ) from error
    finally:
        forget(metric)


def forget(metric: Metric) -> None:
    """Let a metric that keeps what it has seen, as those of torchmetrics do, start anew."""
    reset = getattr(metric.function, "reset", None)
    if callable(reset):
        reset()
