"""The modified weighted Chebyshev scalarization, as a function of the objectives' values."""

from dataclasses import dataclass, replace

import torch
from torch import Tensor

ROUNDING = 1e-5  # of a normalised objective


@dataclass(frozen=True)
class Scalarization:
    """What turns objectives into one number: weights, ideal, scale and ε.

        u_i = (f_i − a_i) / s_i
        g_i = w_i (u_i + ε Σ_j u_j)
        value = max_i g_i

    Kaliszewski, *A modified weighted Tchebycheff metric for multiple objective programming*
    (1987); Hotegni, Berkemeier and Peitz (2024), equation (5). Unlike a weighted sum, its
    minimisers over w > 0 are all properly Pareto-optimal points, also where the front is not
    convex.

    That holds where nothing falls below the ideal. Below it a larger weight would make a smaller
    term, and weights would turn around. So terms are compared by their `levels`, which go on
    below the ideal in such a way that more weight still asks for a smaller objective.

    Attributes:
        weights: w (K, m), rows on the simplex.
        ideal: a (m,), in units of the objectives.
        scale: s (m,), positive, in units of the objectives.
        epsilon: ε ≥ 0; larger values exclude points with larger trade-offs.
    """

    weights: Tensor
    ideal: Tensor
    scale: Tensor
    epsilon: float

    def without_the_first(self) -> "Scalarization":
        """The same for all objectives but the first, which does not count at all.

        Where nothing but the first was asked for, the others count alike.
        """
        weights, scale = self.weights.clone(), self.scale.clone()
        weights[:, 0], scale[0] = 0, torch.inf
        alone = weights.sum(dim=1, keepdim=True) == 0
        others = torch.arange(weights.shape[1], device=weights.device) > 0
        alike = others.to(weights) / max(1, weights.shape[1] - 1)
        return replace(self, weights=torch.where(alone, alike, weights), scale=scale)

    def normalised(self, objectives: Tensor) -> Tensor:
        """U (…, m) from objectives f (…, m)."""
        return (objectives - self.ideal) / self.scale

    def unweighted(self, objectives: Tensor) -> Tensor:
        """u_i + ε Σ_j u_j (…, m) from objectives f (…, m)."""
        normalised = self.normalised(objectives)
        return normalised + self.epsilon * normalised.sum(dim=-1, keepdim=True)

    def terms(self, objectives: Tensor) -> Tensor:
        """G (K, m) from objectives f (K, m)."""
        return self.weights * self.unweighted(objectives)

    def levels(self, terms: Tensor) -> Tensor:
        """What terms g (K, m) are compared by (K, m); its gradient is that of the terms.

            h_i = g_i                 where g_i ≥ 0
            h_i = g_i / (m w_i)²      where g_i < 0

        Where h_1 = … = h_m, the u_i are as 1/w_i above the ideal, and as −w_i below it; equal
        weights see no difference. Where w_i = 0 the term is not asked for, and its level is the
        smallest that there may be, −max_j |h_j|.
        """
        plain = terms.detach()
        asked = self.weights > 0
        below = plain / (self.weights * self.weights.shape[-1]).square()
        levels = torch.where((plain < 0) & asked, below, plain)
        largest = levels.abs().amax(dim=-1, keepdim=True)
        return terms + (torch.where(asked, levels, -largest) - plain)

    def value(self, objectives: Tensor) -> Tensor:
        """max_i h_i (K,), which is max_i g_i above the ideal, from objectives f (K, m)."""
        return self.levels(self.terms(objectives)).amax(dim=-1)

    def below_ideal(self, objectives: Tensor) -> Tensor:
        """Which objectives f (K, m) are below their ideal by more than rounding (K, m)."""
        return self.normalised(objectives) < -ROUNDING

    def jacobian(self) -> Tensor:
        """∂g_i/∂f_j (K, m, m); the terms are affine in the objectives, so it is a constant."""
        count = self.weights.shape[-1]
        mixing = torch.eye(count, device=self.weights.device, dtype=self.weights.dtype)
        return self.weights.unsqueeze(-1) * (mixing + self.epsilon) / self.scale

    def coefficients(self, multipliers: Tensor) -> Tensor:
        """Σ_i λ_i ∂g_i/∂f_j (K, m) with multipliers λ (K, m)."""
        return torch.einsum("ki,kij->kj", multipliers, self.jacobian())
