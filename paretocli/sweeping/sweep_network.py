"""What a sweep's networks start from, and what of them counts."""

from collections.abc import Mapping
from fnmatch import fnmatch
from typing import Any

import torch
from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.networks.building import build_network
from paretocli.networks.initialisation import lsuv
from paretocli.options.config import SweepConfig
from paretocli.population.parameter_groups import freeze, undecayed_names
from paretocli.population.transfer import TRANSFERS
from paretocli.sparsity.layers import Layer, find_layers
from paretocli.sparsity.objective import SparsityObjective, SparsitySettings
from paretocli.sparsity.pattern import Pattern, present_pattern

LSUV_SAMPLES = 256
TRACED_SAMPLES = 2


def fresh_network(name: str, init: str, problem: Problem, seed: int) -> nn.Module:
    """A network with new parameters.

    Args:
        name: Of the network.
        init: `default` for each layer's own initialisation, or `lsuv`.
        problem: What the network is for; LSUV looks at its first training inputs.
        seed: Seed of the parameters.
    """
    network = build_network(name, problem, seed)
    if init == "lsuv":
        lsuv(network, problem.prepare(problem.train.rows(slice(LSUV_SAMPLES)).inputs), seed=seed)
    return network


def network_to_train(values: Mapping[str, Any], problem: Problem) -> nn.Module:
    """A new network, what is to stay as it is frozen.

    Args:
        values: Of the options, by name.
        problem: What it is for.

    Raises:
        InputError: A pattern of parameters matches none.
    """
    network = fresh_network(values["network"], values["init"], problem, values["seed"])
    undecayed_names(network, values["no_decay"])
    freeze(network, values["lr_of"])
    return network


def network_layers(network: nn.Module, problem: Problem) -> tuple[Layer, ...]:
    """The network's matrices and convolutions."""
    few = problem.prepare(problem.train.rows(slice(TRACED_SAMPLES)).inputs)
    return find_layers(network, few, problem.objectives)


def stored_names(network: nn.Module) -> dict[str, str]:
    """For each name in a network's state, the one that its tensor has in a population.

    So a point's file is what the network's own `load_state_dict` takes: tied parameters have
    several names there, and buffers that are not persistent have none.
    """
    own = {id(t): name for name, t in (*network.named_parameters(), *network.named_buffers())}
    state = network.state_dict(keep_vars=True)
    return {name: own[id(tensor)] for name, tensor in state.items() if id(tensor) in own}


def sparsity_objective(
    config: SweepConfig, network: nn.Module, problem: Problem
) -> SparsityObjective | None:
    """f_0 as the sweep is configured, None where it is no objective."""
    if not config.sparsity:
        return None
    layers = network_layers(network, problem)
    return SparsityObjective(
        [layer for layer in layers if layer.name in config.sparse_layers],
        SparsitySettings(
            theta=config.theta,
            slope=config.theta_slope,
            relative=config.sparsity_scale == "relative",
            max_layer_sparsity=config.max_layer_sparsity,
        ),
        torch.device(config.device),
        config.sparsity_shares,
        config.grouped_rows,
    )


def pattern_of(
    network: nn.Module, layers: tuple[Layer, ...], size: int, device: torch.device
) -> Pattern:
    """The zero rows and equal rows of a network, for each of `size` copies of it on a device."""
    weights = dict(network.named_parameters())
    # What the network has frozen itself stays without a pattern.
    trained = [layer.name for layer in layers if layer.trained]
    single = present_pattern({name: weights[name].unsqueeze(0) for name in trained})
    return Pattern(
        {n: rows.expand(size, -1).to(device) for n, rows in single.representatives.items()}
    )


def transferred_names(config: SweepConfig, network: nn.Module) -> tuple[str, ...]:
    """The trained parameters and the buffers of floats that take part in transfer.

    Raises:
        InputError: A pattern matches none.
    """
    names = [name for name, p in network.named_parameters() if p.requires_grad]
    names += [name for name, b in network.named_buffers() if b.is_floating_point()]
    taking_part = getattr(
        TRANSFERS[config.transfer].told(config.transfer_options), "transfer_tensors", ("*",)
    )
    for pattern in taking_part:
        if not any(fnmatch(name, pattern) for name in names):
            raise InputError(
                f"--transfer-tensors {pattern} matches no parameter of the network "
                f"{config.network}; there are {', '.join(names)}."
            )
    return tuple(n for n in names if any(fnmatch(n, p) for p in taking_part))
