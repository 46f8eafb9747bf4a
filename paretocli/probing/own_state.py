"""What a loss remembers from one call to the next.

One loss serves all points, one after another or at once, in training and in evaluation, and nobody
stores it with a point: a running mean in it would be that of whoever was computed before.
"""

from functools import partial
from typing import Any

import torch
from torch import Tensor, nn

from paretocli.core.inputs import Several
from paretocli.core.problem import Task
from paretocli.errors import InputError
from paretocli.lists import some_of

NAMED = 3  # buffers that a sentence names
ROUNDING = 1e-6  # relative, between two values of the same


def refuse_memory(task: Task, output: Several, target: Several) -> None:
    """Refuse a loss that changes its own buffers, or gives another value the second time.

    What it draws at random is the same both times; its buffers are put back.

    Args:
        task: The task.
        output: (B, …).
        target: (B, …).

    Raises:
        InputError: It does.
    """
    module = _module_of(task.loss)
    buffers = {} if module is None else dict(module.named_buffers())
    before = {name: buffer.clone() for name, buffer in buffers.items()}
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        values = []
        for _ in range(2):
            torch.default_generator.manual_seed(0)
            values.append(task.loss(output, target))
        changed = [name for name, old in before.items() if not _same(buffers[name], old)]
        for name, old in before.items():
            buffers[name].copy_(old)
    if changed or not _same(*values):
        what = f"its buffers {some_of(changed, NAMED)}" if changed else "what it gives"
        raise InputError(
            f"The loss of task {task.name} changes {what} from one call to the next, but all "
            "points of a sweep share it, evaluation calls it too, and no checkpoint has it; let "
            "it depend on its arguments alone (a module with batch norm by .eval()), and keep "
            "what is to be remembered in the network."
        )


def _module_of(function: Any) -> nn.Module | None:
    """The module that computes a function, if one does."""
    while isinstance(function, partial):
        function = function.func
    owner = getattr(function, "__self__", None)
    return next((one for one in (function, owner) if isinstance(one, nn.Module)), None)


def _same(one: Any, other: Any) -> bool:
    if not (isinstance(one, Tensor) and isinstance(other, Tensor)):
        return True  # a loss that is no tensor is refused for that
    return torch.allclose(one, other, rtol=ROUNDING, atol=0.0, equal_nan=True)
