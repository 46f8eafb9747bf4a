"""Losses that follow from means over a split which does not have what they compare."""

import torch

from paretocli.core.in_order import parts_in_order
from paretocli.core.inputs import Several, sample_count
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Data, Problem
from paretocli.core.task import rows_of
from paretocli.errors import InputError


@torch.no_grad()
def refuse_no_value(problem: Problem, outputs: tuple[Several, ...], data: Data, split: str) -> None:
    """Refuse a split over which a loss has no value, whatever a network gives.

    Args:
        problem: The problem, whose losses run without an error.
        outputs: A few of its network (B, …), used again and again.
        data: The split, all of which is read.
        split: Its name.

    Raises:
        InputError: There is such a loss.
    """
    for place, task in enumerate(problem.tasks):
        if not isinstance(task.loss, LossOfMeans):
            continue
        means = torch.zeros(task.loss.size)
        for _, part in parts_in_order(data, problem.evaluation_batch):
            rows = torch.arange(len(part)) % sample_count(outputs[place])
            found = task.loss.statistics(rows_of(outputs[place], rows), part.targets[place])
            means += len(part) / len(data) * found.cpu()
        if means.isfinite().all() and task.loss.figure(means).isnan():
            raise InputError(
                f"The loss of task {task.name} has no value over the {split} split of problem "
                f"{problem.name}, which lacks samples of what it compares; divide the samples "
                "otherwise, or add some."
            )
