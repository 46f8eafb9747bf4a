"""The networks by name, and how one is built for a problem."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import torch
from torch import nn
from torch.nn.parameter import is_lazy

from paretocli.core.inputs import call
from paretocli.errors import InputError
from paretocli.networks.blocks import (
    FEATURES,
    IMAGE_DIMENSIONS,
    attention_mask,
    monitor_block,
    shapes_after,
    shared_block,
    shared_stages,
    with_features,
)
from paretocli.networks.hps import HardParameterSharing
from paretocli.networks.mdmtn import MDMTN
from paretocli.networks.mtan_encoder import MTANEncoder

# Problems are made of networks, so nothing here needs them but to name their type.
if TYPE_CHECKING:
    from paretocli.core.problem import Problem


def generic_hps(input_shape: Sequence[int], outputs: Sequence[int]) -> HardParameterSharing:
    """Hard parameter sharing for inputs (B, *input_shape) and heads of so many outputs."""
    return HardParameterSharing(shared_block(input_shape), FEATURES, outputs)


def generic_mdmtn(input_shape: Sequence[int], outputs: Sequence[int]) -> MDMTN:
    """The MDMTN for inputs (B, *input_shape) and heads of so many outputs."""
    shared = shared_block(input_shape)
    return MDMTN(shared, [monitor_block(input_shape) for _ in outputs], FEATURES, outputs)


def generic_mtan(input_shape: Sequence[int], outputs: Sequence[int]) -> MTANEncoder:
    """The MTAN for inputs (B, *input_shape) and heads of so many outputs."""
    stages = shared_stages(input_shape)
    shapes = shapes_after(stages, input_shape)
    images = len(shapes[0]) == IMAGE_DIMENSIONS
    widths = [shape[0] for shape in shapes]
    given = [widths[0], *(2 * width for width in widths[1:])]
    attention = [
        [attention_mask(g, width, images=images) for g, width in zip(given, widths, strict=True)]
        for _ in outputs
    ]
    between = shared_stages(input_shape, norm=True)[1:]
    last = with_features([], shapes[-1], FEATURES)
    return MTANEncoder(stages, between, attention, last, FEATURES, outputs)


GENERIC: dict[str, Callable[[Sequence[int], Sequence[int]], nn.Module]] = {
    "hps": generic_hps,
    "mdmtn": generic_mdmtn,
    "mtan": generic_mtan,
}


def network_names(problem: "Problem") -> tuple[str, ...]:
    """The networks that fit a problem: its own first, then the generic ones."""
    inputs = problem.train.rows(slice(1)).inputs
    fits = problem.generic and isinstance(inputs, torch.Tensor)
    return (*problem.networks, *(n for n in GENERIC if fits and n not in problem.networks))


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
