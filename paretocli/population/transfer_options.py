"""What rules of transfer may be told. Nothing here brings torch: the command's help knows all."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from paretocli.lists import names_in, rises_inside_0_1, shares_in
from paretocli.option import NOT_NEGATIVE, POSITIVE, SHARE, at_least, one_of, option

if TYPE_CHECKING:
    from torch import Tensor

KERNELS: "dict[str, Callable[[Tensor], Tensor]]" = {
    "gaussian": lambda distance: (-(distance**2) / 2).exp(),
    "triangle": lambda distance: (1 - distance / 2).clamp(min=0),
    "uniform": lambda distance: distance.new_ones(distance.shape),
}


@dataclass(frozen=True, kw_only=True)
class DriftOptions:
    """What rules may be told by which subproblems drift towards others."""

    transfer_strength: float = option(
        "How much of a network comes from others, every ten steps, at the start (neighbours, "
        "adaptive).",
        metavar="SHARE",
        range=SHARE,
        default=0.5,
    )
    transfer_until: float = option(
        "The share of training at which that has faded to nothing.",
        metavar="SHARE",
        range=SHARE,
        default=0.7,
    )
    transfer_tensors: tuple[str, ...] = option(
        "The parameters that take part, by name with * and ?, separated by commas (neighbours, "
        "adaptive).",
        metavar="PATTERNS",
        parse=lambda given: names_in(given) or ("*",),
        default=("*",),
        shown="all",
    )


@dataclass(frozen=True, kw_only=True)
class NeighboursOptions(DriftOptions):
    """What `neighbours` may be told."""

    transfer_kernel: str = option(
        "How it falls with the distance of weights: gaussian, triangle or uniform (neighbours).",
        metavar="NAME",
        range=one_of(*KERNELS),
        default="gaussian",
    )
    transfer_reach: float = option(
        "How far it goes, in distances between neighbours (neighbours).",
        range=POSITIVE,
        default=1.0,
    )


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """What `split` may be told."""

    branch_at: tuple[float, ...] = option(
        "The share of training at which the one network branches, or several shares, separated by "
        "commas, for a tree (split).",
        metavar="SHARES",
        range=(rises_inside_0_1, "rising shares between 0 and 1"),
        parse=shares_in,
        default=(0.5,),
        shown="0.5",
    )


@dataclass(frozen=True, kw_only=True)
class MixingOptions:
    """What rules may be told by which a few networks are trained for all weights."""

    manifold_draws: int = option(
        "Networks a step, for weights drawn at random; each costs as much as one by itself "
        "(manifold, cosmos).",
        metavar="N",
        range=at_least(1),
        default=2,
        before=2,
    )
    manifold_until: float = option(
        "The share of training after which each point goes on by itself, from the network that it "
        "is; 1 for never (manifold, cosmos).",
        metavar="SHARE",
        range=SHARE,
        default=1.0,
        before=1.0,
    )
    dirichlet: float = option(
        "The concentration of the Dirichlet distribution that these weights are drawn from: 1 for "
        "all alike, less for more of them at the ends (manifold, cosmos).",
        range=POSITIVE,
        default=1.0,
        before=1.0,
    )


@dataclass(frozen=True, kw_only=True)
class ManifoldOptions(MixingOptions):
    """What `manifold` may be told."""

    rank: int = option(
        "Let the networks that are mixed differ by matrices of this rank; 0 for in everything "
        "(manifold).",
        metavar="R",
        range=at_least(0),
        default=0,
        before=0,
    )


@dataclass(frozen=True, kw_only=True)
class CosmosOptions(MixingOptions):
    """What `cosmos` may be told."""

    cosmos_pull: float = option(
        "How much the cosine between the losses and the ray that weights ask for counts beside "
        "what the solver minimises (cosmos).",
        range=NOT_NEGATIVE,
        default=0.01,
        before=0.01,
    )
