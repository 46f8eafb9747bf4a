"""What can be wrong with a task's loss and metrics, found on a few samples."""

import warnings
from collections.abc import Sequence

import torch
from torch import Tensor

from paretocli.core.problem import Data, Problem, Task
from paretocli.errors import InputError
from paretocli.probing.own_leaves import refuse_loss_parameters
from paretocli.probing.sums import refuse_sums

SPREAD_ROWS = 16
RAMP = 0.01  # what outputs that happen to be equal are told apart by, relative to the largest
DIFFERENCE = 1e-6  # of two losses, relative; less is rounding in double precision


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
    outputs: Sequence[Tensor],
    targets: Sequence[Tensor],
    where: str,
) -> dict[str, InputError]:
    """What is wrong with the tasks, by their names: at most one fault each.

    Args:
        problem: The problem.
        data: One split of its data.
        outputs: What its network gives for some samples of it, one tensor (B, …) a task.
        targets: The targets of these samples, one tensor (B, …) a task.
        where: What they are, in a sentence.
    """
    found = {}
    every = enumerate(zip(problem.tasks, outputs, targets, strict=True))
    for number, (task, output, target) in every:
        try:
            with warnings.catch_warnings():
                # A loss that broadcasts outputs (B, 1) against targets (B,) trains the wrong thing.
                warnings.filterwarnings("error", message="Using a target size")
                there = task.labelled(target)
                output, target = output[there], target[there]  # noqa: PLW2901 - no others count
                _refuse_loss(task, output, target)
                _refuse_metrics(task, output, target)
                if output.shape != target.shape and output.numel() == target.numel():
                    _refuse_broadcasting(task, output, _spread(task, data, number, target))
                refuse_loss_parameters(task, output, target)
                refuse_sums(task, output, target)
        except InputError as fault:
            found[task.name] = fault
        except Exception as error:  # whatever a loss or metric of somebody's own raises
            found[task.name] = failure(problem, error, f"{where}, in task {task.name}")
    return found


def _refuse_loss(task: Task, output: Tensor, target: Tensor) -> None:
    loss = task.loss(output, target)
    if not isinstance(loss, Tensor):
        raise InputError(
            f"The loss of task {task.name} is {type(loss).__name__}, which has no gradient; "
            "compute it with torch, from the network's outputs."
        )
    if loss.shape not in {(), (len(target),)}:
        raise InputError(
            f"The loss of task {task.name} has the shape {tuple(loss.shape)} for a batch of "
            f"{len(target)}; a loss should be a single number, the mean over the batch, or one "
            f"number for each sample, ({len(target)},)."
        )
    if task.weight is None:
        return
    for what, found in {"loss": loss, "weight": task.weight(target)}.items():
        if found.shape != (len(target),):
            raise InputError(
                f"The {what} of task {task.name} has the shape {tuple(found.shape)} for a batch of "
                f"{len(target)}; where samples have weights it should be one number for each "
                f"sample, ({len(target)},)."
            )


def _refuse_metrics(task: Task, output: Tensor, target: Tensor) -> None:
    for name, metric in task.all_metrics.items():
        if metric.of_whole:  # of a whole split, not of a few samples
            continue
        function = metric.function or metric.statistics
        value = torch.as_tensor(function(output, target))
        few = {(metric.size,)} if metric.function is None else {(), (len(target),)}
        if value.shape not in few:
            expected = (
                "one number, the mean over the batch, or one for each sample"
                if metric.function
                else f"{metric.size} numbers, means over the batch"
            )
            raise InputError(
                f"The metric {name} of task {task.name} gives the shape {tuple(value.shape)} "
                f"for a batch of {len(target)} instead of {expected}; mend it, or declare it as "
                "Metric.whole if it needs all of a split at once."
            )
    task.figures(task.statistics(output, target))


def _refuse_broadcasting(task: Task, outputs: Tensor, target: Tensor) -> None:
    """Refuse a loss that pairs each output with every target: its value is that of no batch.

    It does if it changes when the outputs get the targets' shape.

    Args:
        task: The task.
        outputs: (B, …), used again and again for the targets.
        target: (S, …), of as many numbers a sample but in another shape.
    """
    target = _double(target)
    output = _double(outputs)[torch.arange(len(target)) % len(outputs)]
    ramp = torch.linspace(0, 1, len(output), dtype=output.dtype)
    output = output + RAMP * (1 + output.abs().max()) * ramp.reshape(-1, *[1] * (output.dim() - 1))
    try:
        as_it_is = task.mean_loss(output, target)
        as_meant = task.mean_loss(output.reshape(target.shape), target)
    except Exception:  # a loss that looks at the shapes itself knows what it does
        return
    if (as_it_is - as_meant).abs() > DIFFERENCE * as_meant.abs().clamp(min=DIFFERENCE):
        raise InputError(
            f"The loss of task {task.name} pairs every output with every target, for its outputs "
            f"have the shape {batch_shape(output)} and its targets {batch_shape(target)}; give "
            "both one shape, as output.squeeze(1) does."
        )


def _spread(task: Task, data: Data, number: int, few: Tensor) -> Tensor:
    """Some targets of a task from all over a split, which may be sorted; else the few (B, …)."""
    rows = torch.linspace(0, len(data) - 1, min(SPREAD_ROWS, len(data))).long()
    target = data.rows(rows).targets[number]
    there = task.labelled(target)
    return target[there] if there.any() else few


def _double(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor


def batch_shape(tensor: Tensor) -> str:
    """The shape of a batch, whatever its size."""
    sizes = ["B", *map(str, tensor.shape[1:])]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"
