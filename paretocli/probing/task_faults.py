"""What can be wrong with a task's loss and metrics, found on a few samples."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.core.inputs import Several, sample_count
from paretocli.core.loss_of_means import LossOfMeans
from paretocli.core.problem import Data, Problem, Task
from paretocli.core.task import rows_of
from paretocli.errors import InputError
from paretocli.probing.broadcasting import may_broadcast, refuse_broadcasting
from paretocli.probing.own_leaves import refuse_loss_parameters
from paretocli.probing.own_state import refuse_memory
from paretocli.probing.sums import refuse_sums

SPREAD_ROWS = 16


def failure(problem: Problem, error: Exception, where: str, advice: str = "mend it") -> InputError:
    """What a problem's code raised, as a sentence; the exception is its cause."""
    message = (str(error).strip().splitlines() or ["(no message)"])[0].removesuffix(".")
    fault = InputError(
        f"The problem {problem.name} raised {type(error).__name__} {where}: {message}; {advice}, "
        "or set PARETOCLI_DEBUG=1 to see where."
    )
    fault.__cause__ = error
    return fault


def device_failure(
    problem: Problem, error: Exception, where: str, device: torch.device, advice: str = "mend it"
) -> InputError:
    """As `failure`, of what went well on the CPU where the device is another one."""
    if device.type == "cpu" or isinstance(error, torch.OutOfMemoryError):
        return failure(problem, error, where, advice)
    return failure(
        problem,
        error,
        f"{where} on {device.type}, and not on the CPU",
        "let tensors of the network's own be buffers, and make others where the given ones are "
        "(device=x.device); --device cpu goes without",
    )


def task_faults(
    problem: Problem,
    data: Data,
    outputs: Sequence[Several],
    targets: Sequence[Several],
    where: str,
) -> dict[str, InputError]:
    """What is wrong with the tasks, by their names: at most one fault each.

    Args:
        problem: The problem.
        data: One split of its data.
        outputs: What its network gives for some samples of it, one (B, …) a task.
        targets: The targets of these samples, one (B, …) a task.
        where: What they are, in a sentence.
    """
    found = {}
    every = enumerate(zip(problem.tasks, outputs, targets, strict=True))
    for number, (task, given, wanted) in every:
        try:
            with warnings.catch_warnings():
                # A loss that broadcasts outputs (B, 1) against targets (B,) trains the wrong thing.
                warnings.filterwarnings("error", message="Using a target size")
                rows = task.labelled(wanted).nonzero().flatten()
                # No others count.
                output, target = rows_of(given, rows), rows_of(wanted, rows)
                _refuse_loss(task, output, target)
                _refuse_metrics(task, output, target)
                if may_broadcast(output, target):
                    refuse_broadcasting(task, output, _spread(task, data, number, target))
                refuse_loss_parameters(task, output, target)
                refuse_memory(task, output, target)
                refuse_sums(task, output, target)
        except InputError as fault:
            found[task.name] = fault
        except Exception as error:  # whatever a loss or metric of somebody's own raises
            found[task.name] = failure(problem, error, f"{where}, in task {task.name}")
    return found


def _refuse_loss(task: Task, output: Several, target: Several) -> None:
    loss, count = task.loss(output, target), sample_count(target)
    if not isinstance(loss, Tensor):
        raise InputError(
            f"The loss of task {task.name} is {type(loss).__name__}, which has no gradient; "
            "compute it with torch, from the network's outputs."
        )
    if loss.shape not in {(), (count,)}:
        raise InputError(
            f"The loss of task {task.name} has the shape {tuple(loss.shape)} for a batch of "
            f"{count}; a loss should be a single number, the mean over the batch, or one "
            f"number for each sample, ({count},)."
        )
    if isinstance(task.loss, LossOfMeans):
        _refuse_loss_of_means(task.name, task.loss, output, target)
    if task.weight is None:
        return
    for what, found in {"loss": loss, "weight": task.weight(target)}.items():
        if found.shape != (count,):
            raise InputError(
                f"The {what} of task {task.name} has the shape {tuple(found.shape)} for a batch of "
                f"{count}; where samples have weights it should be one number for each "
                f"sample, ({count},)."
            )


def _refuse_loss_of_means(name: str, loss: LossOfMeans, output: Several, target: Several) -> None:
    means = loss.statistics(output, target)
    if means.shape != (loss.size,):
        raise InputError(
            f"The statistics of the loss of task {name} have the shape {tuple(means.shape)}; they "
            f"should be {loss.size} means over the batch, ({loss.size},), as its size says."
        )
    if loss.figure(torch.stack([means, means])).shape != (2,):
        raise InputError(
            f"The figure of the loss of task {name} should give one loss for each network, (K,), "
            f"from their statistics (K, {loss.size})."
        )


def _refuse_metrics(task: Task, output: Several, target: Several) -> None:
    count = sample_count(target)
    for name, metric in task.all_metrics.items():
        if metric.of_whole:  # of a whole split, not of a few samples
            continue
        function = metric.function or metric.statistics
        value = torch.as_tensor(function(output, target))
        few = {(metric.size,)} if metric.function is None else {(), (count,)}
        if value.shape not in few:
            expected = (
                "one number, the mean over the batch, or one for each sample"
                if metric.function
                else f"{metric.size} numbers, means over the batch"
            )
            raise InputError(
                f"The metric {name} of task {task.name} gives the shape {tuple(value.shape)} "
                f"for a batch of {count} instead of {expected}; mend it, or declare it as "
                "Metric.whole if it needs all of a split at once."
            )
    task.figures(task.statistics(output, target))


def _spread(task: Task, data: Data, number: int, few: Several) -> Several:
    """Some targets of a task from all over a split, which may be sorted; else the few (B, …)."""
    rows = torch.linspace(0, len(data) - 1, min(SPREAD_ROWS, len(data))).long()
    target = data.rows(rows).targets[number]
    there = task.labelled(target).nonzero().flatten()
    return rows_of(target, there) if len(there) else few
