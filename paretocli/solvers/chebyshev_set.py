"""The smooth Chebyshev set scalarization (STCH-Set): few networks for many tasks."""

from typing import ClassVar

import torch
from torch import Tensor

from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization


class SmoothChebyshevSet(Solver):
    """Minimise the largest term of a set of K networks, each task served by the best of them.

        a_ki = u_ki + ε Σ_j u_kj           of network k and objective i
        value = max_i w_i min_k a_ki

    Both the maximum and the minimum are smooth:

        s_i = −σ log Σ_k exp(−a_ki / σ)        value = σ log Σ_i exp(w_i s_i / σ)

    It is one value, of all K together. Its gradient in a_ki is w_i p_i q_ki, with the softmax p of
    w s / σ over objectives and q_i of −a_i / σ over networks. The weights w are the same for all
    networks, which have to start apart: where all are alike, so are their gradients.

    σ = smoothing · max_i w_i min_k a_ki is relative to the terms, as that of `SmoothChebyshev`,
    which this is for K = 1, and its own dependence on them is left out of the gradient. As a_ki has
    no weight, the minimum is sharper than the maximum, m times for equal weights.

    Args:
        scalarization: Weights (K, m), all rows the same, ideal, scale and ε.
        smoothing: σ relative to the largest term, positive.

    References:
        Lin, Liu, Zhang, Liu, Wang and Zhang, *Few for Many: Tchebycheff Set Scalarization for
        Many-Objective Optimization*, arXiv:2405.19650.
    """

    joins: ClassVar[bool] = True
    state_names: ClassVar[tuple[str, ...]] = ("current_shares", "sum_of_shares", "steps")

    def __init__(self, scalarization: Scalarization, *, smoothing: float) -> None:
        super().__init__(scalarization)
        self.smoothing = smoothing
        weights = scalarization.weights
        self.current_shares = torch.full_like(weights, 1 / weights.numel())
        self.sum_of_shares = torch.zeros_like(weights)
        self.steps = weights.new_zeros(len(weights))

    def loss(self, objectives: Tensor) -> Tensor:
        """Σ_i p_i q_ki w_i a_ki (K,) of one batch: their sum has the value's gradient."""
        shares = self._shares(objectives.detach())
        self.sum_of_shares.add_(shares)
        self.steps.add_(1)
        return (shares * self.scalarization.terms(objectives)).sum(dim=-1)

    def value(self, objectives: Tensor) -> Tensor:
        """The set's smooth value, the same for each of its networks (K,)."""
        levels, sigma, _ = self._smooth(objectives)
        return sigma * torch.logsumexp(levels / sigma, dim=-1)

    def chebyshev_value(self, objectives: Tensor) -> Tensor:
        """max_i w_i min_k a_ki, the same for each of its networks (K,)."""
        return self.scalarization.levels(self._hard(objectives)).amax(dim=-1)

    def coefficients(self) -> Tensor:
        """Σ_i p_i q_ki ∂g_ki/∂f_kj (K, m) with the mean shares p q of the last epoch."""
        return self.scalarization.coefficients(self.current_shares)

    def certified(self) -> Tensor:
        """The coefficients (1, K, m), NaN for a network that serves nothing: nothing is claimed."""
        found = self.coefficients()
        idle = (found == 0).all(dim=-1, keepdim=True)
        return found.masked_fill(idle, torch.nan).unsqueeze(0)

    def end_outer_iteration(self) -> None:
        """Take the mean over the epoch's batches."""
        self.current_shares.copy_(self.sum_of_shares / self.steps.unsqueeze(-1))
        self.sum_of_shares.zero_()
        self.steps.zero_()

    def _shares(self, objectives: Tensor) -> Tensor:
        """p_i q_ki (K, m), which sum to 1."""
        levels, sigma, distances = self._smooth(objectives)
        of_objectives = torch.softmax(levels / sigma, dim=-1)
        return of_objectives * torch.softmax(-distances / sigma, dim=0)

    def _smooth(self, objectives: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """The levels of w s (K, m), the same in each row, σ, and a (K, m)."""
        distances = self.scalarization.unweighted(objectives)
        weights, hard = self.scalarization.weights, self._hard(objectives.detach())
        largest = self.scalarization.levels(hard).abs().amax()
        sigma = self.smoothing * largest.clamp(min=torch.finfo(distances.dtype).tiny)
        smallest = -sigma * torch.logsumexp(-distances / sigma, dim=0, keepdim=True)
        terms = weights * smallest
        # Below zero by smoothing alone is not below the ideal.
        below = (hard < 0) | (weights == 0)
        return torch.where(below, self.scalarization.levels(terms), terms), sigma, distances

    def _hard(self, objectives: Tensor) -> Tensor:
        """w_i min_k a_ki (K, m), the same in each row."""
        smallest = self.scalarization.unweighted(objectives).amin(dim=0, keepdim=True)
        return self.scalarization.weights * smallest
