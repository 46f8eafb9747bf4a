"""A solver's scalar with a pull of the losses onto the ray that their weights ask for."""

import torch
from torch import Tensor
from torch.nn.functional import cosine_similarity

from paretocli.solvers.base import Solver

LEAST = 1e-6  # of a weight


class Pulled(Solver):
    """What another solver minimises, and the angle between losses and their ray.

        s(u) − ρ cos(u, r),   r_i = 1 / w_i

    Ruchte and Grabocka, *Scalable Pareto Front Approximation for Deep Multi-Objective Learning*,
    arXiv:2103.13392. There w is where the losses are to point; here more weight asks for a smaller
    loss, and where all weighted losses are equal they point to 1/w.

    Args:
        solver: The other one, of the kind that asks for no gradients.
        pull: ρ ≥ 0.
    """

    def __init__(self, solver: Solver, pull: float) -> None:
        super().__init__(solver.scalarization)
        self._solver = solver
        self._pull = pull
        rays = solver.scalarization.weights.clamp(min=LEAST).reciprocal()
        self._rays = rays / torch.linalg.vector_norm(rays, dim=-1, keepdim=True)

    def loss(self, objectives: Tensor) -> Tensor:
        """The scalars (K,) to differentiate, from one batch's objectives (K, m)."""
        normalised = self.scalarization.normalised(objectives)
        along = cosine_similarity(normalised, self._rays, dim=-1)
        return self._solver.loss(objectives) - self._pull * along

    def value(self, objectives: Tensor) -> Tensor:
        """As the other solver's, without the pull."""
        return self._solver.value(objectives)

    def coefficients(self) -> Tensor:
        """As the other solver's, without the pull."""
        return self._solver.coefficients()
