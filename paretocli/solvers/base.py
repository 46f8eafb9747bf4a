"""What every solver is: from objectives (K, m) to a scalar to differentiate."""

from abc import ABC, abstractmethod
from typing import ClassVar

import torch
from torch import Tensor

from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.running_mean import MEAN_NAMES


class Solver(ABC):
    """Turns the K subproblems' objectives into K scalars whose gradients train them.

    All state lies in tensors with the subproblem on the leading axis, named in `state_names`, so
    that one subproblem never sees another, but for solvers that say `joins`: theirs are one problem
    of K networks, which train together, are at their best together and fail together.

    Args:
        scalarization: Weights (K, m), ideal, scale and ε.
    """

    state_names: ClassVar[tuple[str, ...]] = ()
    needs_gramian: ClassVar[bool] = False
    joins: ClassVar[bool] = False

    def __init__(self, scalarization: Scalarization) -> None:
        self.scalarization = scalarization

    def weigh(  # noqa: B027 - most solvers do not look at gradients
        self, gramian: Tensor, there: Tensor | None = None
    ) -> None:
        """Take up the inner products (K, m, m) of a batch's gradients, before `loss`.

        For solvers that say `needs_gramian`.

        Args:
            gramian: The inner products.
            there: Which tasks, the last of the objectives, have labels in the batch (K, tasks);
                None where all have.
        """

    @abstractmethod
    def loss(self, objectives: Tensor) -> Tensor:
        """The scalars (K,) to differentiate, from one batch's objectives (K, m)."""

    @abstractmethod
    def value(self, objectives: Tensor) -> Tensor:
        """What the subproblem minimises (K,), from objectives (K, m); picks the best epoch."""

    def chebyshev_value(self, objectives: Tensor) -> Tensor:
        """The largest weighted term (K,) of objectives (K, m), by its level."""
        return self.scalarization.value(objectives)

    @abstractmethod
    def coefficients(self) -> Tensor:
        """C (K, m) ≥ 0 such that the scalar's gradient is Σ_j c_j ∇f_j at the solver's state."""

    def multipliers(self) -> Tensor | None:
        """λ (K, m), rows on the simplex, of solvers that have multipliers."""
        return None

    def mean_multipliers(self) -> Tensor | None:
        """λ (K, m) averaged over the last outer iterations, of solvers that keep such a mean.

        NaN where none has ended since the weights are what they are.
        """
        return None

    def certified(self) -> Tensor:
        """The coefficients that a certificate is asked for (1 or 2, K, m).

        Those at the solver's state, and those with its mean multipliers, where it keeps a mean.
        """
        mean = self.mean_multipliers()
        of_mean = [] if mean is None else [self.scalarization.coefficients(mean)]
        return torch.stack([self.coefficients(), *of_mean])

    def gap(self, losses: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """How far the multipliers are from certifying that the largest term is smallest.

        Args:
            losses: Over all training data, (K, m).

        Returns:
            The gap max_i τ_i − Σ_i λ_i τ_i (K,) and the same relative to the largest |τ_i|; None
            for solvers without multipliers. They are of the terms' levels.
        """
        multipliers = self.multipliers()
        if multipliers is None:
            return None, None
        terms = self.scalarization.levels(self.scalarization.terms(losses))
        # Not negative but for rounding: the multipliers sum to 1.
        gap = (terms.amax(dim=-1) - (multipliers * terms).sum(dim=-1)).clamp(min=0)
        size = terms.abs().amax(dim=-1).clamp(min=torch.finfo(terms.dtype).tiny)
        return gap, gap / size

    def end_outer_iteration(self) -> None:  # noqa: B027 - most solvers have nothing to do here
        """Close an outer iteration, here an epoch: update multipliers and the like."""

    def reweighted(self, ratio: Tensor) -> None:  # noqa: B027 - most solvers have no such state
        """Fit the state to new weights, `ratio` (K, m) times those that it was reached with."""

    def penalty(self) -> Tensor | None:
        """The relative penalty (K,) of solvers that have one."""
        return None

    def state_dict(self) -> dict[str, Tensor]:
        """Copies of the solver's state, each with K on the leading axis."""
        return {name: getattr(self, name).clone() for name in self.state_names}

    def load_state_dict(self, state: dict[str, Tensor]) -> None:
        """Take up a state given by `state_dict`, or by an older version, which lacks some names."""
        for name in self.state_names:
            if name in state or name not in MEAN_NAMES:
                getattr(self, name).copy_(state[name])
