"""Sweeps whose networks are mixtures of a few: which these are, and what does not go with it."""

import torch
from torch import nn

from paretocli.errors import InputError
from paretocli.options.config import SweepConfig
from paretocli.planning.plan import stacked, together
from paretocli.population.ends import Ends, LowRankEnds, WholeEnds
from paretocli.population.optimizers import OWN
from paretocli.population.transfer import TRANSFERS
from paretocli.population.transfer_options import ManifoldOptions
from paretocli.solvers.registry import SOLVERS
from paretocli.sweeping.precision import compares_gradients


def refuse_mixing(config: SweepConfig) -> None:
    """Refuse what mixtures cannot be trained with; one point alone is none.

    Raises:
        InputError: It was asked for, or the points do not fit on the device together.
    """
    if not TRANSFERS[config.transfer].mixes or len(config.weights) == 1:
        return
    for found, why in _reasons(config):
        if found:
            raise InputError(f"--transfer {config.transfer} {why}")


def _reasons(config: SweepConfig) -> tuple[tuple[bool, str], ...]:
    points = len(config.weights)
    return (
        (
            compares_gradients(config),
            f"adds up the gradients of several mixtures, and --solver {config.solver} compares "
            "those of single losses; choose chebyshev, stch or linear.",
        ),
        (
            config.sparsity or bool(config.frozen_point),
            "mixes networks, which share no zero rows; add --no-sparsity and leave out "
            "--freeze-sparsity, or choose another rule.",
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
            "adds up the gradients of several mixtures, of which one may overflow in fp16; choose "
            "--precision bf16 or fp32.",
        ),
        (
            config.compile,
            "measures batch norm again after each epoch, for which kernels would be made anew; "
            "leave out --compile.",
        ),
        (
            config.optimizer == OWN and told_of(config).rank > 0,
            f"with --rank trains matrices that --optimizer {OWN} does not know; leave out one of "
            "the two.",
        ),
        (
            together(config) < stacked(config),
            f"makes all points of the same networks at once, but {together(config)} of {points} "
            "at a time are on the device; take fewer points, or leave out --at-once.",
        ),
    )


def mixes_to_the_end(config: SweepConfig) -> bool:
    """Whether points are mixtures for all of training, and never go on by themselves."""
    return TRANSFERS[config.transfer].mixes and told_of(config).manifold_until == 1


def told_of(config: SweepConfig) -> ManifoldOptions:
    """The options of a rule that mixes."""
    told: ManifoldOptions = TRANSFERS[config.transfer].told(config.transfer_options)
    return told


def ends_of(config: SweepConfig, network: nn.Module, count: int) -> Ends:
    """The networks that are mixed, where training begins."""
    rank, device = told_of(config).rank, torch.device(config.device)
    if rank:
        return LowRankEnds(network, count, rank, device=device, seed=config.seed)
    return WholeEnds(network, count, device=device)


def note_on_rank(config: SweepConfig, network: nn.Module) -> list[str]:
    """How many parameters all networks have together that differ by a low rank."""
    rule = TRANSFERS[config.transfer]
    if not rule.mixes or len(config.weights) == 1 or not told_of(config).rank:
        return []
    ends = ends_of(config, network, len(config.objectives))
    trained = sum(p.numel() for p in ends.copies.parameters.values())
    own = sum(p.numel() for p in network.parameters() if p.requires_grad)
    return [
        f"The front is trained as {trained:,} parameters, {trained / own:.2f} times those of one "
        "network; each point is stored as a whole one."
    ]
