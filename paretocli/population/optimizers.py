"""The optimisers by name. All work element by element, so stacked subproblems stay apart."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import torch
from torch import Tensor
from torch.optim import SGD, Adam, AdamW, NAdam, Optimizer, RAdam

from paretocli.registries import lookup

MOMENTUM = 0.9

Parameters = Iterable[Tensor] | Iterable[dict[str, Any]]

OPTIMIZERS: dict[str, Callable[[Parameters, float, float], Optimizer]] = {
    "adam": lambda parameters, lr, decay: Adam(parameters, lr=lr, weight_decay=decay),
    "adamw": lambda parameters, lr, decay: AdamW(parameters, lr=lr, weight_decay=decay),
    "nadam": lambda parameters, lr, decay: NAdam(parameters, lr=lr, weight_decay=decay),
    "radam": lambda parameters, lr, decay: RAdam(parameters, lr=lr, weight_decay=decay),
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
    name: str, parameters: Parameters, *, lr: float, weight_decay: float
) -> Optimizer:
    """An optimiser of the stacked parameters (K, …), or of groups of them as torch has them."""
    return lookup(OPTIMIZERS, name, "optimizer")(parameters, lr, weight_decay)


def state_shapes(optimizer: Optimizer, parameter: Tensor) -> dict[str, torch.Size]:
    """The shapes of what an optimiser of torch keeps of a parameter, by name."""
    if isinstance(optimizer, SGD):
        return {"momentum_buffer": parameter.shape}
    shapes = {"step": torch.Size(), "exp_avg": parameter.shape, "exp_avg_sq": parameter.shape}
    return shapes | ({"mu_product": torch.Size()} if isinstance(optimizer, NAdam) else {})


def take_up(
    optimizer: Optimizer,
    state: dict[str, Any],
    shapes: Callable[[Tensor], Mapping[str, torch.Size]],
) -> None:
    """Load the state of an optimiser with the same settings.

    Torch takes whatever it is given, and would fail in the next step.

    Args:
        optimizer: It keeps its own settings.
        state: Given by `state_dict`.
        shapes: Of what it keeps of a parameter, by name.

    Raises:
        Exception: The state is not of these parameters.
    """
    own = [
        {name: group[name] for name in group if name != "params"} for group in _groups(optimizer)
    ]
    optimizer.load_state_dict(state)
    for group, settings in zip(_groups(optimizer), own, strict=True):
        group.update(settings)
        for parameter in group["params"]:
            kept = optimizer.state.get(parameter)  # nothing before a first step
            if kept and any(kept[n].shape != shape for n, shape in shapes(parameter).items()):
                raise ValueError("The optimiser's state is not of these parameters.")
            if kept and "step" in kept:
                # Where a GPU had the number of steps, each of them would wait to be told it.
                kept["step"] = kept["step"].cpu()


def _groups(optimizer: Optimizer) -> list[dict[str, Any]]:
    return optimizer.param_groups


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
