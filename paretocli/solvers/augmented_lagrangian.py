"""The modified weighted Chebyshev problem, solved by an augmented Lagrangian method."""

from typing import ClassVar

import torch
from torch import Tensor

from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.running_mean import MEAN_NAMES, known_mean, take_into_mean_
from paretocli.solvers.simplex import project_onto_simplex


class AugmentedLagrangian(Solver):
    """Minimise max_i g_i through multipliers on the simplex.

    In epigraph form, minimise t subject to g_i − t ≤ 0, the Powell–Hestenes–Rockafellar
    augmented Lagrangian is

        L(θ, t; λ, μ) = t + 1/(2μ) Σ_i ([λ_i + μ (g_i − t)]₊² − λ_i²).

    Its minimum over t makes the brackets sum to 1, so that they are the projection of λ + μg onto
    the simplex, and its gradient in θ is Σ_i λ̂_i ∇g_i:

        λ̂ = Π_Δ(λ + μ ḡ)                     at every step; no gradient flows through λ̂
        λ ← mean of λ̂ over the steps           at the end of an outer iteration
        μ ← growth · μ   if gap > shrink · previous gap,   gap = max_i ḡ_i − Σ_i λ_i ḡ_i

    The mean is what the optimiser has followed, on average; where there is no noise λ̂ settles and
    the mean is as good as the last. For the same reason the gap is that of the mean g over the
    outer iteration where there is noise: a few batches always show some gap, and the penalty would
    grow until the multipliers jump between 0 and 1.

    ḡ is a running mean of g over the batches, where it is below the ideal its level (see
    `Scalarization`). μ is relative to the size of g, μ = penalty / max ḡ,
    because g falls by orders of magnitude while a network trains, and a fixed μ would freeze the
    multipliers.

    Args:
        scalarization: Weights (K, m), ideal, scale and ε.
        penalty: The relative penalty at the start. On a concave front it must be large enough to
            make the augmented Lagrangian convex along the front; too large, and the multipliers
            follow the batches' noise.
        largest_growth: Bound on the relative penalty, as a multiple of the one at the start.
        growth: Factor of the penalty after an outer iteration without progress.
        shrink: Progress means that the gap fell below this share of the previous gap.
        tolerance: Relative gap below which the penalty stays as it is.
        memory: Weight of the past in the running mean, 0 ≤ memory < 1. Batches' noise needs some;
            where there is no noise it is a delay that makes the multipliers oscillate.

    References:
        Rockafellar, *Augmented Lagrange multiplier functions and duality in nonconvex
        programming*, SIAM J. Control 12 (1974); Hotegni, Berkemeier and Peitz (2024), section III.
    """

    state_names: ClassVar[tuple[str, ...]] = (
        "current_multipliers",
        "sum_of_multipliers",
        "steps",
        "relative_penalty",
        "mean_terms",
        "mean_weight",
        "sum_of_terms",
        "previous_gap",
        *MEAN_NAMES,
    )

    def __init__(
        self,
        scalarization: Scalarization,
        *,
        penalty: float = 10.0,
        largest_growth: float = 4.0,
        growth: float = 1.5,
        shrink: float = 0.9,
        tolerance: float = 0.01,
        memory: float = 0.0,
    ) -> None:
        super().__init__(scalarization)
        self.largest_penalty = largest_growth * penalty
        self.growth = growth
        self.shrink = shrink
        self.tolerance = tolerance
        self.memory = memory
        weights = scalarization.weights
        subproblems, objectives = weights.shape
        # All terms count alike at the start.
        self.current_multipliers = torch.full_like(weights, 1 / objectives)
        self.sum_of_multipliers = torch.zeros_like(weights)
        self.steps = weights.new_zeros(subproblems)
        self.relative_penalty = weights.new_full((subproblems,), penalty)
        self.mean_terms = torch.zeros_like(weights)
        self.mean_weight = weights.new_zeros(subproblems)
        self.sum_of_terms = torch.zeros_like(weights)
        self.previous_gap = weights.new_full((subproblems,), torch.inf)
        self.mean_of_multipliers = torch.zeros_like(weights)
        self.outer_iterations = weights.new_zeros(subproblems)

    def loss(self, objectives: Tensor) -> Tensor:
        """Σ_i λ̂_i g_i (K,), after g (K, m) has entered the running mean."""
        terms = self.scalarization.terms(objectives)
        self._observe(terms.detach())
        projected = self._projected()
        self.sum_of_multipliers.add_(projected)
        self.sum_of_terms.add_(terms.detach())
        self.steps.add_(1)
        return (projected * terms).sum(dim=-1)

    def value(self, objectives: Tensor) -> Tensor:
        """max_i g_i (K,)."""
        return self.scalarization.value(objectives)

    def coefficients(self) -> Tensor:
        """Σ_i λ_i ∂g_i/∂f_j (K, m)."""
        return self.scalarization.coefficients(self.current_multipliers)

    def multipliers(self) -> Tensor:
        """λ (K, m), as of the last outer iteration."""
        return self.current_multipliers

    def mean_multipliers(self) -> Tensor:
        """λ (K, m), averaged over outer iterations."""
        return known_mean(self.mean_of_multipliers, self.outer_iterations)

    def penalty(self) -> Tensor:
        """The relative penalty (K,)."""
        return self.relative_penalty

    def reweighted(self, ratio: Tensor) -> None:
        """Fit the running means of g = w (u + ε Σ u) to new weights.

        The gap is not known then, and multipliers are averaged anew.
        """
        self.mean_terms.mul_(ratio)
        self.sum_of_terms.mul_(ratio)
        self.previous_gap.fill_(torch.inf)
        self.mean_of_multipliers.zero_()
        self.outer_iterations.zero_()

    def end_outer_iteration(self) -> None:
        """λ ← mean of λ̂, and a larger penalty where the gap does not shrink."""
        self.current_multipliers.copy_(self.sum_of_multipliers / self.steps.unsqueeze(-1))
        take_into_mean_(self.mean_of_multipliers, self.outer_iterations, self.current_multipliers)
        noisy = self.memory > 0
        mean = self.sum_of_terms / self.steps.unsqueeze(-1) if noisy else self._mean()
        self.sum_of_multipliers.zero_()
        self.sum_of_terms.zero_()
        self.steps.zero_()
        mean = self.scalarization.levels(mean)
        largest = mean.amax(dim=-1)
        gap = largest - (self.current_multipliers * mean).sum(dim=-1)
        stuck = (gap > self.shrink * self.previous_gap) & (gap > self.tolerance * largest.abs())
        grown = (self.relative_penalty * self.growth).clamp(max=self.largest_penalty)
        self.relative_penalty.copy_(torch.where(stuck, grown, self.relative_penalty))
        self.previous_gap.copy_(gap)

    def _observe(self, terms: Tensor) -> None:
        self.mean_terms.mul_(self.memory).add_(terms, alpha=1 - self.memory)
        self.mean_weight.mul_(self.memory).add_(1 - self.memory)

    def _projected(self) -> Tensor:
        mean = self.scalarization.levels(self._mean())
        size = mean.abs().amax(dim=-1, keepdim=True).clamp(min=torch.finfo(mean.dtype).tiny)
        step = self.relative_penalty.unsqueeze(-1) * (mean / size)
        return project_onto_simplex(self.current_multipliers + step)

    def _mean(self) -> Tensor:
        return self.mean_terms / self.mean_weight.unsqueeze(-1)
