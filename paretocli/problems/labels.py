"""Which samples of a split have labels."""

from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.errors import InputError
from paretocli.problems.samples import Data, Samples
from paretocli.problems.task import Task


def labelled_shares(tasks: Sequence[Task], data: Data, where: str, batch: int) -> tuple[float, ...]:
    """The share of a split's samples that have a label, for each task (m,).

    Args:
        tasks: The tasks.
        data: The split.
        where: What it is, for the message.
        batch: Samples that are read at once, where they are read as needed.

    Raises:
        InputError: No sample has a label of one of the tasks.
    """
    if not any(task.counts_labels for task in tasks):
        return (1.0,) * len(tasks)
    counts = torch.zeros(len(tasks), dtype=torch.int64)
    for start in range(0, len(data), len(data) if isinstance(data, Samples) else batch):
        part = data if isinstance(data, Samples) else data.rows(slice(start, start + batch))
        counts += _counts(tasks, part)
    for task, count in zip(tasks, counts.tolist(), strict=True):
        if count == 0:
            raise InputError(
                f"{where} has no label of task {task.name}: all its targets are {task.missing}, "
                "which stands for none; every split needs some of each task."
            )
    return tuple((counts.double() / len(data)).tolist())


def refuse_impossible(task: Task, target: Tensor, where: str) -> None:
    """Refuse a sign for no label that no target can be.

    Args:
        task: The task.
        target: Some of its targets.
        where: What they are, for the message.

    Raises:
        InputError: Targets of this type never have that value.
    """
    if task.missing is None or target.is_floating_point():
        return
    held = torch.iinfo(target.dtype) if target.dtype != torch.bool else None
    low, high = (0, 1) if held is None else (held.min, held.max)
    if not (float(task.missing).is_integer() and low <= task.missing <= high):
        raise InputError(
            f"Task {task.name} has missing={task.missing}, which none of its targets in {where} "
            f"can be: they are of {str(target.dtype).removeprefix('torch.')}; give a number of "
            "that type."
        )


def _counts(tasks: Sequence[Task], samples: Samples) -> Tensor:
    found = [
        int(task.labelled(target).sum())
        for task, target in zip(tasks, samples.targets, strict=True)
    ]
    return torch.tensor(found)
