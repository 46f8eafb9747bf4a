"""The modified weighted Chebyshev scalarization, as a function of the objectives' values."""

from dataclasses import dataclass

import torch
from torch import Tensor


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

    def normalised(self, objectives: Tensor) -> Tensor:
        """U (…, m) from objectives f (…, m)."""
        return (objectives - self.ideal) / self.scale

    def terms(self, objectives: Tensor) -> Tensor:
        """G (K, m) from objectives f (K, m)."""
        normalised = self.normalised(objectives)
        return self.weights * (normalised + self.epsilon * normalised.sum(dim=-1, keepdim=True))

    def value(self, objectives: Tensor) -> Tensor:
        """max_i g_i (K,) from objectives f (K, m)."""
        return self.terms(objectives).amax(dim=-1)

    def jacobian(self) -> Tensor:
        """∂g_i/∂f_j (K, m, m); the terms are affine in the objectives, so it is a constant."""
        count = self.weights.shape[-1]
        mixing = torch.eye(count, device=self.weights.device, dtype=self.weights.dtype)
        return self.weights.unsqueeze(-1) * (mixing + self.epsilon) / self.scale
