"""Losses and metrics of outputs that come from somewhere else than a network."""

import math
from collections.abc import Mapping

import torch
from torch import Tensor

from paretocli.core.inputs import Several
from paretocli.core.problem import Problem, Samples, Split
from paretocli.core.task import Task, rows_of
from paretocli.training.whole_split import value_of_whole

Figures = dict[str, float | None]


@torch.no_grad()
def figures_of(
    problem: Problem, split: Split, samples: Samples, outputs: Mapping[str, Tensor]
) -> Figures:
    """The figures of all tasks that have an output, or read that of one, by their columns.

    Args:
        problem: The problem.
        split: Which of its splits it is.
        samples: The split.
        outputs: Of tasks by name (N, …).
    """
    found: Figures = {}
    for task, target in zip(problem.tasks, samples.targets, strict=True):
        if (output := outputs.get(task.of or task.name)) is None:
            continue
        loss, statistics = task.scores(output, target)
        found[f"loss_{task.name}_{split}"] = _finite(float(task.loss_over(loss, statistics)))
        figures = task.figures(statistics).tolist()
        whole = _whole(task, output, target)
        for name, figure in zip(task.all_metrics, figures, strict=True):
            found[f"{name}_{task.name}_{split}"] = _finite(whole.get(name, figure))
    return found


def _whole(task: Task, output: Tensor, target: Several) -> dict[str, float]:
    """The metrics that need all of a split at once, of its labelled samples."""
    rows = task.labelled(target).nonzero().flatten()
    labels = rows_of(target, rows)
    return {
        name: value_of_whole(task, name, metric, output[rows], labels)
        for name, metric in task.whole_metrics.items()
    }


def _finite(value: float) -> float | None:
    """JSON knows no NaN; a missing number is null."""
    return value if math.isfinite(value) else None
