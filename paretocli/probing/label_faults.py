"""Losses that fail on the few labels, or on none, that a batch of training happens to have."""

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.core.inputs import Several, sample_count, tensors_of
from paretocli.core.problem import Problem, Samples, Task
from paretocli.core.task import rows_of
from paretocli.errors import InputError

# Such batches in an epoch, on average: below that, a whole training hardly ever meets one.
RARE = 1e-4


def label_faults(
    problem: Problem, outputs: Sequence[Several], batch_size: int
) -> dict[str, InputError]:
    """Losses that fail where a batch has one label, or the same target everywhere.

    The latter is what a batch without labels looks like where a task does not say what stands for
    none. Only batches that training is to be expected to meet are tried. Of data that is read as
    it is needed, the first samples are looked at.

    Args:
        problem: The problem.
        outputs: What its network gives for some samples, one (B, …) a task; they stand for
            those of all.
        batch_size: Samples of a training step.

    Returns:
        Faults by the tasks' names.
    """
    size = min(batch_size, len(problem.an_epoch))
    data = problem.an_epoch
    samples = data if isinstance(data, Samples) else data.rows(slice(problem.evaluation_batch))
    found = {}
    for task, output, target in zip(problem.tasks, outputs, samples.targets, strict=True):
        fault = (_one_label if task.counts_labels else _same_target)(
            task, output, target, size, len(problem.an_epoch) // size
        )
        if fault is not None:
            found[task.name] = fault
    return found


def _one_label(
    task: Task, output: Several, target: Several, size: int, steps: int
) -> InputError | None:
    """A loss that fails on a single labelled sample, where batches have so few."""
    rows = task.labelled(target).nonzero().flatten()
    share = len(rows) / sample_count(target)
    if len(rows) == 0 or size * share * (1 - share) ** (size - 1) * steps < RARE:
        return None
    what = _failing(task, output, rows_of(target, rows[:1]))
    if not what or _failing(task, output, rows_of(target, rows[: max(2, size)])):
        return None
    return InputError(
        f"The loss of task {task.name} {what} on a batch with a single labelled sample, which "
        f"batches of {size} have now and then with {share:.1%} of labels; let the loss give "
        "a number there, or take a larger --batch-size."
    )


def _same_target(
    task: Task, output: Several, target: Several, size: int, steps: int
) -> InputError | None:
    """A loss that fails where all targets of a batch are the one that most samples have."""
    count = sample_count(target)
    for name, tensor in tensors_of(target).items():
        for value, rows in _common(tensor):
            share = len(rows) / count
            if len(rows) == count or share**size * steps < RARE:
                continue
            what = _failing(task, output, rows_of(target, rows[:size]))
            others = torch.ones(count, dtype=torch.bool).index_fill_(0, rows.cpu(), False)
            rest = others.nonzero().flatten()[:size].to(tensor.device)
            if what and not _failing(task, output, rows_of(target, rest)):
                targets = f"targets {name!r}" if name else "targets"
                sign = f"{{{name!r}: {_written(value)}}}" if name else _written(value)
                return InputError(
                    f"The loss of task {task.name} {what} on a batch in which all {targets} are "
                    f"{value}, as those of {share:.1%} of the training samples are, so that some "
                    f"batches of {size} hold nothing else; if that stands for no label, declare "
                    f"it with the task: missing={sign}."
                )
    return None


def _common(target: Tensor) -> list[tuple[float | int, Tensor]]:
    """Numbers that are all that some samples' targets hold, with these samples: the commonest."""
    if target.numel() == 0:
        return []
    flat = target.unsqueeze(-1).flatten(1)
    found: list[tuple[float | int, Tensor]] = []
    if target.is_floating_point():
        found.append((float("nan"), flat.isnan().all(dim=1).nonzero().flatten()))
    alike = (flat == flat[:, :1]).all(dim=1)
    if alike.any():
        values, counts = torch.unique(flat[alike, 0], return_counts=True)
        value = values[counts.argmax()]
        rows = (alike & (flat[:, 0] == value)).nonzero().flatten()
        found.append((value.item(), rows))
    return [(value, rows) for value, rows in found if len(rows)]


@torch.no_grad()
def _failing(task: Task, output: Several, target: Several) -> str:
    """What a loss does with targets, and outputs repeated for them, where it does not work."""
    try:
        rows = torch.arange(sample_count(target)) % sample_count(output)
        loss = task.mean_loss(rows_of(output, rows), target)
    except Exception as error:  # whatever a loss of somebody's own raises
        message = (str(error).strip().splitlines() or ["(no message)"])[0].removesuffix(".")
        return f"raises {type(error).__name__} ({message})"
    return "" if loss.isfinite() else f"is {float(loss)}"


def _written(value: float | int) -> str:
    return "math.nan" if math.isnan(value) else str(value)
