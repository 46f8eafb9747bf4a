"""Losses that pair every output with every target, for want of one shape of both."""

import torch
from torch import Tensor

from paretocli.core.inputs import Several, floats_mapped, of_form, sample_count, tensors_of
from paretocli.core.problem import Task
from paretocli.core.task import rows_of
from paretocli.errors import InputError

RAMP = 0.01  # what outputs that happen to be equal are told apart by, relative to the largest
DIFFERENCE = 1e-6  # of two losses, relative; less is rounding in double precision


def may_broadcast(output: Several, target: Several) -> bool:
    """Whether there are tensors of an output that are like others of the target but for shape."""
    return bool(_meant(output, target))


def refuse_broadcasting(task: Task, outputs: Several, target: Several) -> None:
    """Refuse a loss that pairs each output with every target: its value is that of no batch.

    It does if it changes when the outputs get the targets' shape. Where there are several tensors,
    a loss that is the mean of those of single samples is left alone all the same.

    Args:
        task: The task.
        outputs: (B, …), used again and again for the targets.
        target: (S, …), of as many numbers a sample but in another shape.
    """
    target = floats_mapped(Tensor.double, target)
    count = sample_count(target)
    outputs = rows_of(outputs, torch.arange(count) % sample_count(outputs))
    output = floats_mapped(_told_apart, outputs)
    for name, part in _meant(output, target).items():
        shape = tensors_of(target)[part].shape
        parts = tensors_of(output)
        reshaped = of_form(output, [*(parts | {name: parts[name].reshape(shape)}).values()])
        try:
            as_it_is, as_meant = task.mean_loss(output, target), task.mean_loss(reshaped, target)
            differs = _differ(as_it_is, as_meant)
            if differs and not isinstance(output, Tensor):
                differs = _differ(as_it_is, _mean_of_each(task, output, target, count))
        except Exception:  # a loss that looks at the shapes itself knows what it does
            continue
        if differs:
            raise InputError(
                f"The loss of task {task.name} pairs every output with every target, for its "
                f"outputs{_named(name)} have the shape {batch_shape(parts[name])} and its "
                f"targets{_named(part)} {batch_shape(tensors_of(target)[part])}; give "
                "both one shape, as output.squeeze(1) does."
            )


def batch_shape(tensor: Tensor) -> str:
    """The shape of a batch, whatever its size."""
    sizes = ["B", *map(str, tensor.shape[1:])]
    return f"({', '.join(sizes)}{',' if len(sizes) == 1 else ''})"


def _meant(output: Several, target: Several) -> dict[str, str]:
    """For parts of the output, by name, the part of the target whose shape may be meant."""
    if isinstance(output, Tensor) and isinstance(target, Tensor):
        like = output.shape != target.shape and output.numel() == target.numel()
        return {"": ""} if like else {}
    return {
        name: part
        for name, tensor in tensors_of(output).items()
        for part, other in tensors_of(target).items()
        if tensor.shape != other.shape and _sides(tensor) == _sides(other)
    }


def _sides(tensor: Tensor) -> list[int]:
    return [side for side in tensor.shape[1:] if side != 1]


def _told_apart(output: Tensor) -> Tensor:
    output = output.double()
    ramp = torch.linspace(0, 1, len(output), dtype=output.dtype)
    largest = output.abs().max() if output.numel() else 0.0
    return output + RAMP * (1 + largest) * ramp.reshape(-1, *[1] * (output.dim() - 1))


def _mean_of_each(task: Task, output: Several, target: Several, count: int) -> Tensor:
    """The mean of the losses of batches of one sample."""
    rows = torch.arange(count).unsqueeze(1).unbind()
    each = [task.mean_loss(rows_of(output, row), rows_of(target, row)) for row in rows]
    return torch.stack(each).mean()


def _differ(one: Tensor, other: Tensor) -> bool:
    return bool((one - other).abs() > DIFFERENCE * other.abs().clamp(min=DIFFERENCE))


def _named(part: str) -> str:
    return f" {part!r}" if part else ""
