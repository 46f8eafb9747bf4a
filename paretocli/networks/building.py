"""Building a network for a problem, and which ones fit it."""

from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from paretocli.core.inputs import call
from paretocli.core.shared_outputs import let_read
from paretocli.errors import InputError
from paretocli.networks.registry import NETWORKS

# Problems are made of networks, so nothing here needs them but to name their type.
if TYPE_CHECKING:
    from paretocli.core.problem import Problem


def network_names(problem: "Problem") -> tuple[str, ...]:
    """The networks that fit a problem: its own first, then the generic ones."""
    inputs = problem.train.rows(slice(1)).inputs
    fits = problem.generic and isinstance(inputs, torch.Tensor)
    return (*problem.networks, *(n for n in NETWORKS if fits and n not in problem.networks))


def default_network(problem: "Problem") -> str:
    """The network that is taken where none is named.

    Raises:
        InputError: The problem has none, and the generic ones do not fit it.
    """
    names = network_names(problem)
    if not names:
        raise InputError(
            f"Problem {problem.name} has no network, and the generic ones do not fit its inputs; "
            "give it one of its own, in networks."
        )
    return problem.defaults.network or names[0]


def _initialise_lazy(network: nn.Module, problem: "Problem") -> None:
    """Let lazy modules learn their sizes from a first sample."""
    if isinstance(network, nn.Module) and any(map(is_lazy, network.parameters())):
        with torch.no_grad():
            call(network.eval(), problem.prepare(problem.train.rows(slice(1)).inputs))
        network.train()


def _built(name: str, problem: "Problem") -> nn.Module:
    try:
        if name in problem.networks:
            network = problem.networks[name]()
            _initialise_lazy(network, problem)
        else:
            outputs = [task.outputs for task in problem.tasks if task.of is None]
            network = NETWORKS[name].make(problem.input_shape, outputs)
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
    let_read(network, problem.tasks)
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
