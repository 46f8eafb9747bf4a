"""What the metrics of each task need of each test sample, so that samples can be drawn again."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from operator import itemgetter

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from paretocli.core.inputs import Several, combined, mapped, of_form, sample_count, tensors_of
from paretocli.core.metric import Metric
from paretocli.core.outputs import grouped
from paretocli.core.prediction import Classes
from paretocli.core.problem import Problem
from paretocli.core.shared_outputs import one_a_task
from paretocli.core.task import Task, rows_of
from paretocli.errors import InputError
from paretocli.training.evaluation import shares
from paretocli.training.whole_split import value_of_whole

Function = Callable[..., Sequence[Tensor]]
Places = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class TaskSamples:
    """Those of a task.

    Attributes:
        task: The task.
        places: Which of the n labelled samples each sample is (N,), −1 where it has no label.
        statistics: By metric that is none of a whole split, the statistics of each (n, s).
        output: (n, …), where there are metrics of a whole split.
        target: (n, …), likewise.
        classes: The class of each (N,), −1 for none; None where it has no classes.
        groups: The group of each (N,), −1 for none; None where it compares none.
        predicted: The class that the network takes each for (N,), −2 where its output is no
            number; None where outputs are not the logits of classes.
    """

    task: Task
    places: Places
    statistics: dict[str, Tensor]
    output: Several | None
    target: Several | None
    classes: Places | None
    groups: Places | None
    predicted: Places | None = None

    def figure(self, name: str, rows: Places) -> float:
        """A metric of some samples, NaN where it has no value.

        Args:
            name: Of the metric.
            rows: Numbers of samples, some perhaps several times (R,).
        """
        found = self.places[rows]
        at = torch.from_numpy(found[found >= 0])
        if not len(at):
            return math.nan
        metric = self.task.all_metrics[name]
        if not metric.of_whole:
            return float(metric.figure(self.statistics[name][at].mean(dim=0)))
        assert self.output is not None
        assert self.target is not None
        output, target = (mapped(itemgetter(at), one) for one in (self.output, self.target))
        try:
            return value_of_whole(self.task, name, metric, output, target)
        except InputError:  # such as of samples of one class
            return math.nan


@torch.no_grad()
def samples_of(
    problem: Problem, function: Function, form: Sequence[Several]
) -> tuple[TaskSamples, ...]:
    """Run a network on the test data.

    Args:
        problem: Whose data and tasks.
        function: From the tensors of raw inputs (B, …) to those of the tasks' outputs, in order.
        form: Some outputs, one a task that has its own.
    """
    found = [_Collected(task, task.name in problem.description.groups) for task in problem.tasks]
    for _, batch in shares(problem.test, problem.evaluation_batch):
        outputs = grouped(function(*tensors_of(batch.inputs).values()), form)
        each = zip(found, one_a_task(outputs, problem.tasks), batch.targets, strict=True)
        for collected, output, target in each:
            collected.add(output, target)
    return tuple(collected.all() for collected in found)


class _Collected:
    """A task's samples, batch by batch."""

    def __init__(self, task: Task, has_groups: bool) -> None:
        self._task, self._has_groups = task, has_groups
        self._labelled: list[Tensor] = []
        self._statistics: dict[str, list[Tensor]] = {
            name: [] for name, metric in task.all_metrics.items() if not metric.of_whole
        }
        self._outputs: list[Several] = []
        self._targets: list[Several] = []
        self._classes: list[Tensor] = []
        self._groups: list[Tensor] = []
        self._predicted: list[Tensor] = []

    def add(self, output: Several, target: Several) -> None:
        labelled = self._task.labelled(target).cpu()
        self._labelled.append(labelled)
        if isinstance(target, Tensor) and _are_classes(self._task, target):
            self._classes.append(torch.where(labelled, target.flatten().cpu(), -1))
            self._predicted += _predicted(self._task, output)
        if self._has_groups and isinstance(target, Mapping) and "group" in target:
            self._groups.append(target["group"].flatten().cpu())
        rows = labelled.nonzero().flatten()
        output, target = rows_of(output, rows), rows_of(target, rows)
        for name, kept in self._statistics.items():
            kept.append(_of_each(self._task.all_metrics[name], output, target).cpu().double())
        if self._task.whole_metrics:
            self._outputs.append(mapped(Tensor.cpu, output))
            self._targets.append(mapped(Tensor.cpu, target))

    def all(self) -> TaskSamples:
        labelled = torch.cat(self._labelled)
        places = torch.where(labelled, labelled.cumsum(0) - 1, -1)
        return TaskSamples(
            self._task,
            places.numpy(),
            {name: torch.cat(kept) for name, kept in self._statistics.items()},
            combined(torch.cat, self._outputs) if self._outputs else None,
            combined(torch.cat, self._targets) if self._targets else None,
            torch.cat(self._classes).numpy() if self._classes else None,
            torch.cat(self._groups).numpy() if self._groups else None,
            torch.cat(self._predicted).numpy() if self._predicted else None,
        )


def _are_classes(task: Task, target: Tensor) -> bool:
    """Whether targets (B, …) are the numbers of classes, one a sample."""
    said = isinstance(task.prediction, Classes)
    return said and not target.is_floating_point() and target.numel() == len(target)


def _predicted(task: Task, output: Several) -> list[Tensor]:
    """The likeliest class of each sample (B,), −2 where an output is no number.

    None where outputs are not logits (B, C).
    """
    said = task.prediction
    if not isinstance(output, Tensor) or not isinstance(said, Classes):
        return []
    if output.dim() != 2 or output.shape[1] != said.count:
        return []
    return [torch.where(output.isnan().any(dim=1), -2, output.argmax(dim=1)).cpu()]


def _of_each(metric: Metric, output: Several, target: Several) -> Tensor:
    """A metric's statistics of each sample (n, s)."""
    count = sample_count(output)
    if not count:
        return torch.zeros(0, metric.size)
    if metric.function is not None:
        values = metric.function(output, target)
        if isinstance(values, Tensor) and values.shape == (count,):
            return values.unsqueeze(1)

    outputs, targets = (list(tensors_of(one).values()) for one in (output, target))

    def of_one(tensors: list[Tensor], labels: list[Tensor]) -> Tensor:
        one = of_form(output, [tensor.unsqueeze(0) for tensor in tensors])
        return metric.statistics(one, of_form(target, [label.unsqueeze(0) for label in labels]))

    try:
        with warnings.catch_warnings():  # of operations that are done one by one
            warnings.simplefilter("ignore")
            found: Tensor = torch.func.vmap(of_one)(outputs, targets)
            return found
    except Exception:  # numpy, numbers of Python, and whatever else is done within
        each = (of_one([t[n] for t in outputs], [t[n] for t in targets]) for n in range(count))
        try:
            return torch.stack(list(each))
        except Exception:  # some take no single sample
            return torch.full((count, metric.size), torch.nan)
