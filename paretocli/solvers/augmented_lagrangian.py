"""The modified weighted Chebyshev problem, solved by an augmented Lagrangian method."""

from typing import ClassVar

import torch
from torch import Tensor

from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.simplex import project_onto_simplex


class AugmentedLagrangian(Solver):
    """Minimise max_i g_i through multipliers on the simplex.

    In epigraph form, minimise t subject to g_i − t ≤ 0, the Powell–Hestenes–Rockafellar
    augmented Lagrangian is

        L(θ, t; λ, μ) = t + 1/(2μ) Σ_i ([λ_i + μ (g_i − t)]₊² − λ_i²).

    Its minimum over t makes the brackets sum to 1, so that they are the projection of λ + μg onto
    the simplex, and its gradient in θ is Σ_i λ̂_i ∇g_i:

        λ̂ = Π_Δ(λ + μ ḡ)                     at every step; no gradient flows through λ̂
        λ ← λ̂                                 at the end of an outer iteration
        μ ← growth · μ   if gap > shrink · previous gap,   gap = max_i ḡ_i − Σ_i λ̂_i ḡ_i

    ḡ is a running mean of g over the batches. μ is relative to the size of g, μ = penalty / max ḡ,
    because g falls by orders of magnitude while a network trains, and a fixed μ would freeze the
    multipliers.

    Args:
        scalarization: Weights (K, m), ideal, scale and ε.
        penalty: The relative penalty at the start. On a concave front it must be large enough to
            make the augmented Lagrangian convex along the front; too large, and the multipliers
            follow the batches' noise.
        largest_penalty: Bound on the relative penalty.
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
        "base_multipliers",
        "relative_penalty",
        "mean_terms",
        "mean_weight",
        "previous_gap",
    )

    def __init__(
        self,
        scalarization: Scalarization,
        *,
        penalty: float = 10.0,
        largest_penalty: float = 20.0,
        growth: float = 1.5,
        shrink: float = 0.9,
        tolerance: float = 0.01,
        memory: float = 0.0,
    ) -> None:
        super().__init__(scalarization)
        self.largest_penalty = max(penalty, largest_penalty)
        self.growth = growth
        self.shrink = shrink
        self.tolerance = tolerance
        self.memory = memory
        weights = scalarization.weights
        subproblems, objectives = weights.shape
        # The multipliers under which a weighted sum would be taken: all terms count alike.
        self.base_multipliers = torch.full_like(weights, 1 / objectives)
        self.current_multipliers = self.base_multipliers.clone()
        self.relative_penalty = weights.new_full((subproblems,), penalty)
        self.mean_terms = torch.zeros_like(weights)
        self.mean_weight = weights.new_zeros(subproblems)
        self.previous_gap = weights.new_full((subproblems,), torch.inf)

    def loss(self, objectives: Tensor) -> Tensor:
        """Σ_i λ̂_i g_i (K,), after g (K, m) has entered the running mean."""
        terms = self.scalarization.terms(objectives)
        self._observe(terms.detach())
        return (self.current_multipliers * terms).sum(dim=-1)

    def value(self, objectives: Tensor) -> Tensor:
        """max_i g_i (K,)."""
        return self.scalarization.value(objectives)

    def coefficients(self) -> Tensor:
        """Σ_i λ̂_i ∂g_i/∂f_j (K, m)."""
        return torch.einsum("ki,kij->kj", self.current_multipliers, self.scalarization.jacobian())

    def multipliers(self) -> Tensor:
        """λ̂ (K, m)."""
        return self.current_multipliers

    def penalty(self) -> Tensor:
        """The relative penalty (K,)."""
        return self.relative_penalty

    def end_outer_iteration(self) -> None:
        """λ ← λ̂, and a larger penalty where the gap does not shrink."""
        mean = self._mean()
        largest = mean.amax(dim=-1)
        gap = largest - (self.current_multipliers * mean).sum(dim=-1)
        stuck = (gap > self.shrink * self.previous_gap) & (gap > self.tolerance * largest)
        grown = (self.relative_penalty * self.growth).clamp(max=self.largest_penalty)
        self.relative_penalty.copy_(torch.where(stuck, grown, self.relative_penalty))
        self.previous_gap.copy_(gap)
        self.base_multipliers.copy_(self.current_multipliers)

    def _observe(self, terms: Tensor) -> None:
        self.mean_terms.mul_(self.memory).add_(terms, alpha=1 - self.memory)
        self.mean_weight.mul_(self.memory).add_(1 - self.memory)
        mean = self._mean()
        size = mean.abs().amax(dim=-1, keepdim=True).clamp(min=torch.finfo(mean.dtype).tiny)
        penalty = self.relative_penalty.unsqueeze(-1) / size
        # A diverged subproblem has no projection; its NaN must not turn into a valid multiplier.
        self.current_multipliers.copy_(
            project_onto_simplex(self.base_multipliers + penalty * mean)
        )

    def _mean(self) -> Tensor:
        return self.mean_terms / self.mean_weight.unsqueeze(-1)
