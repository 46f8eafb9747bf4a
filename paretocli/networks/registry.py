"""The networks by name, and how one is built for a problem."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.networks.blocks import FEATURES, monitor_block, shared_block
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN

# Problems are made of networks, so nothing here needs them but to name their type.
if TYPE_CHECKING:
    from paretocli.problems.problem import Problem


def generic_hps(input_shape: Sequence[int], outputs: Sequence[int]) -> HardParameterSharing:
    """Hard parameter sharing for inputs (B, *input_shape) and heads of so many outputs."""
    return HardParameterSharing(shared_block(input_shape), FEATURES, outputs)


def generic_mdmtn(input_shape: Sequence[int], outputs: Sequence[int]) -> MDMTN:
    """The MDMTN for inputs (B, *input_shape) and heads of so many outputs."""
    shared = shared_block(input_shape)
    return MDMTN(shared, [monitor_block(input_shape) for _ in outputs], FEATURES, outputs)


GENERIC: dict[str, Callable[[Sequence[int], Sequence[int]], nn.Module]] = {
    "hps": generic_hps,
    "mdmtn": generic_mdmtn,
}


def network_names(problem: "Problem") -> tuple[str, ...]:
    """The networks that fit a problem: its own first, then the generic ones."""
    generic = [name for name in GENERIC if problem.generic and name not in problem.networks]
    return (*problem.networks, *generic)


def _built(name: str, problem: "Problem") -> nn.Module:
    try:
        if name in problem.networks:
            network = problem.networks[name]()
        else:
            outputs = [task.outputs for task in problem.tasks]
            network = GENERIC[name](problem.input_shape, outputs)
    except Exception as error:
        message = (str(error).strip().splitlines() or ["(no message)"])[0]
        raise InputError(
            f"Building the network {name} of problem {problem.name} failed with "
            f"{type(error).__name__}: {message}; mend it, or set PARETOCLI_DEBUG=1 to see where."
        ) from error
    if not isinstance(network, nn.Module) or not any(True for _ in network.parameters()):
        raise InputError(
            f"The network {name} of problem {problem.name} is no torch module with parameters; "
            "return one from its function."
        )
    return network


def build_network(name: str, problem: "Problem", seed: int) -> nn.Module:
    """Build a network with parameters drawn from `seed`, leaving torch's own generator alone."""
    names = network_names(problem)
    if name not in names:
        raise InputError(
            f"There is no network named {name!r} for problem {problem.name}; choose one of "
            f"{', '.join(names)}."
        )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _built(name, problem)
