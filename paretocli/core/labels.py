"""Which samples of a split have labels."""

from collections.abc import Iterator, Sequence

import torch
from torch import Tensor

from paretocli.core.in_order import parts_in_order
from paretocli.core.inputs import sample_count
from paretocli.core.samples import Data, Samples
from paretocli.core.task import Task
from paretocli.errors import InputError


def labelled_shares(tasks: Sequence[Task], data: Data, where: str, batch: int) -> tuple[float, ...]:
    """The mean weight of a split's samples, for each task (m,): the share that has a label.

    Args:
        tasks: The tasks.
        data: The split.
        where: What it is, for the message.
        batch: Samples that are read at once, where they are read as needed.

    Raises:
        InputError: No sample has a label of one of the tasks, or a weight is no weight.
    """
    if not any(task.counts_weights for task in tasks):
        return (1.0,) * len(tasks)
    sums = torch.zeros(len(tasks), dtype=torch.float64)
    for _, part in _parts(data, batch):
        sums += _sums(tasks, part, where)
    for task, total in zip(tasks, sums.tolist(), strict=True):
        if total == 0:
            why = (
                f"all its targets are {task.missing}, which stands for none"
                if task.weight is None
                else "none of its samples has a weight above 0"
            )
            raise InputError(
                f"{where} has no label of task {task.name}: {why}; every split needs some of each "
                "task."
            )
    return tuple((sums / len(data)).tolist())


def _sums(tasks: Sequence[Task], samples: Samples, where: str) -> Tensor:
    """The sums of the samples' weights (m,)."""
    found = []
    for task, target in zip(tasks, samples.targets, strict=True):
        count = sample_count(target)
        weights = task.weights(target).double() if task.counts_weights else torch.ones(count)
        if not ((weights >= 0) & weights.isfinite()).all():
            raise InputError(
                f"{where} has samples of task {task.name} whose weight is negative or no finite "
                "number; how much a sample counts should be 0 or more."
            )
        found.append(float(weights.sum()))
    return torch.tensor(found, dtype=torch.float64)


def rows_with_labels(tasks: Sequence[Task], data: Data, count: int, batch: int) -> Tensor:
    """The first samples of a split, or where labels may be missing, some that have them.

    Args:
        tasks: The tasks; one without any label, as a small part of a split may have, adds none.
        data: The split.
        count: How many; where labels may be missing, at least one a task.
        batch: Samples that are read at once, where they are read as needed.

    Returns:
        Their numbers (count,), the same ones again where the split is smaller.
    """
    if not any(task.counts_labels for task in tasks):
        return torch.arange(count) % len(data)
    count = max(count, len(tasks))
    share = -(-count // len(tasks))
    found = [_first_labelled(tasks, place, data, share, batch) for place in range(len(tasks))]
    each = [rows for rows in found if len(rows)]
    if not each:
        return torch.arange(count) % len(data)
    share = -(-count // len(each))
    # One of each in turn, so that the first few have labels of all tasks.
    mixed = torch.stack([rows[torch.arange(share) % len(rows)] for rows in each], dim=1).flatten()
    return mixed[:count]


def _first_labelled(
    tasks: Sequence[Task], place: int, data: Data, count: int, batch: int
) -> Tensor:
    found: list[Tensor] = []
    for start, part in _parts(data, batch):
        found.append(start + tasks[place].labelled(part.targets[place]).nonzero().flatten().cpu())
        if sum(map(len, found)) >= count:
            break
    return torch.cat(found)[:count]


def _parts(data: Data, batch: int) -> Iterator[tuple[int, Samples]]:
    """Parts of a split with the number of their first sample; all at once if it is in memory."""
    if isinstance(data, Samples):
        yield 0, data
        return
    yield from parts_in_order(data, batch)
