"""What two networks cost and give, side by side."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.core.inputs import Several, mapped, tensors_of
from paretocli.core.outputs import grouped, output_names
from paretocli.core.problem import Problem
from paretocli.core.shared_outputs import one_a_task, own_outputs
from paretocli.training.evaluation import shares
from paretocli.training.whole_split import WholeSplit

Function = Callable[..., Sequence[Tensor]]  # to all tensors of the outputs, in order


@dataclass(frozen=True)
class Outputs:
    """What functions give for the same samples.

    Attributes:
        metrics: By function, the metrics by column name.
        difference: By function and output, the largest difference from the first one's, NaN where
            only one of them is a number. An output has its task's name, and that of its part where
            the task has several.
        largest: By output, the largest finite number of the first one.
    """

    metrics: dict[str, dict[str, float]]
    difference: dict[str, dict[str, float]]
    largest: dict[str, float]


@torch.no_grad()
def compare_outputs(
    problem: Problem, functions: Mapping[str, Function], form: Sequence[Several]
) -> Outputs:
    """Run functions on the test data.

    Args:
        problem: Whose data and tasks.
        functions: From the tensors of raw inputs (B, …) to those of the tasks' outputs, in order;
            the first is the measure of the others.
        form: Some outputs, one a task that has its own.
    """
    statistics = {
        name: [torch.zeros(task.statistics_size) for task in problem.tasks] for name in functions
    }
    whole = {name: WholeSplit(problem.tasks) for name in functions}
    names = output_names(own_outputs(problem.tasks), form)
    difference = {name: torch.zeros(len(names)) for name in functions}
    largest = torch.zeros(len(names))
    for share, batch in shares(problem.test, problem.evaluation_batch):
        first: Sequence[Tensor] | None = None
        for name, function in functions.items():
            tensors = function(*tensors_of(batch.inputs).values())
            first = tensors if first is None else first
            for place, (tensor, measure) in enumerate(zip(tensors, first, strict=True)):
                # Unlike `max`, this keeps NaN.
                difference[name][place] = torch.maximum(
                    difference[name][place], _gap(tensor, measure)
                )
                largest[place] = torch.maximum(largest[place], _largest(measure))
            outputs = one_a_task(grouped(tensors, form), problem.tasks)
            for place, (task, target) in enumerate(zip(problem.tasks, batch.targets, strict=True)):
                statistics[name][place] += share * task.statistics(outputs[place], target)
            kept = [mapped(_of_one, outputs[place]) for place in whole[name].places]
            whole[name].add(kept, batch.targets)
    metrics = {
        name: dict(zip(problem.metrics, whole[name].put_into(found)[0].tolist(), strict=True))
        for name, found in _from_batches(problem, statistics).items()
    }
    gaps = {
        name: dict(zip(names, found.tolist(), strict=True)) for name, found in difference.items()
    }
    return Outputs(metrics, gaps, dict(zip(names, largest.tolist(), strict=True)))


def _from_batches(
    problem: Problem, statistics: Mapping[str, Sequence[Tensor]]
) -> dict[str, Tensor]:
    """By function, all metrics (1, q); those of a whole split are NaN."""
    return {
        name: torch.cat(
            [task.figures(found) for task, found in zip(problem.tasks, parts, strict=True)]
        ).unsqueeze(0)
        for name, parts in statistics.items()
    }


def _of_one(output: Tensor) -> Tensor:
    """An output (B, …) as that of a population of one (1, B, …)."""
    return output.unsqueeze(0)


def _gap(one: Tensor, other: Tensor) -> Tensor:
    """The largest difference (); two infinities or two NaN do not differ."""
    one, other = (t.float() if t.dtype == torch.bool else t for t in (one, other))
    same = (one == other) | (one.isnan() & other.isnan())
    return (one - other).abs().masked_fill(same, 0.0).max()


def _largest(output: Tensor) -> Tensor:
    output = output.float() if output.dtype == torch.bool else output
    return output.abs().where(output.isfinite(), 0.0).max()
