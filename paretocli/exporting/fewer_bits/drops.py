"""What tasks lose where a network is stored in fewer bits, each in its main metric."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from paretocli.core.directions import metric_directions
from paretocli.core.inputs import Several, mapped, tensors_of
from paretocli.core.metric_names import Direction
from paretocli.core.outputs import grouped
from paretocli.core.problem import Problem
from paretocli.core.samples import Data
from paretocli.core.shared_outputs import one_a_task
from paretocli.errors import InputError
from paretocli.training.evaluation import shares
from paretocli.training.whole_split import WholeSplit

Function = Callable[..., Sequence[Tensor]]

_SHARES = {
    *("accuracy", "acc", "pixel_accuracy", "balanced_accuracy", "top1_accuracy", "top5_accuracy"),
    *("error_rate", "zero_one_loss", "hamming_loss", "exact_match"),
    *("precision", "recall", "sensitivity", "specificity", "f1", "f1_macro", "f1_micro", "dice"),
    *("iou", "miou", "mean_iou", "jaccard", "auc", "auroc", "roc_auc", "auprc", "pr_auc"),
    *("average_precision", "mean_average_precision", "r2", "mcc", "cohen_kappa"),
}
"""Metrics whose best is 1 or 0, and of which people say points."""


@dataclass(frozen=True)
class Drop:
    """What a task loses.

    Attributes:
        figure: `<metric>_<task>`, or `loss_<task>` where no metric of it is a number.
        unit: `points`, hundredths of what is a share from 0 to 1, or `%` of what it was.
        before: In single precision.
        after: In fewer bits.
        drop: How much worse that is, in the unit; negative where it is better. Where nobody says
            which direction is better, how far it is from before. Infinite where it is no number
            now, NaN where it was none.
    """

    figure: str
    unit: str
    before: float
    after: float
    drop: float


@torch.no_grad()
def figures(
    problem: Problem, function: Function, form: Sequence[Several], samples: Data
) -> dict[str, float]:
    """Losses (`loss_<task>`) and metrics of what gives outputs, on a split.

    Args:
        problem: Whose tasks.
        function: From the tensors of raw inputs (B, …) to those of the outputs, in order.
        form: Some outputs, one a task that has its own.
        samples: The split.
    """
    tasks = problem.tasks
    losses = torch.zeros(len(tasks))
    statistics = [torch.zeros(task.statistics_size) for task in tasks]
    whole = WholeSplit(tasks)
    for share, batch in shares(samples, problem.evaluation_batch):
        tensors = function(*tensors_of(batch.inputs).values())
        outputs = one_a_task(grouped(tensors, form), tasks)
        for place, (task, target) in enumerate(zip(tasks, batch.targets, strict=True)):
            loss, found = task.scores(outputs[place], target)
            losses[place] += share * loss
            statistics[place] += share * found
        kept = [mapped(_of_one, outputs[place]) for place in whole.places]
        whole.add(kept, batch.targets)
    each = list(zip(tasks, statistics, strict=True))
    metrics = whole.put_into(torch.cat([task.figures(found) for task, found in each]).unsqueeze(0))
    over = [
        float(task.loss_over(loss, found)) for (task, found), loss in zip(each, losses, strict=True)
    ]
    names = [f"loss_{task.name}" for task in tasks]
    return dict(zip(problem.metrics, metrics[0].tolist(), strict=True)) | dict(
        zip(names, over, strict=True)
    )


@dataclass(frozen=True)
class MainFigure:
    """What a task is judged by.

    Attributes:
        name: `<metric>_<task>`, or `loss_<task>`.
        direction: Which is better; None where nobody says.
        share: Whether it is a share from 0 to 1.
    """

    name: str
    direction: Direction | None
    share: bool


def main_figures(problem: Problem, before: Mapping[str, float]) -> dict[str, MainFigure]:
    """What each task is judged by: its first metric that is a number, its loss where none is.

    Args:
        problem: Whose tasks.
        before: The figures of the network in single precision on the validation data.

    Raises:
        InputError: A task has no figure that is a number.
    """
    directions: dict[str, Direction | None] = dict(metric_directions(problem))
    found = {}
    for task in problem.tasks:
        names = [f"{name}_{task.name}" for name in task.metrics]
        loss = f"loss_{task.name}"
        there = [name for name in (*names, loss) if math.isfinite(before[name])]
        if not there:
            raise InputError(
                f"No metric of task {task.name} and not its loss is a finite number on the "
                f"validation data, so nothing tells what it loses in fewer bits; choose another "
                "point, or a format without loss."
            )
        name = there[0]
        direction = "lower" if name == loss else directions[name]
        metric = name.removesuffix(f"_{task.name}").removesuffix("_score").lower()
        found[task.name] = MainFigure(name, direction, metric in _SHARES and abs(before[name]) <= 1)
    return found


def drops(
    main: Mapping[str, MainFigure], before: Mapping[str, float], after: Mapping[str, float]
) -> dict[str, Drop]:
    """What each task loses, by its name."""
    return {
        task: drop_of(
            figure.name,
            before[figure.name],
            after[figure.name],
            figure.direction,
            share=figure.share,
        )
        for task, figure in main.items()
    }


def drop_of(
    figure: str, before: float, after: float, direction: Direction | None, *, share: bool
) -> Drop:
    """What is lost from one figure to another.

    Args:
        figure: Its name.
        before: What it was.
        after: Whatever it is now.
        direction: Which is better.
        share: Whether it is a share from 0 to 1.
    """
    unit = "points" if share else "%"
    if not math.isfinite(before):  # as on a test split that says nothing of it
        return Drop(figure, unit, before, after, math.nan)
    if not math.isfinite(after):
        return Drop(figure, unit, before, after, math.inf)
    worse = {"higher": before - after, "lower": after - before, None: abs(after - before)}
    lost = worse[direction]
    if share:
        return Drop(figure, unit, before, after, 100 * lost)
    if before == 0:  # nothing of nothing is some per cent
        return Drop(figure, unit, before, after, math.copysign(math.inf, lost) if lost else 0.0)
    return Drop(figure, unit, before, after, 100 * lost / abs(before))


def _of_one(output: Tensor) -> Tensor:
    """An output (B, …) as that of a population of one (1, B, …)."""
    return output.unsqueeze(0)
