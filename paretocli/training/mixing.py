"""Training a few networks by the losses of what is made of them for weights drawn at random."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import torch

from paretocli.core.problem import Problem, Samples
from paretocli.distillation.teachers import Teachers
from paretocli.population.ends import Ends, drawn_shares
from paretocli.population.population import Population
from paretocli.solvers.base import Solver
from paretocli.solvers.chebyshev import Scalarization
from paretocli.training.descent import Descent
from paretocli.training.gradients import Measured, StepGradients
from paretocli.training.losses import TrainingLosses


class Mixing:
    """m networks and, in each step, several mixtures of them with random shares c.

        min E_c s_c(f(θ(c))),   θ(c) = Σ_i c_i θ_i,   c of a Dirichlet distribution

    with s_c the solver's scalar for the weights c; other ends make other θ(c). The solver is a new
    one in each step, for it meets the same network but once.

    Args:
        problem: Data and tasks.
        ends: The m networks, one a task, or what else θ(c) is made of.
        draws: S networks, which become mixtures.
        solver: Makes a solver for their weights, of the kind that asks for no gradients.
        scalarization: What these have in common.
        concentration: Of the distribution, 1 for even on the simplex.
        micro_batch: Samples of a step whose graph is there at once; 0 for all.
        teachers: What the networks imitate beside.
    """

    def __init__(
        self,
        problem: Problem,
        ends: Ends,
        draws: Population,
        solver: Callable[[Scalarization], Solver],
        scalarization: Scalarization,
        *,
        concentration: float = 1.0,
        micro_batch: int = 0,
        teachers: Teachers | None = None,
    ) -> None:
        self.ends = ends
        self.draws = draws
        self._solver = solver
        self._scalarization = scalarization
        self._concentration = concentration
        self._micro_batch = micro_batch
        self._losses = TrainingLosses(problem, draws, apart=False, teachers=teachers)

    def begin_epoch(self, population: Population) -> None:
        """Train what is trained of another population now, and nothing else."""
        self.draws.train()
        for name, parameter in population.parameters.items():
            self.draws.parameters[name].requires_grad_(parameter.requires_grad)

    def gradient(self, batch: Samples, descent: Descent, generator: torch.Generator) -> Measured:
        """Leave the gradient of a step in the ends' `grad`.

        Args:
            batch: Samples of training.
            descent: What steps.
            generator: What the shares are drawn from.

        Returns:
            As `StepGradients.of`, of the S mixtures.
        """
        tasks = self._scalarization.weights.shape[1]
        drawn = drawn_shares(self.draws.size, tasks, generator, self._concentration)
        shares = drawn.to(self.draws.device)
        self.ends.mix_into_(self.draws, shares)
        for parameter in self.draws.parameters.values():
            parameter.grad = None
        solver = self._solver(replace(self._scalarization, weights=shares))
        gradients = StepGradients(self.draws, solver, self._losses, self._micro_batch)
        found = gradients.of(batch, descent)
        self.ends.take_gradient_(self.draws, shares)
        return found

    def state_dict(self) -> dict[str, Any]:
        """The ends, and what mixtures remember of their inputs, for a checkpoint."""
        changing = {name: self.draws.buffers[name] for name in self.draws.changing}
        return {"ends": self.ends.copies.state_dict(), "draws": changing}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Take up a state given by `state_dict`."""
        self.ends.copies.load_state_dict(state["ends"])
        for name in self.draws.changing:
            self.draws.buffers[name].copy_(state["draws"][name])
