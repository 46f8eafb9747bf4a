"""What an optimiser keeps from step to step, and how it takes that up again."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

Kept = Mapping[str, tuple[torch.Size, torch.dtype]]
"""The shape and type of what is kept of a parameter, by name."""


def kept_by(optimizer: Optimizer) -> list[Kept]:
    """What an optimiser of torch's own keeps of its parameters, in their order."""
    make: Any = type(optimizer)
    groups = [
        {**group, "params": [_scratch(parameter) for parameter in group["params"]]}
        for group in optimizer.param_groups
    ]
    return _kept_after_a_step(make(groups))


def kept_by_one(
    make: Callable[[Mapping[str, Tensor]], Optimizer], parameters: Mapping[str, Tensor]
) -> list[Kept]:
    """The same of one that is made of parameters by name, which stay as they are."""
    return _kept_after_a_step(make({name: _scratch(p) for name, p in parameters.items()}))


def _scratch(parameter: Tensor) -> Tensor:
    return torch.ones_like(parameter, device="cpu").requires_grad_()


def _kept_after_a_step(optimizer: Optimizer) -> list[Kept]:
    parameters = _parameters(optimizer)
    for parameter in parameters:
        parameter.grad = torch.ones_like(parameter)
    # What it may draw is nobody's.
    with torch.random.fork_rng(devices=[]):
        optimizer.step()
    return [
        {n: (v.shape, v.dtype) for n, v in optimizer.state[p].items() if isinstance(v, Tensor)}
        for p in parameters
    ]


def take_up(optimizer: Optimizer, state: dict[str, Any], known: Sequence[Kept]) -> None:
    """Load the state of an optimiser with the same settings.

    Torch takes whatever it is given, and would fail in the next step. It also makes all that is
    kept of a parameter of the parameter's type: with numbers that were more precise, a resumed
    training would not be the one that was interrupted.

    Args:
        optimizer: It keeps its own settings.
        state: Given by `state_dict`.
        known: What it keeps of each of its parameters, in order.

    Raises:
        Exception: The state is not of these parameters.
    """
    groups: list[dict[str, Any]] = optimizer.param_groups
    own = [{name: group[name] for name in group if name != "params"} for group in groups]
    optimizer.load_state_dict(state)
    of_device = set()
    for group, settings in zip(optimizer.param_groups, own, strict=True):
        group.update(settings)
        if settings.get("fused") or settings.get("capturable"):
            of_device |= {id(parameter) for parameter in group["params"]}
    for place, (parameter, like) in enumerate(zip(_parameters(optimizer), known, strict=True)):
        kept = optimizer.state.get(parameter)
        if not kept:  # nothing before a first step
            continue
        for name, (shape, dtype) in like.items():
            if kept[name].shape != shape:
                raise ValueError("The optimiser's state is not of these parameters.")
            if kept[name].dtype != dtype:
                kept[name] = state["state"][place][name].to(kept[name].device, dtype, copy=True)
        if "step" in kept and isinstance(kept["step"], Tensor) and id(parameter) not in of_device:
            # Where a GPU had the number of steps, each of them would wait to be told it.
            kept["step"] = kept["step"].cpu()


def move(optimizer: Optimizer, parameters: Mapping[int, Tensor], device: torch.device) -> None:
    """Have an optimiser go on with parameters that are on another device now, and its state there.

    Args:
        optimizer: It keeps its settings.
        parameters: Those there, by the `id` of those that they take the place of.
        device: The device. Numbers () that count steps stay where they are.
    """
    before = dict(optimizer.state)
    optimizer.state.clear()
    for group in optimizer.param_groups:
        for place, old in enumerate(group["params"]):
            new = group["params"][place] = parameters[id(old)]
            if old in before:
                optimizer.state[new] = {
                    name: kept.to(device) if isinstance(kept, Tensor) and kept.dim() else kept
                    for name, kept in before[old].items()
                }


def _parameters(optimizer: Optimizer) -> list[Tensor]:
    return [parameter for group in optimizer.param_groups for parameter in group["params"]]
