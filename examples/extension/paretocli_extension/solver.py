"""The weighted power scalarization: between the weighted sum and the Chebyshev scalarization."""

from dataclasses import dataclass

from paretocli.option import option
from paretocli.solvers.registry import SolverKind


@dataclass(frozen=True, kw_only=True)
class PowerOptions:
    solver_power: float = option(
        "The power of the solver power: 1 is a weighted sum, and the larger, the more it is the "
        "largest term that counts.",
        range=(lambda value: 1 <= value < 100, "from 1 to below 100"),
        default=4.0,
    )


def make(scalarization, options):
    import torch  # here, so that `paretocli --help` needs no torch

    from paretocli.solvers.base import Solver

    class Power(Solver):
        """Minimise (Σ_i (w_i u_i)^p)^(1/p), for terms that are never below 0."""

        state_names = ("slopes", "sum_of_slopes", "steps")

        def __init__(self):
            super().__init__(scalarization)
            weights = scalarization.weights
            self.slopes = torch.full_like(weights, 1 / weights.shape[1])
            self.sum_of_slopes = torch.zeros_like(weights)
            self.steps = weights.new_zeros(len(weights))

        def loss(self, objectives):
            self.sum_of_slopes.add_(self._slopes(objectives.detach()))
            self.steps.add_(1)
            return self.value(objectives)

        def value(self, objectives):
            terms = self._terms(objectives)
            largest = terms.detach().amax(dim=-1, keepdim=True)
            total = ((terms / largest) ** options.solver_power).sum(dim=-1)
            return largest.squeeze(-1) * total ** (1 / options.solver_power)

        def coefficients(self):
            return self.slopes

        def end_outer_iteration(self):
            self.slopes.copy_(self.sum_of_slopes / self.steps.unsqueeze(-1))
            self.sum_of_slopes.zero_()
            self.steps.zero_()

        def _terms(self, objectives):
            tiny = torch.finfo(objectives.dtype).tiny
            terms = scalarization.weights * scalarization.normalised(objectives)
            return terms.clamp(min=tiny**0.5)

        def _slopes(self, objectives):
            terms = self._terms(objectives)
            ratio = terms / self.value(objectives).unsqueeze(-1)
            shares = ratio ** (options.solver_power - 1)
            return shares * scalarization.weights / scalarization.scale

    return Power()


POWER = SolverKind(make, "power", "weighted power", options=PowerOptions)
