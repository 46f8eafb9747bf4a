"""What two networks cost and give, side by side."""

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from paretocli.problems.inputs import tensors_of
from paretocli.problems.problem import Problem
from paretocli.training.evaluation import shares

Function = Callable[..., Sequence[Tensor]]

WARM_UP, CALLS = 10, 200


@dataclass(frozen=True)
class Outputs:
    """What functions give for the same samples.

    Attributes:
        metrics: By function, the metrics by column name.
        difference: By function, the largest difference of an output from the first one's.
        largest: The largest output of the first one.
    """

    metrics: dict[str, dict[str, float]]
    difference: dict[str, float]
    largest: float


@torch.no_grad()
def compare_outputs(problem: Problem, functions: Mapping[str, Function]) -> Outputs:
    """Run functions on the test data.

    Args:
        problem: Whose data and tasks.
        functions: From the tensors of raw inputs (B, …) to one output a task; the first is the
            measure of the others.
    """
    statistics = {
        name: [torch.zeros(task.statistics_size) for task in problem.tasks] for name in functions
    }
    difference = dict.fromkeys(functions, 0.0)
    largest = 0.0
    for share, batch in shares(problem.test, problem.evaluation_batch):
        first: Sequence[Tensor] | None = None
        for name, function in functions.items():
            outputs = function(*tensors_of(batch.inputs).values())
            first = outputs if first is None else first
            for place, (task, target) in enumerate(zip(problem.tasks, batch.targets, strict=True)):
                gap = (outputs[place] - first[place]).abs().max()
                difference[name] = max(difference[name], float(gap))
                largest = max(largest, float(first[place].abs().max()))
                statistics[name][place] += share * task.statistics(outputs[place], target)
    metrics = {
        name: {
            f"{metric}_{task.name}": float(figure)
            for task, found in zip(problem.tasks, parts, strict=True)
            for metric, figure in zip(task.metrics, task.figures(found), strict=True)
        }
        for name, parts in statistics.items()
    }
    return Outputs(metrics, difference, largest)


@torch.no_grad()
def multiply_accumulates(network: nn.Module, sample: Sequence[Tensor]) -> int:
    """Multiply-accumulates for one sample, tensors (1, …)."""
    with FlopCounterMode(display=False) as counter:
        network(*sample)
    return int(counter.get_total_flops() // 2)


@torch.no_grad()
def latencies(functions: Sequence[Callable[..., Any]], batch: Sequence[Tensor]) -> list[float]:
    """Median seconds of a call of each function on the tensors of a batch, called in turn."""
    times: list[list[float]] = [[] for _ in functions]
    # The first calls choose kernels and take memory.
    for repeat in range(WARM_UP + CALLS):
        for function, found in zip(functions, times, strict=True):
            before = time.perf_counter()
            function(*batch)
            if repeat >= WARM_UP:
                found.append(time.perf_counter() - before)
    return [statistics.median(found) for found in times]
