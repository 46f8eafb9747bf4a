"""The smooth Chebyshev scalarization (STCH)."""

from typing import ClassVar

import torch
from torch import Tensor

from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.solvers.running_mean import MEAN_NAMES, known_mean, take_into_mean_


class SmoothChebyshev(Solver):
    """Minimise σ log Σ_i exp(g_i / σ), which lies between max_i g_i and that + σ log m.

    σ is relative to the terms, σ = smoothing · max_i |g_i|, and its own dependence on them is left
    out of the gradient: losses fall by orders of magnitude while a network trains, and a fixed σ
    would turn the maximum into a weighted sum on the way. Below the ideal the terms' levels stand
    in place of g (see `Scalarization`). The softmax of g / σ stands where
    multipliers do, so that the gap tells how far the smoothing has led away from the maximum.

    Args:
        scalarization: Weights (K, m), ideal, scale and ε.
        smoothing: σ relative to the largest term, positive.

    References:
        Lin, Zhang, Yang, Liu, Wang and Zhang, *Smooth Tchebycheff Scalarization for
        Multi-Objective Optimization*, ICML 2024.
    """

    state_names: ClassVar[tuple[str, ...]] = (
        "current_shares",
        "sum_of_shares",
        "steps",
        *MEAN_NAMES,
    )

    def __init__(self, scalarization: Scalarization, *, smoothing: float) -> None:
        super().__init__(scalarization)
        self.smoothing = smoothing
        weights = scalarization.weights
        self.current_shares = torch.full_like(weights, 1 / weights.shape[1])
        self.sum_of_shares = torch.zeros_like(weights)
        self.steps = weights.new_zeros(len(weights))
        self.mean_of_multipliers = torch.zeros_like(weights)
        self.outer_iterations = weights.new_zeros(len(weights))

    def loss(self, objectives: Tensor) -> Tensor:
        """σ log Σ_i exp(g_i / σ) (K,) of one batch."""
        terms = self.scalarization.terms(objectives)
        levels = self.scalarization.levels(terms.detach())
        self.sum_of_shares.add_(torch.softmax(levels / self._sigma(levels), dim=-1))
        self.steps.add_(1)
        return self._smooth(terms)

    def value(self, objectives: Tensor) -> Tensor:
        """The smooth maximum (K,) of objectives (K, m)."""
        return self._smooth(self.scalarization.terms(objectives))

    def coefficients(self) -> Tensor:
        """Σ_i λ_i ∂g_i/∂f_j (K, m) with the mean shares λ of the last epoch."""
        return self.scalarization.coefficients(self.current_shares)

    def multipliers(self) -> Tensor:
        """The terms' mean shares (K, m) of the gradient in the last epoch, rows on the simplex."""
        return self.current_shares

    def mean_multipliers(self) -> Tensor:
        """The shares (K, m), averaged over epochs."""
        return known_mean(self.mean_of_multipliers, self.outer_iterations)

    def reweighted(self, ratio: Tensor) -> None:
        """Average the shares anew: they were those of other weights."""
        self.mean_of_multipliers.zero_()
        self.outer_iterations.zero_()

    def end_outer_iteration(self) -> None:
        """Take the mean over the epoch's batches."""
        self.current_shares.copy_(self.sum_of_shares / self.steps.unsqueeze(-1))
        take_into_mean_(self.mean_of_multipliers, self.outer_iterations, self.current_shares)
        self.sum_of_shares.zero_()
        self.steps.zero_()

    def _sigma(self, levels: Tensor) -> Tensor:
        largest = levels.detach().abs().amax(dim=-1, keepdim=True)
        return self.smoothing * largest.clamp(min=torch.finfo(levels.dtype).tiny)

    def _smooth(self, terms: Tensor) -> Tensor:
        levels = self.scalarization.levels(terms)
        sigma = self._sigma(levels)
        return sigma.squeeze(-1) * torch.logsumexp(levels / sigma, dim=-1)
