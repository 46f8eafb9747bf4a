"""What the subproblems of a population pass to each other while they train.

    Θ ← M Θ − η ∇,   M (K, K) with rows that sum to 1

on the stacked parameters Θ (K × P). A row of M says of whose parameters a subproblem's next ones
are made. M fades to the identity before training ends: a constant M would leave each subproblem
biased towards the others.

Bai, Gupta and Ong, *Multi-Task Learning with Multi-Task Optimization*, arXiv:2403.16162.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from paretocli.option import NoOptions, Option, options_of, told
from paretocli.population.transfer_options import (
    KERNELS,
    CosmosOptions,
    DriftOptions,
    ManifoldOptions,
    NeighboursOptions,
    SplitOptions,
)
from paretocli.registries import Registry, described, enumerated

# The command's help knows all rules, so nothing here brings torch before a rule is made.
if TYPE_CHECKING:
    from torch import Tensor

    from paretocli.population.branching import Stage
    from paretocli.solvers.base import Solver

PANEL = "Transfer"
MEMORY = 0.9  # of the running mean of the objectives
MARGIN = 0.01  # by which another network must be better, as a share of one's own value


class Transfer(ABC):
    """A rule that sets M.

    Args:
        strength: The share of a subproblem's parameters that comes from others in a transfer, at
            the start.
        until: The share of training after which M is the identity; it fades quadratically, faster
            than the learning rate falls.
    """

    def __init__(self, strength: float, until: float) -> None:
        self.strength = strength
        self.until = until

    def observe(self, objectives: "Tensor") -> None:  # noqa: B027 - not every rule has to look
        """See the objectives (K, m) of a batch."""

    def matrix(self, progress: float) -> "Tensor | None":
        """M (K, K) at a point of training from 0 to 1, None where it is the identity."""
        share = self.strength * max(0.0, 1 - progress / self.until) ** 2
        others = self._others() if share > 0 else None
        if others is None:
            return None
        import torch

        identity = torch.eye(len(others), device=others.device, dtype=others.dtype)
        return identity + share * (others - identity)

    @abstractmethod
    def _others(self) -> "Tensor | None":
        """The matrix (K, K) that M would be at strength 1, None where it is the identity."""

    def state_dict(self) -> dict[str, Any]:
        """The state, for a checkpoint."""
        return {}

    def load_state_dict(self, state: dict[str, Any]) -> None:  # noqa: B027 - most have no state
        """Take up a state given by `state_dict`."""


class Neighbours(Transfer):
    """Each subproblem drifts towards those whose weights are close to its own.

    Args:
        weights: w (K, m).
        kernel: Turns distances into shares: `gaussian`, `triangle` or `uniform` (all alike).
        reach: How far it goes, in typical distances between neighbours.
        strength, until: As for `Transfer`.
    """

    def __init__(
        self, weights: "Tensor", *, kernel: str, reach: float, strength: float, until: float
    ) -> None:
        import torch

        super().__init__(strength, until)
        distance = torch.cdist(weights, weights)
        apart = distance + torch.diag(torch.full_like(distance[0], torch.inf))
        shares = KERNELS[kernel](distance / (reach * apart.amin(dim=1).median()))
        self.shares = shares / shares.sum(dim=1, keepdim=True)

    def _others(self) -> "Tensor":
        return self.shares


class Adaptive(Transfer):
    """Each subproblem drifts towards the one network that solves it better than its own does.

    The objectives of network j, put into subproblem i's scalarisation, tell what i would gain by
    taking j's parameters; they are known from the forward pass of each step. Where no other
    network is better by 1 %, M's row is the identity's, so transfer that would harm stops.

    Args:
        value: What subproblems minimise, (…, K) from objectives (…, K, m).
        strength, until: As for `Transfer`.
    """

    def __init__(
        self, value: "Callable[[Tensor], Tensor]", *, strength: float, until: float
    ) -> None:
        super().__init__(strength, until)
        self._value = value
        self._mean: Tensor | None = None

    def observe(self, objectives: "Tensor") -> None:
        """Take the objectives (K, m) into the running mean."""
        if self._mean is None:
            self._mean = objectives.clone()
        self._mean.lerp_(objectives, 1 - MEMORY)

    def state_dict(self) -> dict[str, Any]:
        """The running mean of the objectives."""
        return {"mean": self._mean}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        self._mean = None if state["mean"] is None else state["mean"].clone()

    def _others(self) -> "Tensor | None":
        if self._mean is None:
            return None
        import torch

        size = len(self._mean)
        # (network, subproblem, objective); then the subproblem first.
        values = self._value(self._mean.unsqueeze(1).expand(-1, size, -1)).T
        own = values.diagonal().unsqueeze(1)
        # A network that has diverged is nobody's donor.
        best, donor = values.nan_to_num(nan=torch.inf).min(dim=1, keepdim=True)
        own_place = torch.arange(len(values), device=values.device).unsqueeze(1)
        donor = torch.where(best < own - MARGIN * own.abs(), donor, own_place)
        return torch.zeros_like(values).scatter_(1, donor, 1.0)


@dataclass(frozen=True)
class TransferRule:
    """What is known of a rule without making it.

    Attributes:
        summary: A few words for the help.
        options: A dataclass that declares what it may be told, each field by
            `paretocli.option.option`.
        make: Makes the rule that sets M, from the solver of the subproblems and the options.
        stages: Where the population branches instead: when, and who stays together until then,
            from the weights (K, m), the options and the epochs of training.
        mixes: Whether the networks are made of a few that train for all weights instead; its
            options are `ManifoldOptions` or `CosmosOptions`.
    """

    summary: str = ""
    options: type = NoOptions
    make: "Callable[[Solver, Any], Transfer] | None" = None
    stages: "Callable[[Any, Any, int], Sequence[Stage]] | None" = None
    mixes: bool = False

    @property
    def declared(self) -> tuple[Option, ...]:
        """The options that it takes heed of."""
        return options_of(self.options, PANEL)

    @property
    def joins(self) -> bool:
        """Whether points learn from each other, and so have to train together."""
        return self.make is not None or self.begins_joined

    @property
    def begins_joined(self) -> bool:
        """Whether points have no networks of their own at first."""
        return self.stages is not None or self.mixes

    def told(self, values: Mapping[str, Any]) -> Any:
        """Its options, from values by name, perhaps with those of others."""
        return told(self.options, values)


def _neighbours(solver: "Solver", options: NeighboursOptions) -> Transfer:
    return Neighbours(
        solver.scalarization.weights,
        kernel=options.transfer_kernel,
        reach=options.transfer_reach,
        strength=options.transfer_strength,
        until=options.transfer_until,
    )


def _adaptive(solver: "Solver", options: DriftOptions) -> Transfer:
    return Adaptive(solver.value, strength=options.transfer_strength, until=options.transfer_until)


def _stages(weights: Any, options: SplitOptions, epochs: int) -> "Sequence[Stage]":
    from paretocli.population.branching import stages

    return stages(weights, options.branch_at, epochs)


TRANSFERS = Registry(
    {
        "none": TransferRule(),
        "neighbours": TransferRule(
            "drift towards those with similar weights", NeighboursOptions, _neighbours
        ),
        "adaptive": TransferRule(
            "towards a network that solves it better", DriftOptions, _adaptive
        ),
        "split": TransferRule("one network that branches", SplitOptions, stages=_stages),
        "manifold": TransferRule("mixtures of one network a task", ManifoldOptions, mixes=True),
        "cosmos": TransferRule("one network that reads the weights", CosmosOptions, mixes=True),
    },
    "transfer",
    TransferRule,
)


def transfer_help() -> str:
    """All rules, as the help says them."""
    return enumerated(described({name: rule.summary for name, rule in TRANSFERS.sound.items()}))
