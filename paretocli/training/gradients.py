"""The gradient of a step: of the scalar that a solver makes of a batch's objectives."""

import torch
from torch import Tensor

from paretocli.core.problem import Samples
from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.training.descent import Descent
from paretocli.training.losses import TrainingLosses


class StepGradients:
    """Leaves the gradient of a step in the parameters' `grad`.

    Args:
        population: The K networks.
        solver: Makes a scalar of the objectives.
        losses: Measures batches.
    """

    def __init__(self, population: Population, solver: Solver, losses: TrainingLosses) -> None:
        self._population = population
        self._solver = solver
        self._losses = losses

    def of(self, batch: Samples, descent: Descent) -> tuple[Tensor, Tensor]:
        """Work out the gradient on a batch.

        Args:
            batch: Samples of training.
            descent: What steps with it.

        Returns:
            The objectives (K, m), without a graph, and the metrics' statistics (K, s).
        """
        descent.zero_grad()
        losses, statistics = self._losses.of(batch)
        objectives = descent.objectives(losses)
        if self._solver.needs_gramian:
            there = self._population.there(statistics)[:, : losses.shape[1]]
            self._solver.weigh(descent.gramian(objectives), there)
        torch.autograd.backward(self._solver.loss(objectives).sum())
        return objectives.detach(), statistics
