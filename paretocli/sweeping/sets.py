"""Networks that are one set: what does not go with that, and how they start."""

from collections.abc import Mapping, Sequence
from typing import Any

import torch
from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.networks.fitting import take_over
from paretocli.options.given import Options
from paretocli.options.keeping import BEST
from paretocli.population.population import Population
from paretocli.solvers.registry import SOLVERS
from paretocli.sweeping.pretrained import Pretrained
from paretocli.sweeping.subproblems import Subproblems
from paretocli.sweeping.sweep_network import fresh_network
from paretocli.training.batches import mixed_seed

# What else an option may ask for, and why not here.
ASKED = (
    ("transfer", "none", "networks that pass parameters to each other become alike"),
    ("batches", "shared", "its networks are compared on the same batches"),
    ("warm", "none", "all of its networks start together"),
    ("keep", BEST, "an epoch of one network is of no use without the others"),
)
OWN_START = 3  # what a seed is mixed for
SPARSE = ("sparsity", "sparse_layers", "sparse_inputs", "freeze_sparsity")


def refuse_apart(
    chosen: Mapping[str, Any], problem: Problem, pretrained: Pretrained | None
) -> None:
    """Refuse what does not go with a solver whose points are one set.

    Args:
        chosen: The values of all options, whoever said them.
        problem: Makes its networks.
        pretrained: What they start from.

    Raises:
        InputError: An option asks for something else, or all networks would start, and stay, alike.
    """
    solver = chosen["solver"]
    if not SOLVERS[solver].joins:
        return
    for name, plain, reason in ASKED:
        if chosen[name] != plain:
            raise InputError(
                f"--{name} {chosen[name]} does not go with --solver {solver}: {reason}; leave it "
                "out."
            )
    tensors = pretrained.tensors if pretrained is not None else None
    first, second = (_network(chosen, problem, point, tensors) for point in range(2))
    pairs = zip(first.parameters(), second.parameters(), strict=True)
    if all(torch.equal(one, other) for one, other in pairs):
        why = "--start-from gives all of them the same" if pretrained else "it draws none at random"
        raise InputError(
            f"All networks of --solver {solver} would start with the same parameters ({why}), and "
            "would stay alike; they need some that are drawn at random."
        )


def without_sparsity(options: Options) -> Options:
    """The options of a sweep of such a set: sparsity is no task that one of its networks serves.

    Raises:
        InputError: Sparsity was asked for.
    """
    for name in SPARSE:
        if options.get(name):
            raise InputError(
                f"--{name.replace('_', '-')} does not go with --solver {options['solver']}, which "
                "serves each task by the best of its networks: sparsity is no task; leave it out."
            )
    return {**options, "sparsity": False}


def start_apart(population: Population, points: Sequence[int], subproblems: Subproblems) -> None:
    """Give each network of a set parameters of its own to start from, in place.

    They follow from the sweep's seed and the point's number; point 0 has what the sweep's seed
    gives.

    Args:
        population: Its networks.
        points: The number of each.
        subproblems: The sweep.
    """
    config, there = vars(subproblems.config), population.parameters | population.buffers
    with torch.no_grad():
        for member, point in enumerate(points):
            network = _network(config, subproblems.problem, point, subproblems.pretrained)
            for name, tensor in (*network.named_parameters(), *network.named_buffers()):
                there[name][member].copy_(tensor)


def _network(
    chosen: Mapping[str, Any], problem: Problem, point: int, pretrained: Mapping[str, Any] | None
) -> nn.Module:
    seed = mixed_seed(chosen["seed"], point, OWN_START) if point else chosen["seed"]
    network = fresh_network(chosen["network"], chosen["init"], problem, seed)
    if pretrained is not None:
        take_over(network, pretrained)
    return network
