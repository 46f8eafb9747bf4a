"""Whether a loss can fall below 0: its outputs are taken as free variables and moved."""

from collections.abc import Iterator

import torch
from torch import Tensor

from paretocli.core.task import Task

STEPS = 60  # of Adam, from each start
FACTORS = (0.1, 1.0, 10.0)  # sizes of a step, and of what is added to the outputs, by their own
BELOW = 1e-4  # of the loss at the start: what is less negative is rounding
MOST_NUMBERS = 100_000  # that are moved at once, unless one sample has more


def can_fall_below_0(task: Task, output: Tensor, target: Tensor) -> bool:
    """Look for outputs that make a loss negative. To find none proves nothing.

    The same is found each time, and torch's generators stay as they are.

    Args:
        task: The task.
        output: What the network gives for some samples (B, …).
        target: Their targets (B, …), all of them labels.
    """
    rows = max(1, MOST_NUMBERS // max(1, output[0].numel()))
    output, target = output[:rows].detach(), target[:rows]
    with torch.random.fork_rng(devices=[]), torch.enable_grad():
        torch.manual_seed(0)
        try:
            return _found(task, output.double(), _double(target))
        except Exception:  # a loss of somebody's own may not know double precision
            return _found(task, output, target)


def _found(task: Task, output: Tensor, target: Tensor) -> bool:
    first = float(task.mean_loss(output, target).detach())
    if first < 0:
        return True
    return any(
        value < -BELOW * max(first, torch.finfo(output.dtype).tiny)
        for value in _values(task, output, target)
    )


def _values(task: Task, output: Tensor, target: Tensor) -> Iterator[float]:
    """The losses on the way down from several starts; a start ends where one is not finite."""
    size = float(output.abs().mean().clamp(min=1.0))
    for factor in FACTORS:
        moved = (output + factor * size * torch.randn_like(output)).requires_grad_()
        optimizer = torch.optim.Adam([moved], lr=factor * size)
        for _ in range(STEPS):
            loss = task.mean_loss(moved, target)
            value = float(loss.detach())
            if not (torch.isfinite(loss) and loss.requires_grad):
                break
            yield value
            optimizer.zero_grad()
            torch.autograd.backward(loss)
            optimizer.step()


def _double(tensor: Tensor) -> Tensor:
    return tensor.double() if tensor.is_floating_point() else tensor
