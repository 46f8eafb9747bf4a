"""Whether a loss can fall below 0: its outputs are taken as free variables and moved."""

from collections.abc import Iterator
from functools import partial

import torch
from torch import Tensor

from paretocli.core.inputs import (
    Several,
    floats_mapped,
    floats_of,
    mapped,
    sample_count,
    tensors_of,
)
from paretocli.core.task import Task, rows_of

STEPS = 60  # of Adam, from each start
FACTORS = (0.1, 1.0, 10.0)  # sizes of a step, and of what is added to the outputs, by their own
BELOW = 1e-4  # of the loss at the start: what is less negative is rounding
MOST_NUMBERS = 100_000  # that are moved at once, unless one sample has more


def can_fall_below_0(task: Task, output: Several, target: Several) -> bool:
    """Look for outputs that make a loss negative. To find none proves nothing.

    The same is found each time, and torch's generators stay as they are.

    Args:
        task: The task.
        output: What the network gives for some samples (B, …).
        target: Their targets (B, …), all of them labels.
    """
    a_sample = sum(tensor[0].numel() for tensor in tensors_of(output).values())
    few = torch.arange(sample_count(target))[: max(1, MOST_NUMBERS // max(1, a_sample))]
    output, target = mapped(Tensor.detach, rows_of(output, few)), rows_of(target, few)
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        try:
            return _found(task, *(floats_mapped(Tensor.double, s) for s in (output, target)))
        except Exception:  # a loss of somebody's own may not know double precision
            return _found(task, output, target)


def _found(task: Task, output: Several, target: Several) -> bool:
    first = float(task.mean_loss(output, target).detach())
    if first < 0:
        return True
    return any(
        value < -BELOW * max(first, torch.finfo(floats_of(output)[0].dtype).tiny)
        for value in _values(task, output, target)
    )


def _values(task: Task, output: Several, target: Several) -> Iterator[float]:
    """The losses on the way down from several starts; a start ends where one is not finite."""
    for factor in FACTORS:
        moved = floats_mapped(partial(_moved, factor=factor), output)
        sizes = map(_size, floats_of(output))
        free = zip(floats_of(moved), sizes, strict=True)
        optimizer = torch.optim.Adam(
            [{"params": [part], "lr": factor * size} for part, size in free]
        )
        for _ in range(STEPS):
            loss = task.mean_loss(moved, target)
            value = float(loss.detach())
            if not (torch.isfinite(loss) and loss.requires_grad):
                break
            yield value
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()


def _moved(start: Tensor, *, factor: float) -> Tensor:
    return (start + factor * _size(start) * torch.randn_like(start)).requires_grad_()


def _size(start: Tensor) -> float:
    return float(start.abs().mean().clamp(min=1.0))
