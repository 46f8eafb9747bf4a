"""Sweeps whose points are made of a few networks: which, and what does not go with that."""

import torch
from torch import nn

from paretocli.core.problem import Problem
from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import stacked, together
from paretocli.population.conditioned import ConditionedEnds
from paretocli.population.ends import Ends, LowRankEnds, WholeEnds
from paretocli.population.optimizers import OWN
from paretocli.population.transfer import TRANSFERS
from paretocli.population.transfer_options import CosmosOptions, ManifoldOptions
from paretocli.probing.input_biases import input_biases
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.pulled import Pulled
from paretocli.solvers.registry import SOLVERS
from paretocli.sweeping.precision import compares_gradients

FEW = 2  # samples that are looked at


def refuse_mixing(config: SweepConfig, problem: Problem, network: nn.Module) -> None:
    """Refuse what points that are made of a few networks cannot be trained with.

    One point alone is not made of others.

    Args:
        config: The sweep.
        problem: Its problem.
        network: Its network.

    Raises:
        InputError: It was asked for, or the points do not fit on the device together.
    """
    if not TRANSFERS[config.transfer].mixes or len(config.weights) == 1:
        return
    for found, why in _reasons(config):
        if found:
            raise InputError(f"--transfer {config.transfer} {why}")
    if isinstance(told_of(config), CosmosOptions) and not _reading(network, problem):
        raise InputError(
            f"--transfer {config.transfer} shifts the biases of the layers that read the inputs, "
            f"by the weights, and the network {config.network} of problem {problem.name} has none "
            "that is trained and that its outputs follow; choose another network or another rule."
        )


def _reasons(config: SweepConfig) -> tuple[tuple[bool, str], ...]:
    points, told = len(config.weights), told_of(config)
    return (
        (
            compares_gradients(config),
            f"adds up the gradients of several networks, and --solver {config.solver} compares "
            "those of single losses; choose chebyshev, stch or linear.",
        ),
        (
            config.sparsity or bool(config.frozen_point),
            "makes all points of the same few networks, so none has zero rows of its own; add "
            "--no-sparsity and leave out --freeze-sparsity, or choose another rule.",
        ),
        (
            SOLVERS[config.solver].weights is not None,
            f"makes networks of shared ones, and --solver {config.solver} asks for networks by "
            "themselves; leave out one of the two.",
        ),
        (
            config.batches == "independent",
            "trains the same few networks for all points, so these see the same batches; leave out "
            "--batches independent.",
        ),
        (
            config.devices > 1,
            f"computes on one device, but --devices {config.devices} asks for several; leave out "
            "one of the two.",
        ),
        (
            config.precision == "fp16",
            "adds up the gradients of several networks, of which one may overflow in fp16; choose "
            "--precision bf16 or fp32.",
        ),
        (
            config.compile,
            "measures batch norm again after each epoch, for which kernels would be made anew; "
            "leave out --compile.",
        ),
        (
            config.optimizer == OWN and isinstance(told, ManifoldOptions) and told.rank > 0,
            f"with --rank trains matrices that --optimizer {OWN} does not know; leave out one of "
            "the two.",
        ),
        (
            config.optimizer == OWN and isinstance(told, CosmosOptions),
            f"trains matrices that --optimizer {OWN} does not know; leave out one of the two.",
        ),
        (
            together(config) < stacked(config),
            f"makes all points of the same networks at once, but {together(config)} of {points} "
            "at a time are on the device; take fewer points, or leave out --at-once.",
        ),
    )


def mixes_to_the_end(config: SweepConfig) -> bool:
    """Whether points are made of a few for all of training, and never go on by themselves."""
    return TRANSFERS[config.transfer].mixes and told_of(config).manifold_until == 1


def told_of(config: SweepConfig) -> ManifoldOptions | CosmosOptions:
    """The options of a rule that mixes."""
    told: ManifoldOptions | CosmosOptions = TRANSFERS[config.transfer].told(config.transfer_options)
    return told


def ends_of(config: SweepConfig, problem: Problem, network: nn.Module) -> Ends:
    """The networks that points are made of, where training begins."""
    told, device, count = told_of(config), torch.device(config.device), len(config.objectives)
    if isinstance(told, CosmosOptions):
        vectors = _reading(network, problem)
        return ConditionedEnds(network, count, vectors, device=device, seed=config.seed)
    if told.rank:
        return LowRankEnds(network, count, told.rank, device=device, seed=config.seed)
    return WholeEnds(network, count, device=device)


def solver_of_draws(config: SweepConfig, scalarization: Scalarization) -> Solver:
    """What makes a scalar of the objectives for weights that were drawn."""
    made, told = SOLVERS[config.solver].made(scalarization, config.solver_options), told_of(config)
    pull = told.cosmos_pull if isinstance(told, CosmosOptions) else 0.0
    return Pulled(made, pull) if pull else made


def note_on_ends(config: SweepConfig, problem: Problem, network: nn.Module) -> list[str]:
    """How many parameters all networks have together that share most of them."""
    rule = TRANSFERS[config.transfer]
    if not rule.mixes or len(config.weights) == 1:
        return []
    told = told_of(config)
    if isinstance(told, ManifoldOptions) and not told.rank:
        return []
    ends = ends_of(config, problem, network)
    trained = sum(p.numel() for p in ends.copies.parameters.values())
    own = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return [
        f"The front is trained as {trained:,} parameters, {trained / own:.2f} times those of one "
        "network; each point is stored as a whole one."
    ]


def _reading(network: nn.Module, problem: Problem) -> tuple[str, ...]:
    """The biases by which a network's first layers read the weights."""
    return input_biases(network, problem.prepare(problem.train.rows(slice(FEW)).inputs))
