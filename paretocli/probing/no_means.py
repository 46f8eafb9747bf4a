"""Losses and metrics that are taken for means over samples, and are none."""

import math
import warnings
from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Several, first_of, floats_mapped, sample_count
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Problem, Task
from paretocli.core.task import rows_of
from paretocli.probing.rehearsal import outputs_of

ROWS = 256
DIFFERENCE = 1e-3  # of two values, relative; less is rounding

Function = Callable[[Any, Any], Any]


def no_mean_notes(problem: Problem, network: nn.Module) -> list[str]:
    """Which losses and metrics over some training samples differ from the mean of two halves.

    A mean over samples cannot, however they are divided. What does is another number for each size
    of batches, mostly a wrong one. The halves are those with the smaller and the larger targets, as
    data that is sorted by class gives them. What draws at random is not judged.

    Args:
        problem: The problem; its losses and metrics run without an error on some samples.
        network: Its network, on the CPU.
    """
    if not any(_suspects(task) for task in problem.tasks):
        return []
    rows = torch.linspace(0, len(problem.train) - 1, min(ROWS, len(problem.train))).long()
    samples = problem.train.rows(rows)
    outputs = outputs_of(problem, network, samples)
    notes = []
    for task, output, target in zip(problem.tasks, outputs, samples.targets, strict=True):
        there = task.labelled(target).nonzero().flatten()
        order = _order(rows_of(target, there))
        rows = there[order]
        for what, function, advice in _suspects(task):
            found = _difference(function, rows_of(output, rows), rows_of(target, rows))
            if found is not None:
                halves, whole = found
                notes.append(
                    f"The {what} of task {task.name} is no mean over samples: {halves:.4g} as the "
                    f"mean of two halves of {len(order)} samples, and {whole:.4g} at once; {advice}"
                )
    return notes


def _suspects(task: Task) -> list[tuple[str, Function, str]]:
    """What a task has that is taken for a mean, and what to do where it is none."""
    advice = (
        "let it return one number a sample, and where samples have no label, declare "
        "Task(…, missing=…)."
    )
    found: list[tuple[str, Function, str]] = []
    if not isinstance(task.loss, LossOfMeans):
        found.append(("loss", task.loss, advice))
    for name, metric in task.all_metrics.items():
        if metric.function is not None and not metric.of_whole:
            found.append((f"metric {name}", metric.function, "wrap it in Metric.whole."))
    return found


def _order(target: Several) -> Tensor:
    """From the smallest to the largest target (n,), by their first numbers."""
    part = first_of(target)
    if part.numel() == 0:  # as of objectives that have no data
        return torch.arange(len(part))
    first = part.unsqueeze(-1).flatten(1)[:, 0]
    return first.nan_to_num().argsort(stable=True)


def _difference(function: Function, output: Several, target: Several) -> tuple[float, float] | None:
    """A function's mean over two halves and its value at once, where these differ.

    Tried on the outputs as they are and on centred ones: a network that has not been trained may
    predict the same class everywhere.
    """
    for tried in (output, floats_mapped(lambda t: t - t.mean(dim=0), output)):
        try:
            found = _halves_and_whole(function, tried, target)
        except Exception:  # what fails on a half, or on outputs of another kind, is not judged
            continue
        if found is not None:
            return found
    return None


@torch.no_grad()
def _halves_and_whole(
    function: Function, output: Several, target: Several
) -> tuple[float, float] | None:
    count = sample_count(target)
    half = count // 2
    if half == 0:
        return None
    with warnings.catch_warnings(), torch.random.fork_rng(devices=[]):
        warnings.simplefilter("ignore")
        whole, again = function(output, target), function(output, target)
        if isinstance(whole, Tensor) and whole.dim() == 1:
            return None  # one number a sample
        first, second = (
            function(rows_of(output, rows), rows_of(target, rows))
            for rows in (torch.arange(half), torch.arange(half, count))
        )
    whole, again, first, second = map(float, (whole, again, first, second))
    if not math.isfinite(whole) or whole != again:
        return None
    mean = (half * first + (count - half) * second) / count
    size = max(abs(whole), abs(first), abs(second))
    return None if abs(mean - whole) <= DIFFERENCE * size else (mean, whole)
