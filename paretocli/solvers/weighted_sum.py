"""The plain weighted sum, the rival that Chebyshev is measured against."""

from torch import Tensor

from paretocli.solvers.base import Solver


class WeightedSum(Solver):
    """Minimise Σ_i w_i u_i.

    Finds points on the convex hull of the front alone: a concave front collapses to its ends
    (Das and Dennis, Structural Optimization 14, 1997).
    """

    def loss(self, objectives: Tensor) -> Tensor:
        """Σ_i w_i u_i (K,)."""
        return self.value(objectives)

    def value(self, objectives: Tensor) -> Tensor:
        """Σ_i w_i u_i (K,)."""
        normalised = self.scalarization.normalised(objectives)
        return (self.scalarization.weights * normalised).sum(dim=-1)

    def coefficients(self) -> Tensor:
        """w_j / s_j (K, m)."""
        return self.scalarization.weights / self.scalarization.scale
