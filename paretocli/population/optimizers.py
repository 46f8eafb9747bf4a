"""The optimisers by name, and how their learning rate falls."""

import math
from collections.abc import Callable
from functools import partial

from torch.optim import SGD, Adam, AdamW, NAdam, RAdam

from paretocli.core.problem import OptimizerHook
from paretocli.registries import lookup

OWN = "own"
"""What stands for the hook of a problem."""

OPTIMIZERS: dict[str, OptimizerHook] = {
    "adam": Adam,
    "adamw": AdamW,
    "nadam": NAdam,
    "radam": RAdam,
    "sgd": partial(SGD, momentum=0.9, nesterov=True),
}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "linear": lambda progress: 1 - progress,
}


def optimizer_hook(name: str) -> OptimizerHook:
    """What makes the optimiser of a name, as a problem's own hook would."""
    return lookup(OPTIMIZERS, name, "optimizer")


def learning_rate(
    schedule: str, lr: float, step: int, steps: int, *, warm_up: float = 0.0
) -> float:
    """The learning rate at a step of `steps`.

    A function of the step alone, so a resumed run needs no state of it.

    Args:
        schedule: How it falls.
        lr: The largest one.
        step: From 0.
        steps: How many there are.
        warm_up: The share of them, rounded up, in which it rises to the largest one: at the step i
            of W it is (i + 1) / W of it. The schedule has the steps after them.
    """
    falls = lookup(SCHEDULES, schedule, "schedule")
    first = math.ceil(warm_up * steps)
    if step < first:
        return lr * (step + 1) / first
    return lr * falls((step - first) / (steps - first))
