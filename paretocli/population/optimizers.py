"""The optimisers by name. All work element by element, so stacked subproblems stay apart."""

import math
from collections.abc import Callable, Iterable

from torch import Tensor
from torch.optim import SGD, Adam, AdamW, Optimizer

from paretocli.registries import lookup

MOMENTUM = 0.9

OPTIMIZERS: dict[str, Callable[[Iterable[Tensor], float, float], Optimizer]] = {
    "adam": lambda parameters, lr, decay: Adam(parameters, lr=lr, weight_decay=decay),
    "adamw": lambda parameters, lr, decay: AdamW(parameters, lr=lr, weight_decay=decay),
    "sgd": lambda parameters, lr, decay: SGD(
        parameters, lr=lr, momentum=MOMENTUM, nesterov=True, weight_decay=decay
    ),
}

SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda progress: 1.0,
    "cosine": lambda progress: 0.5 * (1 + math.cos(math.pi * progress)),
    "linear": lambda progress: 1 - progress,
}


def build_optimizer(
    name: str, parameters: Iterable[Tensor], *, lr: float, weight_decay: float
) -> Optimizer:
    """An optimiser of the stacked parameters (K, …)."""
    return lookup(OPTIMIZERS, name, "optimizer")(parameters, lr, weight_decay)


def learning_rate(schedule: str, lr: float, step: int, steps: int) -> float:
    """The learning rate at a step of `steps`.

    A function of the step alone, so a resumed run needs no state of it.
    """
    return lr * lookup(SCHEDULES, schedule, "schedule")(step / steps)
