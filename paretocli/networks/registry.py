"""The networks by name, and how one is built for a problem."""

from collections.abc import Callable, Sequence

import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.problems.problem import Problem

GENERIC: dict[str, Callable[[Sequence[int], Sequence[int]], nn.Module]] = {
    "hps": HardParameterSharing,
    "mdmtn": MDMTN,
}


def network_names(problem: Problem) -> tuple[str, ...]:
    """The networks that fit a problem: its own first, then the generic ones."""
    generic = [name for name in GENERIC if problem.generic and name not in problem.networks]
    return (*problem.networks, *generic)


def build_network(name: str, problem: Problem, seed: int) -> nn.Module:
    """Build a network with parameters drawn from `seed`, leaving torch's own generator alone."""
    names = network_names(problem)
    if name not in names:
        raise InputError(
            f"There is no network named {name!r} for problem {problem.name}; choose one of "
            f"{', '.join(names)}."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        if name in problem.networks:
            return problem.networks[name]()
        return GENERIC[name](problem.input_shape, [task.outputs for task in problem.tasks])
